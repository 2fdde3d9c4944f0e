//! [`Pattern`] and [`Tag`]: what an invalidation names.

use std::fmt;

use crate::{
    error::{Error, ErrorKind},
    key::{self, Key, group, target::Target},
};

/// What [`Cache::invalidate`](crate::Cache::invalidate) takes: the beginning of keys, in whole segments, or one key.
///
/// | written | covers |
/// |---|---|
/// | `"user:42"`, `"user:42:*"` | the key `user:42` and every key below it: calls whose prefix begins so, keys from text |
/// | `"*"` | everything in the namespace, like [`Cache::clear`](crate::Cache::clear) |
/// | `profile::key(42)` | this call; in all its versions if the prefix names every argument |
/// | `Key::from("user:42")` | like its text |
///
/// A segment of a pattern is escaped like one of a [`Key`]: nothing but a final `:*` is a wildcard. A `*` anywhere
/// else is an [`ErrorKind::Pattern`] when the pattern is used, and so is empty text. What keys share that do not
/// begin alike, a tag can name. From the 32nd segment on a key has no beginnings, so a pattern that long covers
/// exactly the key of its text.
///
/// Text that a user typed goes through [`Pattern::from_segments`]. `Debug` shows no content.
///
/// # Examples
///
/// ```
/// # use cached_core::{Cache, Pattern};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cached_core::Error> {
/// # let cache = Cache::in_memory()?;
/// let id = 42;
/// cache.invalidate(format!("user:{id}:*")).await?;
///
/// // What a user typed: it names one segment, whatever it holds.
/// let name = "Ada:*";
/// cache.invalidate(Pattern::from_segments(["user", name])).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Pattern(Named);

#[derive(Clone)]
enum Named {
    Everything,
    /// The escaped segments that keys begin with.
    Beginning(String),
    Key(Box<Key>),
    Mistake(Mistake),
}

/// What [`Cache::invalidate_tag`](crate::Cache::invalidate_tag) takes: a tag as `tags = ["course:{course}"]` writes
/// it, filled in.
///
/// It is matched as a whole; a `*` in it is an [`ErrorKind::Pattern`] when it is used. Text that a user typed goes
/// through [`Tag::from_segments`]. `Debug` shows no content.
///
/// # Examples
///
/// ```
/// # use cached_core::{Cache, Tag};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cached_core::Error> {
/// # let cache = Cache::in_memory()?;
/// cache.invalidate_tag("course:7").await?;
///
/// let typed = "physics: an introduction";
/// cache.invalidate_tag(Tag::from_segments(["course", typed])).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Tag(Result<String, Mistake>);

/// Why a pattern or a tag cannot be used.
#[derive(Clone, Copy)]
enum Mistake {
    PatternIsEmpty,
    PatternHasWildcard,
    PatternIsTooLong,
    TagIsEmpty,
    TagHasWildcard,
}

impl Mistake {
    /// Says nothing of the text: it may be what a user typed.
    fn error(self) -> Error {
        let message = match self {
            Self::PatternIsEmpty => {
                "the pattern is empty: write `*`, or call `clear`, for everything in the namespace"
            }
            Self::PatternHasWildcard => {
                "the pattern has a `*` that is not its last segment: a pattern is a beginning of whole segments, like \
                 `user:42:*`; for what does not begin alike write `tags = [\"…\"]` at the cached function and call \
                 `invalidate_tag`, and for a `*` that is no wildcard use `Pattern::from_segments`"
            }
            Self::PatternIsTooLong => {
                "the pattern has more than 31 segments before its `*`: keys have no groups below that"
            }
            Self::TagIsEmpty => "the tag is empty: write it as the cached function does, filled in",
            Self::TagHasWildcard => {
                "the tag has a `*`: a tag is matched as a whole; for a `*` that is no wildcard use \
                 `Tag::from_segments`"
            }
        };
        Error::new(ErrorKind::Pattern, message)
    }
}

impl Pattern {
    /// The beginning of keys with these segments, which may hold anything: no `:` in them separates, no `*` is a
    /// wildcard.
    ///
    /// No segments at all are one empty segment, as in [`Key::from_segments`].
    pub fn from_segments(segments: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        Self(Named::Beginning(key::escape(segments)))
    }

