//! Templates of the readable part of a key: text, and places for components.

/// A piece of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Text that the attribute has checked and escaped; colons separate segments.
    Text(&'static str),
    /// The place of the component with this number in the key material, from 0.
    Component(usize),
}

/// Iterator over the pieces of a template such as `user:{0}:profile`, or of a function's name in its place.
#[derive(Clone, Debug)]
pub(crate) enum Pieces {
    /// The rest of a template.
    Template(&'static str),
    /// The rest of a name.
    Name(&'static str),
}

impl Pieces {
    /// Splits a template, in which `{0}` is the place of the first component.
    pub(crate) fn written(template: &'static str) -> Self {
        Self::Template(template)
    }

    /// Splits a name: `shop::user::profile` reads `shop:user:profile`.
    pub(crate) fn of_name(name: &'static str) -> Self {
        Self::Name(name)
    }
}

impl Iterator for Pieces {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        match self {
            Self::Template(rest) | Self::Name(rest) if rest.is_empty() => None,
            Self::Template(rest) => {
                let place = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
                if let Some((number, after)) = place {
                    *rest = after;
                    return Some(Piece::Component(number.parse().unwrap_or(usize::MAX)));
                }
                // From the second byte on, so that text which begins with a lone brace ends as well.
                let after_first = rest.as_bytes().get(1..).unwrap_or_default();
                let brace = memchr::memchr(b'{', after_first);
                let end = brace.map_or(rest.len(), |brace| brace.saturating_add(1));
                let (text, after) = rest.split_at(end);
                *rest = after;
                Some(Piece::Text(text))
            }
            Self::Name(rest) => {
                if let Some(after) = rest.strip_prefix("::") {
                    *rest = after;
                    return Some(Piece::Text(":"));
                }
                let (segment, after) = rest.split_at(rest.find("::").unwrap_or(rest.len()));
                *rest = after;
                Some(Piece::Text(segment))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pieces: Pieces, expected: &[Piece]) {
        assert_eq!(pieces.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn name_becomes_segments() {
        let [shop, user, profile] = ["shop", "user", "profile"].map(Piece::Text);
        let colon = Piece::Text(":");
        check(
            Pieces::of_name("shop::user::profile"),
            &[shop, colon, user, colon, profile],
        );
    }

    #[test]
    fn numbers_in_braces_are_components() {
        let [user, profile] = ["user:", ":profile"].map(Piece::Text);
        check(
            Pieces::written("user:{0}:profile"),
            &[user, Piece::Component(0), profile],
        );
        check(
            Pieces::written("{12}{3}"),
            &[Piece::Component(12), Piece::Component(3)],
        );
        check(Pieces::written("user:"), &[user]);
        check(Pieces::written(""), &[]);
    }

    #[test]
    fn a_lone_brace_is_text() {
        check(
            Pieces::written("a:{0"),
            &[Piece::Text("a:"), Piece::Text("{0")],
        );
    }
}
