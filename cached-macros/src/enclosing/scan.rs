//! The functions of a file, found by counting its braces.

use std::collections::HashSet;

use super::frame::{Frame, IMPORT, ItemHead, Keyword};
use super::lexer::{Token, lex};
use super::place::{Functions, Place, Position};

/// Finds the place of each function in a file. One that a macro names is found by its `fn`.
pub(super) fn scan_functions(text: &str) -> Functions {
    let tokens: Vec<_> = lex(text).collect();
    let mut scan = Scan {
        tokens: &tokens,
        frame: Frame::default(),
        outer: Vec::new(),
        macros: HashSet::new(),
        functions: Functions::new(),
    };
    for (index, (token, _)) in tokens.iter().enumerate() {
        scan.read_token(index, *token);
    }
    scan.finish()
}

/// A file that is being read.
struct Scan<'a> {
    tokens: &'a [(Token<'a>, Position)],
    /// The innermost brackets that are open, and those around them.
    frame: Frame<'a>,
    outer: Vec<Frame<'a>>,
    /// The names of macros and attributes.
    macros: HashSet<&'a str>,
    functions: Functions,
}

impl<'a> Scan<'a> {
    fn read_token(&mut self, index: usize, token: Token<'a>) {
        let last = self.look_back(index, 1);
        let item = &mut self.frame.item;
        match token {
            Token::Word(word) => self.read_word(index, word),
            Token::Open(bracket) => self.open_frame(index, bracket),
            Token::Close => self.close_frame(last),
            Token::Character(',') => self.import(last),
            Token::Character(';') => {
                self.import(last);
                self.frame.item = ItemHead::default();
            }
            Token::Character('<') if item.has_types() => {
                item.angles = item.angles.saturating_add(1);
            }
            Token::Character('>') if last != Some(Token::Character('-')) => {
                item.angles = item.angles.saturating_sub(1);
            }
            Token::Lifetime | Token::Character(_) => {}
        }
    }

    /// Returns the token that stands `back` places before.
    fn look_back(&self, index: usize, back: usize) -> Option<Token<'a>> {
        let (token, _) = self.tokens.get(index.checked_sub(back)?)?;
        Some(*token)
    }

    /// Returns the token that stands `ahead` places behind.
    fn look_ahead(&self, index: usize, ahead: usize) -> Option<Token<'a>> {
        let (token, _) = self.tokens.get(index.saturating_add(ahead))?;
        Some(*token)
    }

    fn read_word(&mut self, index: usize, word: &'a str) {
        let (behind, ahead) = self.tokens.split_at(index);
        let next = self.look_ahead(index, 1);
        let is_of_lifetimes = next == Some(Token::Character('<'))
            && matches!(
                self.look_ahead(index, 2),
                Some(Token::Lifetime | Token::Character('>'))
            );
        let is_attribute = self.look_back(index, 1) == Some(Token::Open('['))
            && self.look_back(index, 2) == Some(Token::Character('#'));
        if is_attribute || next == Some(Token::Character('!')) {
            self.macros.insert(word);
        }
        let frame = &mut self.frame;
        frame.item.read_word(word);
        frame.item.has_for |= word == "for" && !is_of_lifetimes;
        match (word, ahead.get(1)) {
            ("fn", Some((Token::Word(name), position))) => {
                frame.functions.push((*position, name));
            }
            ("fn", _) => frame
                .functions
                .extend(ahead.first().map(|(_, position)| (*position, word))),
            ("mod", Some((Token::Word(name), _))) if !frame.item.has_attributes => {
                frame.modules.push(name);
            }
            _ => {}
        }
        if frame.of_use.is_none() && begins_path(behind, ahead) {
            frame.paths.insert(word);
        }
    }

    fn open_frame(&mut self, index: usize, bracket: char) {
        let last = self.look_back(index, 1);
        let of = self.look_back(index, 3);
        let item = &mut self.frame.item;
        let is_attribute = bracket == '[' && matches!(last, Some(Token::Character('#' | '!')));
        item.has_attributes |= is_attribute;
        let is_use = self.frame.of_use.is_some() || item.keyword == Keyword::Use;
        let inner = Frame {
            place: match bracket {
                '{' => item.place(),
                // What a macro repeats stands where all of it does.
                '(' if last == Some(Token::Character('$')) => self.frame.place,
                _ => Place::Elsewhere,
            },
            is_module: bracket == '{' && item.keyword == Keyword::Mod,
            of_use: (bracket == '{' && is_use).then(|| of.map_or("", Token::word)),
            ends_item: bracket == '{' && item.angles == 0,
            ..Frame::default()
        };
        self.outer.push(std::mem::replace(&mut self.frame, inner));
    }

    fn close_frame(&mut self, last: Option<Token<'a>>) {
        self.import(last);
        let ends_item = self.frame.ends_item;
        self.leave_frame();
        if ends_item {
            self.frame.item = ItemHead::default();
        }
    }

    /// Notes the name before the end of a `use`, or of one of several.
    fn import(&mut self, last: Option<Token<'a>>) {
        if let Some(Token::Word(name)) = last {
            self.frame.import(name);
        }
    }

    /// Goes on in the frame around this one.
    fn leave_frame(&mut self) {
        let around = self.outer.pop().unwrap_or_default();
        let left = std::mem::replace(&mut self.frame, around);
        left.close(&mut self.frame, &mut self.functions);
    }

    fn finish(mut self) -> Functions {
        while !self.outer.is_empty() {
            self.leave_frame();
        }
        self.leave_frame();
        // A macro takes no name from a type.
        for (name, place) in self.functions.values_mut() {
            if *place == Place::Beside(IMPORT) && self.macros.contains(name.as_str()) {
                *place = Place::Elsewhere;
            }
        }
        self.functions
    }
}

