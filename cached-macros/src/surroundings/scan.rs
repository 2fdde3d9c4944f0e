//! The functions of a file, found by counting its braces.

mod words;

use self::words::{Token, tokens};
use super::{Functions, Place, Position};

/// A pair of braces, brackets or parentheses that is open, and the item that is being read in it.
#[derive(Default)]
struct Frame<'a> {
    place: Place,
    /// The item around it ends with it.
    ends_item: bool,
    item: Item,
    functions: Vec<(Position, &'a str)>,
    /// Those that no attribute can take away.
    modules: Vec<&'a str>,
}

impl Frame<'_> {
    /// Adds its functions to those of the file.
    fn end(self, all: &mut Functions) {
        for (position, name) in self.functions {
            let place = match self.place {
                Place::Elsewhere if self.modules.contains(&name) => Place::BesideModule,
                place => place,
            };
            all.insert(position, (name.to_owned(), place));
        }
    }
}

/// As much of an item as has been read.
#[derive(Default)]
struct Item {
    keyword: Keyword,
    /// There was a `for` between a trait and a type.
    has_for: bool,
    /// How many `<` are open.
    angles: usize,
    has_attributes: bool,
}

/// The word that tells what an item is.
#[derive(Clone, Copy, Default, PartialEq)]
enum Keyword {
    #[default]
    None,
    Impl,
    Trait,
    Fn,
    Other,
}

impl Item {
    /// What the braces that follow are of.
    fn place(&self) -> Place {
        match self.keyword {
            Keyword::Impl if self.has_for => Place::TraitImpl,
            Keyword::Impl => Place::Impl,
            Keyword::Trait => Place::Trait,
            Keyword::None | Keyword::Fn | Keyword::Other => Place::Elsewhere,
        }
    }

    fn word(&mut self, word: &str) {
        if self.keyword != Keyword::None {
            return;
        }
        self.keyword = match word {
            "impl" => Keyword::Impl,
            "trait" => Keyword::Trait,
            "fn" => Keyword::Fn,
            "pub" | "default" | "unsafe" | "const" | "async" | "auto" | "extern" => Keyword::None,
            _ => Keyword::Other,
        };
    }

    /// Whether the brackets of types can be told from comparisons.
    fn has_types(&self) -> bool {
        matches!(self.keyword, Keyword::Impl | Keyword::Trait | Keyword::Fn)
    }
}

