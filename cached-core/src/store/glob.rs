//! Redis's globs, for stores that are not Redis.

/// Returns `true` if all of `text` matches `glob`, as Redis's `SCAN … MATCH` decides it, byte by byte.
///
/// `*` is any run, `?` any byte, `[a-z]` one of a class, `[^a-z]` one not of it, `\` takes the next byte literally. A
/// class without its `]` ends with the glob. Takes at most the product of both lengths: only the last `*` is tried
/// again, which is enough because what follows it matches a fixed way.
pub(crate) fn matches(glob: impl AsRef<[u8]>, text: impl AsRef<[u8]>) -> bool {
    let (mut glob, mut text) = (glob.as_ref(), text.as_ref());
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        if let Some((b'*', after)) = glob.split_first() {
            glob = after;
            retry = Some((glob, text));
            continue;
        }
        match (text.split_first(), glob.is_empty()) {
            (None, true) => return true,
            // Every other element of a glob takes one byte, and a later start of the `*` leaves fewer.
            (None, false) => return false,
            (Some((&byte, rest)), false) => {
                if let Some(after) = match_one(glob, byte) {
                    (glob, text) = (after, rest);
                    continue;
                }
            }
            (Some(_), true) => {}
        }
        let Some((after_star, from)) = retry else {
            return false;
        };
        let Some((_, from)) = from.split_first() else {
            return false;
        };
        (glob, text) = (after_star, from);
        retry = Some((after_star, from));
    }
}

/// The rest of `glob` if its first element, which is no `*`, takes `byte`.
fn match_one(glob: &[u8], byte: u8) -> Option<&[u8]> {
    match glob {
        [b'?', after @ ..] => Some(after),
        [b'[', b'^', class @ ..] => match match_class(class, byte) {
            (false, after) => Some(after),
            (true, _) => None,
        },
        [b'[', class @ ..] => match match_class(class, byte) {
            (true, after) => Some(after),
            (false, _) => None,
        },
        [b'\\', literal, after @ ..] | [literal, after @ ..] => (*literal == byte).then_some(after),
        [] => None,
    }
}

/// Returns `true` if a class has `byte`, and the rest of the glob after the class.
fn match_class(mut class: &[u8], byte: u8) -> (bool, &[u8]) {
    let mut found = false;
    loop {
        class = match class {
            [] => return (found, class),
            [b'\\', literal, after @ ..] => {
                found |= *literal == byte;
                after
            }
            [b']', after @ ..] => return (found, after),
            [from, b'-', to, after @ ..] => {
                found |= (*from.min(to)..=*from.max(to)).contains(&byte);
                after
            }
            [literal, after @ ..] => {
                found |= *literal == byte;
                after
            }
        };
    }
}

/// `text` as a glob that matches nothing but `text`.
pub(crate) fn escape(text: &str) -> String {
    let mut glob = String::with_capacity(text.len());
    for char in text.chars() {
        if matches!(char, '*' | '?' | '[' | ']' | '\\') {
            glob.push('\\');
        }
        glob.push(char);
    }
    glob
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "indices of short texts")]

    use super::*;
    use proptest::prelude::*;

    /// One element of a glob, and what a reader of Redis's documentation would say it means.
    enum Element {
        Run,
        Any,
        Byte(u8),
        Class { not: bool, ranges: Vec<(u8, u8)> },
    }

    fn parse(glob: &[u8]) -> Vec<Element> {
        let mut elements = vec![];
        let mut at = 0;
        while let Some(&byte) = glob.get(at) {
            at += 1;
            elements.push(match byte {
                b'*' => Element::Run,
                b'?' => Element::Any,
                b'\\' if at < glob.len() => {
                    at += 1;
                    Element::Byte(glob[at - 1])
                }
                b'[' => {
                    let not = glob.get(at) == Some(&b'^');
                    at += usize::from(not);
                    let mut ranges = vec![];
                    while at < glob.len() && glob[at] != b']' {
                        if glob[at] == b'\\' && at + 1 < glob.len() {
                            ranges.push((glob[at + 1], glob[at + 1]));
                            at += 2;
                        } else if at + 2 < glob.len() && glob[at + 1] == b'-' {
                            ranges.push((glob[at], glob[at + 2]));
                            at += 3;
                        } else {
                            ranges.push((glob[at], glob[at]));
                            at += 1;
                        }
                    }
                    at += 1;
                    Element::Class { not, ranges }
                }
                byte => Element::Byte(byte),
            });
        }
        elements
    }

    /// Tries everything.
    fn reference(glob: &[Element], text: &[u8]) -> bool {
        let Some((element, rest)) = glob.split_first() else {
            return text.is_empty();
        };
        if let Element::Run = element {
            return (0..=text.len()).any(|skipped| reference(rest, &text[skipped..]));
        }
        let Some((byte, text)) = text.split_first() else {
            return false;
        };
        let taken = match element {
            Element::Run | Element::Any => true,
            Element::Byte(expected) => expected == byte,
            Element::Class { not, ranges } => {
                let within =
                    |&(a, b): &(u8, u8)| a <= *byte && *byte <= b || b <= *byte && *byte <= a;
                ranges.iter().any(within) != *not
            }
        };
        taken && reference(rest, text)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 5000, ..ProptestConfig::default() })]

        #[test]
        fn agrees_with_a_matcher_that_tries_everything(
            glob in r"[abc\-\^\]\[\\*?]{0,9}",
            text in r"[abc\-\^\]\[\\*?]{0,7}",
        ) {
            prop_assert_eq!(matches(&glob, &text), reference(&parse(glob.as_bytes()), text.as_bytes()));
        }

        #[test]
        fn escaped_text_matches_itself_and_nothing_else(
            text in r"[ab\-\^\]\[\\*?é]{0,6}",
            other in r"[ab\-\^\]\[\\*?é]{0,6}",
        ) {
            prop_assert!(matches(escape(&text), &text));
            prop_assert_eq!(matches(escape(&text), &other), text == other);
        }

        #[test]
        fn never_panics(
            glob in prop::collection::vec(any::<u8>(), 0..20),
            text in prop::collection::vec(any::<u8>(), 0..20),
        ) {
            matches(glob, text);
        }
    }

    #[test]
    fn follows_redis() {
        for (glob, text) in [
            ("*", ""),
            ("***", "abc"),
            ("h?llo", "hello"),
            ("h*llo", "heeeello"),
            ("h[ae]llo", "hallo"),
            ("h[^e]llo", "hbllo"),
            ("h[b-a]llo", "hallo"),
            (r"h\[", "h["),
            (r"[\]]", "]"),
            ("[a-]]", "^"),
            ("[abc", "b"),
            ("[^", "b"),
            (r"a\", r"a\"),
            ("user:42:*", "user:42:profile"),
            ("*:profile:*", "app:user:profile:profile:1"),
        ] {
            assert!(matches(glob, text), "{glob} should match {text}");
        }
        for (glob, text) in [
            ("", "a"),
            ("?", ""),
            ("a", ""),
            ("[]a]", "a"),
            ("[", "["),
            (r"\a", r"\"),
            (r"\*", "a"),
            ("user:42:*", "user:421:profile"),
            ("*a", "ab"),
        ] {
            assert!(!matches(glob, text), "{glob} should not match {text}");
        }
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        let glob = "*a".repeat(2_000) + "b";
        assert!(!matches(&glob, "a".repeat(20_000)));
    }
}
