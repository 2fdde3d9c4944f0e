//! The readable part of a key: text and places for components.

/// A piece of a prefix, as the attribute writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Checked and escaped; colons separate segments.
    Text(&'static str),
    /// The component of the key material with this number, from 0.
    Component(usize),
}

/// The pieces of a prefix, or of a function's name in its place.
#[derive(Clone, Debug)]
pub(crate) struct Pieces {
    written: std::slice::Iter<'static, Piece>,
    name: Option<&'static str>,
    is_colon_next: bool,
}

impl Pieces {
    pub(crate) fn written(pieces: &'static [Piece]) -> Self {
        Self {
            written: pieces.iter(),
            name: None,
            is_colon_next: false,
        }
    }

    /// `shop::user::profile` reads `shop:user:profile`.
    pub(crate) fn of_name(name: &'static str) -> Self {
        Self {
            written: [].iter(),
            name: Some(name),
            is_colon_next: false,
        }
    }
}

impl Iterator for Pieces {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let Some(name) = self.name else {
            return self.written.next().copied();
        };
        if std::mem::take(&mut self.is_colon_next) {
            return Some(Piece::Text(":"));
        }
        let (segment, rest) = match name.split_once("::") {
            Some((segment, rest)) => (segment, Some(rest)),
            None => (name, None),
        };
        self.name = rest;
        self.is_colon_next = rest.is_some();
        Some(Piece::Text(segment))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_becomes_segments() {
        let text: String = Pieces::of_name("shop::user::profile")
            .map(|piece| match piece {
                Piece::Text(text) => text,
                Piece::Component(_) => "?",
            })
            .collect();
        assert_eq!(text, "shop:user:profile");
    }

    #[test]
    fn written_pieces_come_as_written() {
        static PIECES: [Piece; 2] = [Piece::Text("user:"), Piece::Component(0)];
        assert!(Pieces::written(&PIECES).eq(PIECES));
    }
}