/// What each function in a file stands in.
pub(super) fn functions(text: &str) -> Functions {
    let tokens: Vec<_> = tokens(text).collect();
    let at = |index: usize| tokens.get(index).map(|(token, _)| *token);
    let mut functions = Functions::new();
    let mut outer: Vec<Frame<'_>> = Vec::new();
    let mut frame = Frame::default();
    for (index, (token, _)) in tokens.iter().enumerate() {
        let before = index.checked_sub(1).and_then(at);
        let after = index.saturating_add(1);
        let item = &mut frame.item;
        match *token {
            Token::Word(word) => {
                item.word(word);
                let is_of_lifetimes = at(after) == Some(Token::Character('<'))
                    && matches!(
                        at(after.saturating_add(1)),
                        Some(Token::Lifetime | Token::Character('>'))
                    );
                item.has_for |= word == "for" && !is_of_lifetimes;
                if word == "fn"
                    && let Some((Token::Word(name), position)) = tokens.get(after)
                {
                    frame.functions.push((*position, name));
                }
                if word == "mod"
                    && !item.has_attributes
                    && let Some((Token::Word(name), _)) = tokens.get(after)
                {
                    frame.modules.push(name);
                }
            }
            Token::Open(brace) => {
                let is_attribute =
                    brace == '[' && matches!(before, Some(Token::Character('#' | '!')));
                item.has_attributes |= is_attribute;
                let inner = Frame {
                    place: if brace == '{' {
                        item.place()
                    } else {
                        Place::Elsewhere
                    },
                    ends_item: brace == '{' && item.angles == 0,
                    ..Frame::default()
                };
                outer.push(std::mem::replace(&mut frame, inner));
            }
            Token::Close => {
                let ends_item = frame.ends_item;
                let around = outer.pop().unwrap_or_default();
                std::mem::replace(&mut frame, around).end(&mut functions);
                if ends_item {
                    frame.item = Item::default();
                }
            }
            Token::Character(';') => frame.item = Item::default(),
            Token::Character('<') if item.has_types() => {
                item.angles = item.angles.saturating_add(1);
            }
            Token::Character('>') if before != Some(Token::Character('-')) => {
                item.angles = item.angles.saturating_sub(1);
            }
            Token::Lifetime | Token::Character(_) => {}
        }
    }
    outer.push(frame);
    for frame in outer {
        frame.end(&mut functions);
    }
    functions
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The places of the functions, in order.
    fn places(text: &str) -> Vec<Place> {
        let mut functions: Vec<_> = functions(text).into_iter().collect();
        functions.sort_by_key(|(position, _)| *position);
        functions.into_iter().map(|(_, (_, place))| place).collect()
    }

    #[test]
    fn headers_are_told_apart() {
        use Place::{Elsewhere, Impl, Trait, TraitImpl};
        let check = |header: &str, place: Place| {
            assert_eq!(
                places(&format!("{header} {{ pub async fn f(id: u64) {{}} }}")),
                [place],
                "{header}"
            );
        };
        for header in [
            "impl Users",
            "unsafe impl<T: for<'a> Load<'a> + Fn(u8) -> Vec<u8>> Users<T> where for<> T: Sized",
            "#[cfg(x)] impl crate::Users<{ N + 1 }>",
            "mod users { #![allow(a)] const N: bool = 1 < 2; impl Users",
            "struct Users; /* { */ impl Users",
        ] {
            check(header, Impl);
        }
        for header in [
            "impl Load for Users",
            "impl<const N: usize> Load<{ N }> for Users<{ N }>",
            "impl Load for for<'a> fn(&'a u8)",
            "impl Load for <User as Owner>::Db where User: Owner",
            "#[async_trait] impl<T> Load<'_> for &T",
        ] {
            check(header, TraitImpl);
        }
        check("pub unsafe trait Load<T = Vec<u8>>: Send", Trait);
        for header in [
            "mod users",
            "make!",
            "impl Users { make!",
            "extern \"C\"",
            "fn outer()",
            "const _: () =",
            "impl Load for Users { fn a()",
        ] {
            let places = places(&format!("{header} {{ async fn f(id: u64) {{}} }}"));
            assert_eq!(places.last(), Some(&Elsewhere), "{header}");
        }
    }

    #[test]
    fn items_end() {
        use Place::{Elsewhere, Impl, TraitImpl};
        let text = "
            impl Load for Users { type Of = [u8; { 4 }]; async fn a() {} }
            async fn b() -> Of<{ 4 }> { impl Users { async fn c() { if 1 < 2 {} impl Users { fn d() {} } } } }
            fn e() {}
            impl Users { async fn f() {} fn g(f: fn(u8) -> u8) {} }
            macro_rules! users { ($name:ident) => { impl $name { async fn h() {} } } }
        ";
        assert_eq!(
            places(text),
            [
                TraitImpl, Elsewhere, Impl, Impl, Elsewhere, Impl, Impl, Impl
            ]
        );
    }

    #[test]
    fn a_module_is_beside_a_function_of_its_name() {
        use Place::{BesideModule, Elsewhere};
        let text = "
            mod a; fn a() {} fn b() {} mod c { fn c() {} mod d {} } fn d() {}
            #[cfg(x)] mod e; fn e() {} fn f() { mod g {} fn g() {} } pub(crate) mod f;
        ";
        assert_eq!(
            places(text),
            [
                BesideModule,
                Elsewhere,
                Elsewhere,
                Elsewhere,
                Elsewhere,
                BesideModule,
                BesideModule
            ]
        );
    }
}
