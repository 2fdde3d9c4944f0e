//! Templates such as `"user:{id}:profile"`: segments, escaped text and placeholders.

use std::iter::Peekable;
use std::str::Chars;

/// A piece of a template, in order. Colons are part of the text.
#[derive(Debug, PartialEq)]
pub(crate) enum Piece {
    Text(String),
    Placeholder(Placeholder),
}

/// `{user.address.city}`: a parameter (or `self`) and the way to a field of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Placeholder {
    pub(crate) root: String,
    pub(crate) fields: Vec<String>,
}

impl std::fmt::Display for Placeholder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.root)?;
        self.fields
            .iter()
            .try_for_each(|field| write!(f, ".{field}"))
    }
}

/// The use of a template.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum TemplateKind {
    /// The readable part of a key.
    Prefix,
    /// A name for entries to be invalidated together.
    Tag,
    /// The beginning of keys, `*` at its end or not.
    Pattern,
}

impl TemplateKind {
    fn name(self) -> &'static str {
        match self {
            TemplateKind::Prefix => "`prefix`",
            TemplateKind::Tag => "the tag",
            TemplateKind::Pattern => "the pattern",
        }
    }

    fn empty_message(self) -> &'static str {
        match self {
            TemplateKind::Prefix => {
                "`prefix` is empty: leave it out, or write `prefix = \"user:{id}\"`"
            }
            TemplateKind::Tag => {
                "the tag is empty: write a name, as in `tags = [\"course:{course}\"]`"
            }
            TemplateKind::Pattern => {
                "the pattern is empty: write `\"user:{id}:*\"`, or `\"*\"` for everything"
            }
        }
    }

    fn wildcard_message(self, character: char) -> String {
        match self {
            TemplateKind::Prefix => format!(
                "`prefix` cannot contain `{character}`: it is the name of one entry; write a parameter, as in `user:{{id}}`, and `\"user:*\"` where entries are invalidated"
            ),
            TemplateKind::Tag => format!(
                "a tag cannot contain `{character}`: it is one name for all entries that have it; write a name, as in `tags = [\"course:{{course}}\"]`"
            ),
            TemplateKind::Pattern => format!(
                "`{character}` is no part of a pattern, which names whole segments and may end in `:*`: to reach entries by something in the middle, give them a tag and write `tags = [\"course:{{course}}\"]`"
            ),
        }
    }

    fn expression_hint(self) -> &'static str {
        match self {
            TemplateKind::Prefix | TemplateKind::Tag => "`key = …` takes any expression",
            TemplateKind::Pattern => "a typed call such as `profile(id + 1)` takes any expression",
        }
    }
}

/// Parses a template, or returns everything that is wrong with it.
pub(crate) fn parse_template(kind: TemplateKind, text: &str) -> Result<Vec<Piece>, Vec<String>> {
    if kind == TemplateKind::Pattern && text == "*" {
        return Ok(Vec::new());
    }
    let end = (kind == TemplateKind::Pattern).then(|| text.strip_suffix(":*"));
    let text = end.flatten().unwrap_or(text);
    let mut parser = Parser {
        kind,
        characters: text.chars().peekable(),
        pieces: Vec::new(),
        plain: String::new(),
        segment_is_empty: true,
        has_empty_segment: false,
        has_wildcard: false,
        wrong: Vec::new(),
    };
    while let Some(character) = parser.characters.next() {
        parser.read(character);
    }
    parser.finish(text)
}

/// A template that is being read.
struct Parser<'a> {
    kind: TemplateKind,
    characters: Peekable<Chars<'a>>,
    pieces: Vec<Piece>,
    /// Text of the piece that is not finished.
    plain: String,
    segment_is_empty: bool,
    has_empty_segment: bool,
    has_wildcard: bool,
    /// Messages.
    wrong: Vec<String>,
}

