//! A lexer for Rust source: words and brackets, without what is in comments and literals.

use super::place::Position;

/// A token, as far as the scan tells them apart.
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
    /// Returns the word that it is, or nothing.
    pub(super) fn word(self) -> &'a str {
        match self {
            Token::Word(word) => word,
            _ => "",
        }
    }
}

/// Splits `text` into tokens, each with the position where it begins.
pub(super) fn lex(text: &str) -> impl Iterator<Item = (Token<'_>, Position)> {
    let mut cursor = Cursor {
        rest: text,
        line: 1,
        column: 1,
    };
    std::iter::from_fn(move || cursor.next())
}

/// The rest of a text, and its position.
struct Cursor<'a> {
    rest: &'a str,
    line: usize,
    column: usize,
}

impl<'a> Cursor<'a> {
    /// Takes the next token.
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
                    self.skip_comment();
                    continue;
                }
                '"' => {
                    self.skip_quoted('"');
                    continue;
                }
                '\'' => {
                    if !self.skip_lifetime() {
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
                    match self.finish_word(word) {
                        Some(word) => Token::Word(word),
                        None => continue,
                    }
                }
                _ => {
                    self.skip(1);
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

    /// Passes over so many characters.
    fn skip(&mut self, count: usize) {
        let mut left = count;
        self.take_while(|_| {
            let goes_on = left > 0;
            left = left.saturating_sub(1);
            goes_on
        });
    }

    /// Takes characters as long as they are wanted.
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

    /// Passes over a comment, and those that stand in it.
    fn skip_comment(&mut self) {
        let mut depth = 0_usize;
        while !self.rest.is_empty() {
            if self.rest.starts_with("/*") {
                depth = depth.saturating_add(1);
                self.skip(2);
            } else if self.rest.starts_with("*/") {
                depth = depth.saturating_sub(1);
                self.skip(2);
            } else {
                self.skip(1);
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// Passes over a string or a character, from its first quote to its last.
    fn skip_quoted(&mut self, quote: char) {
        self.skip(1);
        let mut is_escaped = false;
        self.take_while(|character| {
            let ends = character == quote && !is_escaped;
            is_escaped = character == '\\' && !is_escaped;
            !ends
        });
        self.skip(1);
    }

    /// Passes over a lifetime or a character; returns true if it was a lifetime.
    fn skip_lifetime(&mut self) -> bool {
        let mut ahead = self.rest.chars().skip(1);
        let (first, second) = (ahead.next(), ahead.next());
        if first == Some('\\') || second == Some('\'') {
            self.skip_quoted('\'');
            return false;
        }
        self.skip(1);
        self.take_while(is_of_word);
        true
    }

    /// Returns the name that begins with `word`; or passes over the literal that does, and returns `None`.
    fn finish_word(&mut self, word: &'a str) -> Option<&'a str> {
        let hashes = self
            .rest
            .len()
            .saturating_sub(self.rest.trim_start_matches('#').len());
        let behind = self.rest.chars().nth(hashes);
        match word {
            "r" | "br" | "cr" if behind == Some('"') => {
                self.skip(hashes.saturating_add(1));
                let end = format!("\"{}", "#".repeat(hashes));
                let length = self.rest.find(&end).unwrap_or(self.rest.len());
                let inside = self.rest.get(..length).unwrap_or_default();
                self.skip(inside.chars().count());
                self.skip(hashes.saturating_add(1));
                None
            }
            "r" if hashes == 1 && behind.is_some_and(is_of_word) => {
                self.skip(1);
                Some(self.take_while(is_of_word))
            }
            "b" | "c" if self.rest.starts_with('"') => {
                self.skip_quoted('"');
                None
            }
            "b" if self.rest.starts_with('\'') => {
                self.skip_quoted('\'');
                None
            }
            word => Some(word),
        }
    }
}

/// Returns true for a character of a name, a keyword or a number.
fn is_of_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let words = lex(text).filter_map(|(token, _)| match token {
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
        assert!(!lex(text).any(|(token, _)| token == Token::Open('{')));
    }

    #[test]
    fn unfinished_literals_end_with_the_file() {
        for text in ["a \"b", "a r#\"b\"", "a /* /* */ b", "a '\\", "a r#", "a '"] {
            assert_eq!(words(text).first(), Some(&"a"), "{text}");
        }
    }

    #[test]
    fn positions_count_characters_from_one() {
        let positions: Vec<_> = lex("a ä\r\n  \"ü\n\" b r#c").map(|(_, at)| at).collect();
        assert_eq!(positions, [(1, 1), (1, 3), (3, 3), (3, 5)]);
    }
}