    /// What has to be deleted.
    ///
    /// # Errors
    ///
    /// If it was written wrong, or is a key that cannot be encoded.
    pub(crate) fn targets(&self) -> Result<Vec<Target>, Error> {
        Ok(match &self.0 {
            Named::Everything => vec![Target::Group(group::NAMESPACE.to_owned())],
            Named::Beginning(segments) => vec![Target::Group(group::of_prefix(segments))],
            Named::Key(key) => {
                key.check()?;
                let group = match key.function() {
                    Some(_) => group::of_call(key),
                    None => Some(group::of_prefix(&key.written_segments())),
                };
                // Behind the group, which is what counts, the entry goes to free its memory.
                group
                    .map(Target::Group)
                    .into_iter()
                    .chain([Target::Entry((**key).clone())])
                    .collect()
            }
            Named::Mistake(mistake) => return Err(mistake.error()),
        })
    }
}

impl From<&str> for Pattern {
    fn from(text: &str) -> Self {
        let (segments, has_wildcard) = match text.strip_suffix(":*") {
            Some(segments) => (segments, true),
            None => (text, false),
        };
        Self(match segments {
            "*" if !has_wildcard => Named::Everything,
            "" => Named::Mistake(Mistake::PatternIsEmpty),
            _ if segments.contains('*') => Named::Mistake(Mistake::PatternHasWildcard),
            _ if has_wildcard && segments.split(':').count() >= key::SEGMENTS => {
                Named::Mistake(Mistake::PatternIsTooLong)
            }
            _ => Named::Beginning(key::escape(segments.split(':'))),
        })
    }
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&String> for Pattern {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Key> for Pattern {
    fn from(key: Key) -> Self {
        Self(Named::Key(Box::new(key)))
    }
}

impl From<&Key> for Pattern {
    fn from(key: &Key) -> Self {
        Self::from(key.clone())
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pattern").finish_non_exhaustive()
    }
}

impl Tag {
    /// A tag of these segments, which may hold anything: no `:` in them separates, no `*` is a wildcard.
    pub fn from_segments(segments: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        Self(Ok(key::escape(segments)))
    }

    /// What has to be deleted.
    ///
    /// # Errors
    ///
    /// If it was written wrong.
    pub(crate) fn targets(&self) -> Result<Vec<Target>, Error> {
        match &self.0 {
            Ok(tag) => Ok(vec![Target::Group(group::of_tag(tag))]),
            Err(mistake) => Err(mistake.error()),
        }
    }
}

impl From<&str> for Tag {
    fn from(text: &str) -> Self {
        Self(match text {
            "" => Err(Mistake::TagIsEmpty),
            _ if text.contains('*') => Err(Mistake::TagHasWildcard),
            _ => Ok(key::escape(text.split(':'))),
        })
    }
}

impl From<String> for Tag {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&String> for Tag {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tag").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::ser::{Error as _, Serialize, Serializer};

    use super::*;
    use crate::key::function::Function;

    static PROFILE: Function =
        Function::new("app::profile", || "app::profile::__Place").prefix("user:{0}:profile");
    static SEATS: Function = Function::new("app::seats", || "app::seats::__Place")
        .prefix("seats")
        .tags(&["course:{0}"]);

    fn call(function: &'static Function, argument: &str) -> Key {
        let mut key = Key::of(function);
        key.push(argument);
        key
    }

    fn group(name: &str) -> Target {
        Target::Group(name.to_owned())
    }

    fn pattern(pattern: impl Into<Pattern>) -> Vec<Target> {
        pattern.into().targets().unwrap()
    }

    fn tag(tag: impl Into<Tag>) -> Vec<Target> {
        tag.into().targets().unwrap()
    }

    /// Whether a group of `key`, or `key` itself, is among `targets`.
    fn covers(targets: &[Target], key: &Key) -> bool {
        let mut covers = targets.contains(&Target::Entry(key.clone()));
        group::each(key, |name| covers |= targets.contains(&group(name)));
        covers
    }

    #[test]
    fn pattern_is_a_beginning_with_or_without_its_wildcard() {
        for text in ["user:42", "user:42:*"] {
            assert_eq!(pattern(text), [group("%g:user:42")]);
        }
        let text = String::from("user");
        assert_eq!(pattern(&text), [group("%g:user")]);
        assert_eq!(pattern(text), [group("%g:user")]);
        assert_eq!(pattern("*"), [group("%g")]);
    }

    #[test]
    fn everything_but_the_last_wildcard_is_escaped_or_refused() {
        assert_eq!(pattern("what? [a]:*"), [group("%g:what%3F%20%5Ba%5D")]);
        assert_eq!(pattern("a::b:"), [group("%g:a:%:b:%")]);
        for text in [
            "user:*:x", "user:4*", "*:x", "**", "*:*", "user:**", "", ":*",
        ] {
            let error = Pattern::from(text).targets().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Pattern, "{text}");
        }
        let error = Pattern::from("token-4711*").targets().unwrap_err();
        let message = format!("{error} {error:?}");
        assert!(
            message.contains("tags") && !message.contains("4711"),
            "{message}"
        );
    }

    #[test]
    fn user_input_is_one_segment() {
        for (typed, name) in [
            ("*", "%g:user:%2A"),
            ("a:b", "%g:user:a%3Ab"),
            ("%3A", "%g:user:%253A"),
            ("42:*", "%g:user:42%3A%2A"),
            ("", "%g:user:%"),
        ] {
            assert_eq!(
                pattern(Pattern::from_segments(["user", typed])),
                [group(name)]
            );
            let name = name.replace("%g", "%tag");
            assert_eq!(tag(Tag::from_segments(["user", typed])), [group(&name)]);
        }
        assert_eq!(
            pattern(Pattern::from_segments(Vec::<&str>::new())),
            [group("%g:%")]
        );
    }

    #[test]
    fn pattern_below_the_last_group_of_a_key_is_refused() {
        let text = |segments| vec!["a"; segments].join(":");
        assert!(Pattern::from(text(31) + ":*").targets().is_ok());
        assert!(Pattern::from(text(32) + ":*").targets().is_err());
        for segments in 1..40 {
            let key = Key::from(text(segments));
            assert!(covers(&pattern(text(segments)), &key), "{segments}");
            assert!(covers(&pattern(text(segments.min(31))), &key), "{segments}");
        }
    }

    #[test]
    fn key_of_a_call_covers_this_call() {
        let key = call(&PROFILE, "42");
        assert_eq!(
            pattern(&key),
            [group("%g:user:42:profile"), Target::Entry(key.clone())]
        );
        let key = call(&SEATS, "42");
        assert_eq!(pattern(&key), [Target::Entry(key.clone())]);
        assert!(!covers(&pattern(key), &call(&SEATS, "43")));
    }

    #[test]
    fn key_from_text_covers_itself_and_all_below() {
        let hex = "0123456789abcdef0123456789abcdef";
        for text in [
            "user:42",
            "",
            ":",
            hex,
            &format!("user:{hex}"),
            &format!("user:{hex}:"),
        ] {
            let targets = pattern(Key::from(text));
            for below in ["", ":a", ":a:b", ":"] {
                assert!(
                    covers(&targets, &Key::from(format!("{text}{below}"))),
                    "{text:?} {below:?}"
                );
            }
            assert!(!covers(&targets, &"other".into()));
        }
    }

    #[test]
    fn key_that_cannot_be_encoded_is_an_error() {
        struct Failing;
        impl Serialize for Failing {
            fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(S::Error::custom("secret"))
            }
        }
        let mut key = Key::of(&PROFILE);
        key.push(&Failing);
        let error = Pattern::from(key).targets().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Key);
    }