impl Parser<'_> {
    /// Reads from one character on. Braces and `%` are spelled as a key from text spells them, so that groups match.
    fn read(&mut self, character: char) {
        if character == ':' {
            self.has_empty_segment |= self.segment_is_empty;
            self.segment_is_empty = true;
            self.plain.push(':');
            return;
        }
        self.segment_is_empty = false;
        let name = self.kind.name();
        match character {
            '{' if self.characters.next_if_eq(&'{').is_some() => self.plain.push_str("%7B"),
            '}' if self.characters.next_if_eq(&'}').is_some() => self.plain.push_str("%7D"),
            '}' => self.wrong.push(format!(
                "{name} has a `}}` without its `{{`: write `}}}}` for the character itself"
            )),
            '{' => self.read_placeholder(),
            '*' | '?' | '[' | ']' | '\\' => {
                if !std::mem::replace(&mut self.has_wildcard, true) {
                    self.wrong.push(self.kind.wildcard_message(character));
                }
            }
            _ if character.is_whitespace() || character.is_control() => self.wrong.push(format!(
                "{name} cannot contain spaces or control characters: write `-` or `_` instead"
            )),
            '%' => self.plain.push_str("%25"),
            _ => self.plain.push(character),
        }
    }

    /// Reads a placeholder behind its `{`.
    fn read_placeholder(&mut self) {
        let mut inside = String::new();
        let is_closed = loop {
            match self.characters.next_if(|next| !matches!(next, '{' | ':')) {
                Some('}') => break true,
                Some(next) => inside.push(next),
                None => break false,
            }
        };
        if !is_closed {
            let name = self.kind.name();
            self.wrong.push(format!(
                "{name} has a `{{` without its `}}`: write `{{{{` for the character itself"
            ));
            return;
        }
        match parse_placeholder(self.kind, &inside) {
            Ok(placeholder) => {
                self.finish_text();
                self.pieces.push(Piece::Placeholder(placeholder));
            }
            Err(message) => self.wrong.push(message),
        }
    }

    fn finish_text(&mut self) {
        if !self.plain.is_empty() {
            self.pieces
                .push(Piece::Text(std::mem::take(&mut self.plain)));
        }
    }

    fn finish(mut self, text: &str) -> Result<Vec<Piece>, Vec<String>> {
        if text.is_empty() {
            self.wrong.push(self.kind.empty_message().to_owned());
        } else if self.has_empty_segment || self.segment_is_empty {
            let name = self.kind.name();
            self.wrong.push(format!(
                "{name} has an empty segment: write something before, between and after its colons"
            ));
        }
        self.finish_text();
        self.wrong.dedup();
        if self.wrong.is_empty() {
            Ok(self.pieces)
        } else {
            Err(self.wrong)
        }
    }
}

/// Parses the names between braces.
fn parse_placeholder(kind: TemplateKind, inside: &str) -> Result<Placeholder, String> {
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
            kind.expression_hint()
        ));
    }
    Ok(Placeholder {
        root: root.to_owned(),
        fields,
    })
}

/// Returns true for what can be the name of a parameter or field.
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
        Piece::Placeholder(Placeholder {
            root: root.to_owned(),
            fields: fields.iter().map(|&field| field.to_owned()).collect(),
        })
    }

    fn wrong(text: &str) -> String {
        parse_template(TemplateKind::Prefix, text)
            .unwrap_err()
            .join("; ")
    }

    #[test]
    fn text_and_places_alternate() {
        let read = |text| parse_template(TemplateKind::Prefix, text).unwrap();
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
        let read = |text| parse_template(TemplateKind::Pattern, text).unwrap();
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
            let wrong = parse_template(TemplateKind::Pattern, wrong).unwrap_err();
            assert!(
                wrong.iter().any(|wrong| wrong.contains("a tag")),
                "{wrong:?}"
            );
        }
        for empty in ["", ":*", "user::*", ":"] {
            assert!(
                parse_template(TemplateKind::Pattern, empty).is_err(),
                "{empty}"
            );
        }
        assert!(
            parse_template(TemplateKind::Tag, "course:*")
                .unwrap_err()
                .join("")
                .contains("one name")
        );
    }

    #[test]
    fn all_mistakes_come_at_once() {
        assert_eq!(
            parse_template(TemplateKind::Prefix, "a::{}*")
                .unwrap_err()
                .len(),
            3
        );
    }
}
