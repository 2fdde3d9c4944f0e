//! Words and brackets of Rust source, without what is in comments and literals.

use super::Position;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'a> {
    /// A name, a keyword or a number.
    Word(&'a str),
    Lifetime,
    Open(char),
    Close,
    Character(char),
}

impl<'a> Token<'a> {
    /// The word that it is, or nothing.
    pub(super) fn word(self) -> &'a str {
        match self {
            Token::Word(word) => word,
            _ => "",
        }
    }
}

/// The tokens of `text`, and where they begin.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = (Token<'_>, Position)> {
    let mut cursor = Cursor {
        rest: text,
        line: 1,
        column: 1,
    };
    std::iter::from_fn(move || cursor.next())
}

struct Cursor<'a> {
    rest: &'a str,
    line: usize,
    column: usize,
}

impl<'a> Cursor<'a> {
    fn next(&mut self) -> Option<(Token<'a>, Position)> {
        loop {
            let position = (self.line, self.column);
            let first = self.rest.chars().next()?;
            let token = match first {
                '/' if self.rest.starts_with("//") => {
                    self.take_while(|character| character != '\n');
                    continue;
                }
                '/' if self.rest.starts_with("/*") => {
                    self.comment();
                    continue;
                }
                '"' => {
                    self.quoted('"');
                    continue;
                }
                '\'' => {
                    if !self.lifetime() {
                        continue;
                    }
                    Token::Lifetime
                }
                _ if first.is_whitespace() => {
                    self.take_while(char::is_whitespace);
                    continue;
                }
                _ if is_of_word(first) => {
                    let word = self.take_while(is_of_word);
                    match self.literal(word) {
                        Some(word) => Token::Word(word),
                        None => continue,
                    }
                }
                _ => {
                    self.take(1);
                    match first {
                        '(' | '[' | '{' => Token::Open(first),
                        ')' | ']' | '}' => Token::Close,
                        _ => Token::Character(first),
                    }
                }
            };
            return Some((token, position));
        }
    }

    /// Goes on by so many characters.
    fn take(&mut self, count: usize) {
        let mut left = count;
        self.take_while(|_| {
            let goes_on = left > 0;
            left = left.saturating_sub(1);
            goes_on
        });
    }

    fn take_while(&mut self, mut wanted: impl FnMut(char) -> bool) -> &'a str {
        let end = self.rest.find(|character| !wanted(character));
        let (taken, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        for character in taken.chars() {
            if character == '\n' {
                self.line = self.line.saturating_add(1);
                self.column = 1;
            } else {
                self.column = self.column.saturating_add(1);
            }
        }
        self.rest = rest;
        taken
    }

    /// Comments stand in each other.
    fn comment(&mut self) {
        let mut depth = 0_usize;
        while !self.rest.is_empty() {
            if self.rest.starts_with("/*") {
                depth = depth.saturating_add(1);
                self.take(2);
            } else if self.rest.starts_with("*/") {
                depth = depth.saturating_sub(1);
                self.take(2);
            } else {
                self.take(1);
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// A string or a character, from its first quote to its last.
    fn quoted(&mut self, quote: char) {
        self.take(1);
        let mut is_escaped = false;
        self.take_while(|character| {
            let ends = character == quote && !is_escaped;
            is_escaped = character == '\\' && !is_escaped;
            !ends
        });
        self.take(1);
    }

    /// Whether it was one, and no character.
    fn lifetime(&mut self) -> bool {
        let mut ahead = self.rest.chars().skip(1);
        let (first, second) = (ahead.next(), ahead.next());
        if first == Some('\\') || second == Some('\'') {
            self.quoted('\'');
            return false;
        }
        self.take(1);
        self.take_while(is_of_word);
        true
    }

    /// `None` if `word` was the beginning of a literal, which then has been taken.
    fn literal(&mut self, word: &'a str) -> Option<&'a str> {
        let hashes = self
            .rest
            .len()
            .saturating_sub(self.rest.trim_start_matches('#').len());
        let behind = self.rest.chars().nth(hashes);
        match word {
            "r" | "br" | "cr" if behind == Some('"') => {
                self.take(hashes.saturating_add(1));
                let end = format!("\"{}", "#".repeat(hashes));
                let length = self.rest.find(&end).unwrap_or(self.rest.len());
                let inside = self.rest.get(..length).unwrap_or_default();
                self.take(inside.chars().count());
                self.take(hashes.saturating_add(1));
                None
            }
            "r" if hashes == 1 && behind.is_some_and(is_of_word) => {
                self.take(1);
                Some(self.take_while(is_of_word))
            }
            "b" | "c" if self.rest.starts_with('"') => {
                self.quoted('"');
                None
            }
            "b" if self.rest.starts_with('\'') => {
                self.quoted('\'');
                None
            }
            word => Some(word),
        }
    }
}

fn is_of_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let words = tokens(text).filter_map(|(token, _)| match token {
            Token::Word(word) => Some(word),
            _ => None,
        });
        words.collect()
    }

    #[test]
    fn comments_and_literals_are_passed_over() {
        let text = r##"
            a // {
            b /* { /* { */ " */ c "{ \" {" d r"{\" e r#"{ " {"# f br#"{"# g b"{\\" h
            '{' i '\'' j b'{' k '\u{7b}' l c"{" m &'a n 'static o r#fn p 'x
        "##;
        assert_eq!(
            words(text),
            [
                "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "fn",
                "p"
            ]
        );
        assert!(!tokens(text).any(|(token, _)| token == Token::Open('{')));
    }

    #[test]
    fn unfinished_literals_end_with_the_file() {
        for text in ["a \"b", "a r#\"b\"", "a /* /* */ b", "a '\\", "a r#", "a '"] {
            assert_eq!(words(text).first(), Some(&"a"), "{text}");
        }
    }

    #[test]
    fn positions_count_characters_from_one() {
        let positions: Vec<_> = tokens("a ä\r\n  \"ü\n\" b r#c").map(|(_, at)| at).collect();
        assert_eq!(positions, [(1, 1), (1, 3), (3, 3), (3, 5)]);
    }
}
