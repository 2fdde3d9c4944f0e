//! `"user:{id}:profile"` to segments, escaped text and names.

/// A piece of a template, in order. Colons are part of the text.
#[derive(Debug, PartialEq)]
pub(crate) enum Piece {
    Text(String),
    Place(Place),
}

/// `{user.address.city}`: a parameter (or `self`) and the way to a field of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    pub(crate) root: String,
    pub(crate) fields: Vec<String>,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.root)?;
        self.fields
            .iter()
            .try_for_each(|field| write!(f, ".{field}"))
    }
}

/// What a template is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// The readable part of a key.
    Prefix,
    Tag,
    /// The beginning of keys, `*` at its end or not.
    Pattern,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Prefix => "`prefix`",
            Kind::Tag => "the tag",
            Kind::Pattern => "the pattern",
        }
    }

    fn empty(self) -> &'static str {
        match self {
            Kind::Prefix => "`prefix` is empty: leave it out, or write `prefix = \"user:{id}\"`",
            Kind::Tag => "the tag is empty: write a name, as in `tags = [\"course:{course}\"]`",
            Kind::Pattern => {
                "the pattern is empty: write `\"user:{id}:*\"`, or `\"*\"` for everything"
            }
        }
    }

    fn wildcard(self, character: char) -> String {
        match self {
            Kind::Prefix => format!(
                "`prefix` cannot contain `{character}`: it is the name of one entry; write a parameter, as in `user:{{id}}`, and `\"user:*\"` where entries are invalidated"
            ),
            Kind::Tag => format!(
                "a tag cannot contain `{character}`: it is one name for all entries that have it; write a name, as in `tags = [\"course:{{course}}\"]`"
            ),
            Kind::Pattern => format!(
                "`{character}` is no part of a pattern, which names whole segments and may end in `:*`: to reach entries by something in the middle, give them a tag and write `tags = [\"course:{{course}}\"]`"
            ),
        }
    }

    fn expression(self) -> &'static str {
        match self {
            Kind::Prefix | Kind::Tag => "`key = …` takes any expression",
            Kind::Pattern => "a typed call such as `profile(id + 1)` takes any expression",
        }
    }
}

/// Reads a template, or says everything that is wrong with it.
pub(crate) fn parse(kind: Kind, text: &str) -> Result<Vec<Piece>, Vec<String>> {
    let name = kind.name();
    if kind == Kind::Pattern && text == "*" {
        return Ok(Vec::new());
    }
    let end = (kind == Kind::Pattern).then(|| text.strip_suffix(":*"));
    let text = end.flatten().unwrap_or(text);
    let mut wrong = Vec::new();
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut segment_is_empty = true;
    let mut has_empty_segment = false;
    let mut has_wildcard = false;
    let mut characters = text.chars().peekable();
    // Braces and `%` are spelled as a key from text spells them, so that groups match.
    while let Some(character) = characters.next() {
        match character {
            ':' => {
                has_empty_segment |= segment_is_empty;
                segment_is_empty = true;
                plain.push(':');
                continue;
            }
            '{' if characters.next_if_eq(&'{').is_some() => plain.push_str("%7B"),
            '}' if characters.next_if_eq(&'}').is_some() => plain.push_str("%7D"),
            '}' => wrong.push(format!(
                "{name} has a `}}` without its `{{`: write `}}}}` for the character itself"
            )),
            '{' => {
                let mut inside = String::new();
                let closed = loop {
                    match characters.next_if(|next| !matches!(next, '{' | ':')) {
                        Some('}') => break true,
                        Some(next) => inside.push(next),
                        None => break false,
                    }
                };
                if closed {
                    match place(kind, &inside) {
                        Ok(place) => {
                            if !plain.is_empty() {
                                pieces.push(Piece::Text(std::mem::take(&mut plain)));
                            }
                            pieces.push(Piece::Place(place));
                        }
                        Err(message) => wrong.push(message),
                    }
                } else {
                    wrong.push(format!(
                        "{name} has a `{{` without its `}}`: write `{{{{` for the character itself"
                    ));
                }
            }
            '*' | '?' | '[' | ']' | '\\' if has_wildcard => {}
            '*' | '?' | '[' | ']' | '\\' => {
                has_wildcard = true;
                wrong.push(kind.wildcard(character));
            }
            _ if character.is_whitespace() || character.is_control() => wrong.push(format!(
                "{name} cannot contain spaces or control characters: write `-` or `_` instead"
            )),
            '%' => plain.push_str("%25"),
            _ => plain.push(character),
        }
        segment_is_empty = false;
    }
    if text.is_empty() {
        wrong.push(kind.empty().to_owned());
    } else if has_empty_segment || segment_is_empty {
        wrong.push(format!(
            "{name} has an empty segment: write something before, between and after its colons"
        ));
    }
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    wrong.dedup();
    if wrong.is_empty() {
        Ok(pieces)
    } else {
        Err(wrong)
    }
}