    #[test]
    fn tag_is_matched_as_a_whole() {
        assert_eq!(tag("course:7"), [group("%tag:course:7")]);
        assert_eq!(tag(String::from("a b")), [group("%tag:a%20b")]);
        for text in ["course:*", "*", "co*", ""] {
            let error = Tag::from(text).targets().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Pattern, "{text}");
        }
        assert!(covers(&tag("course:7"), &call(&SEATS, "7")));
        assert!(!covers(&tag("course"), &call(&SEATS, "7")));
    }

    #[test]
    fn debug_shows_no_content() {
        let shown = format!(
            "{:?} {:?} {:?}",
            Pattern::from("token:4711"),
            Pattern::from(Key::from("token:4711")),
            Tag::from("token:4711"),
        );
        assert_eq!(shown, "Pattern { .. } Pattern { .. } Tag { .. }");
    }

    proptest! {
        /// As patterns are written by hand: a text covers the keys whose segments begin with its own.
        #[test]
        fn pattern_covers_exactly_what_begins_with_its_segments(
            segments in prop::collection::vec("[ab*%:]{0,2}", 1..4),
            others in prop::collection::vec("[ab*%:]{0,2}", 1..6),
        ) {
            let targets = pattern(Pattern::from_segments(&segments));
            prop_assert_eq!(covers(&targets, &Key::from_segments(&others)), others.starts_with(&segments));
        }

        /// An argument is covered by what names it, and by no other text.
        #[test]
        fn argument_is_covered_by_itself_only(argument in ".{0,9}", other in ".{0,9}") {
            let (profile, seats) = (call(&PROFILE, &argument), call(&SEATS, &argument));
            let pattern = pattern(Pattern::from_segments(["user", &other]));
            prop_assert_eq!(covers(&pattern, &profile), argument == other);
            let tag = tag(Tag::from_segments(["course", &other]));
            prop_assert_eq!(covers(&tag, &seats), argument == other);
        }
    }
}