/// Returns true if the first of `ahead` is a module or crate: what follows is a type, or goes on as a path. A
/// companion does neither, misspelt or not.
fn begins_path(behind: &[(Token<'_>, Position)], ahead: &[(Token<'_>, Position)]) -> bool {
    use Token::{Character, Word};
    let goes_on = match ahead {
        [
            _,
            (Character(':'), _),
            (Character(':'), _),
            (Word(name), _),
            rest @ ..,
        ] => {
            name.starts_with(char::is_uppercase)
                || matches!(
                    rest,
                    [(Character(':'), _), (Character(':'), _), (Word(_), _), ..]
                )
        }
        _ => false,
    };
    let is_first = !matches!(
        behind,
        [.., (Character(':'), _), (Character(':'), _)] | [.., (Character('$'), _)]
    );
    goes_on && is_first
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enclosing::frame::{MODULE, PATH};

    /// The places of the functions, in order.
    fn places(text: &str) -> Vec<Place> {
        let mut functions: Vec<_> = scan_functions(text).into_iter().collect();
        functions.retain(|(_, (name, _))| name != "fn");
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
        use Place::Elsewhere;
        const BESIDE: Place = Place::Beside(MODULE);
        let text = "
            mod a; fn a() {} fn b() {} mod c { fn c() {} mod d {} } fn d() {}
            #[cfg(x)] mod e; fn e() {} fn f() { mod g {} fn g() {} } pub(crate) mod f;
        ";
        assert_eq!(
            places(text),
            [
                BESIDE, Elsewhere, Elsewhere, Elsewhere, Elsewhere, BESIDE, BESIDE
            ]
        );
    }

    #[test]
    fn what_is_imported_is_beside_a_function_of_its_name() {
        let check = |text: &str, is_beside: bool| {
            let place = if is_beside {
                Place::Beside(IMPORT)
            } else {
                Place::Elsewhere
            };
            assert_eq!(places(text).last(), Some(&place), "{text}");
        };
        for import in [
            "a::users",
            "users",
            "a::b as users",
            "a::{b, users}",
            "a::{users, b,}",
            "a::{b::{self, users}, c}",
            "::a::users::{self, Model}",
            "a::{b as users, c::d}",
        ] {
            for visibility in ["", "pub(crate)"] {
                check(&format!("{visibility} use {import}; fn users() {{}}"), true);
                check(
                    &format!("fn a() {{}} mod m {{ {visibility} use {import}; }} fn users() {{}}"),
                    false,
                );
                check(
                    &format!("#[cfg(a)] {visibility} use {import}; fn users() {{}}"),
                    false,
                );
                check(&format!("use {import}; mod m {{ fn users() {{}} }}"), false);
            }
        }
        for import in [
            "users::a",
            "a::users as b",
            "a::users::{A, b}",
            "users::*",
            "{users::a}",
        ] {
            check(&format!("use {import}; fn users() {{}}"), false);
        }
        check("use a::users; fn users() { users!(1); }", false);
        check("use a::users; #[users] fn a() {} fn users() {}", false);
    }

    #[test]
    fn a_path_tells_of_a_module_or_crate() {
        let check = |text: &str, is_beside: bool| {
            let place = if is_beside {
                Place::Beside(PATH)
            } else {
                Place::Elsewhere
            };
            assert_eq!(places(text).last(), Some(&place), "{text}");
        };
        for path in [
            "users::Model",
            "users::find::all()",
            "<users::Model>::new()",
        ] {
            check(&format!("fn users() {{ {path} }}"), true);
            check(
                &format!("fn a() {{ if a {{ {path} }} }} fn users() {{}}"),
                true,
            );
            check(&format!("fn users(a: {path}) {{}}"), true);
            check(
                &format!("mod a {{ fn b() {{ {path} }} }} fn users() {{}}"),
                false,
            );
            check(
                &format!("fn a() {{ use b::users; {path} }} fn users() {{}}"),
                false,
            );
            check(
                &format!("fn a() {{ {path} }} mod a {{ fn users() {{}} }}"),
                false,
            );
        }
        for path in [
            "users::peek(1)",
            "users::peak(1)",
            "users::",
            "users::ke",
            "users::key::<u8>(1)",
            "a::users::Model",
            "::users::Model",
            "$users::Model",
        ] {
            check(&format!("fn users() {{ {path} }}"), false);
        }
    }

    #[test]
    fn what_a_macro_names_is_found_by_its_keyword() {
        for text in [
            "macro_rules! m { ($n:ident) => { impl A { async fn $n() {} } } }",
            "macro_rules! m { ($n:ident) => { impl A { $( \nfn $n() {})* } } }",
        ] {
            let functions: Vec<_> = scan_functions(text).into_values().collect();
            assert_eq!(functions, [("fn".to_owned(), Place::Impl)], "{text}");
        }
    }
}