fn place(kind: Kind, inside: &str) -> Result<Place, String> {
    let mut names = inside.split('.').map(str::trim);
    let root = names.next().unwrap_or_default();
    if root.is_empty() && inside.trim().is_empty() {
        return Err(
            "an empty `{}` names nothing: write the name of a parameter, as in `{id}`".to_owned(),
        );
    }
    let fields: Vec<String> = names.map(str::to_owned).collect();
    let is_index = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_digit());
    if !is_name(root) || !fields.iter().all(|field| is_name(field) || is_index(field)) {
        return Err(format!(
            "`{{{inside}}}` is not a parameter or a field of one: write `{{id}}` or `{{user.id}}`; {}",
            kind.expression()
        ));
    }
    Ok(Place {
        root: root.to_owned(),
        fields,
    })
}

fn is_name(name: &str) -> bool {
    let name = name.strip_prefix("r#").unwrap_or(name);
    let mut characters = name.chars();
    characters
        .next()
        .is_some_and(|first| first == '_' || first.is_alphabetic())
        && characters.all(|next| next == '_' || next.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }

    fn place(root: &str, fields: &[&str]) -> Piece {
        Piece::Place(Place {
            root: root.to_owned(),
            fields: fields.iter().map(|&field| field.to_owned()).collect(),
        })
    }

    fn wrong(text: &str) -> String {
        parse(Kind::Prefix, text).unwrap_err().join("; ")
    }

    #[test]
    fn text_and_places_alternate() {
        let read = |text| parse(Kind::Prefix, text).unwrap();
        assert_eq!(read("user"), [text("user")]);
        assert_eq!(
            read("user:{id}:profile"),
            [text("user:"), place("id", &[]), text(":profile")]
        );
        assert_eq!(read("{self.tenant.id}"), [place("self", &["tenant", "id"])]);
        assert_eq!(
            read("{pair.0}-{r#type}"),
            [place("pair", &["0"]), text("-"), place("r#type", &[])]
        );
        assert_eq!(read("a{{b}}:100%"), [text("a%7Bb%7D:100%25")]);
    }

    #[test]
    fn each_mistake_has_its_message() {
        assert!(wrong("").contains("is empty"));
        for empty in [":a", "a:", "a::b", ":"] {
            assert!(wrong(empty).contains("empty segment"), "{empty}");
        }
        assert!(wrong("a:{id").contains("without its `}`"));
        assert!(wrong("a:{id:b").contains("without its `}`"));
        assert!(wrong("a:id}").contains("without its `{`"));
        assert!(wrong("a:{}").contains("names nothing"));
        assert!(wrong("a:{id + 1}").contains("takes any expression"));
        assert!(wrong("a:{id.}").contains("takes any expression"));
        assert!(wrong("user:*").contains("one entry"));
        assert!(wrong("user profile").contains("spaces"));
    }

    #[test]
    fn a_pattern_may_end_in_a_wildcard() {
        let read = |text| parse(Kind::Pattern, text).unwrap();
        assert_eq!(read("*"), []);
        assert_eq!(read("user:*"), [text("user")]);
        assert_eq!(read("user:{id}:*"), read("user:{id}"));
        for wrong in [
            "user*",
            "user:*:a",
            "user:{id}*",
            "*:user",
            "user:?",
            "**",
            "user:**",
        ] {
            let wrong = parse(Kind::Pattern, wrong).unwrap_err();
            assert!(
                wrong.iter().any(|wrong| wrong.contains("a tag")),
                "{wrong:?}"
            );
        }
        for empty in ["", ":*", "user::*", ":"] {
            assert!(parse(Kind::Pattern, empty).is_err(), "{empty}");
        }
        assert!(
            parse(Kind::Tag, "course:*")
                .unwrap_err()
                .join("")
                .contains("one name")
        );
    }

    #[test]
    fn all_mistakes_come_at_once() {
        assert_eq!(parse(Kind::Prefix, "a::{}*").unwrap_err().len(), 3);
    }
}
