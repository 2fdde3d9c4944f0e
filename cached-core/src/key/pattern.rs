//! [`Pattern`] and [`Tag`]: the entries that an invalidation covers, by their keys or by a label.

use std::fmt;

use crate::{
    error::{Error, ErrorKind},
    key::{
        Key, group,
        segments::{self, MAX_SEGMENTS},
        target::Target,
    },
};

/// The argument of [`Cache::invalidate`](crate::Cache::invalidate): a beginning of keys, in whole segments, or one key.
///
/// | written | covers |
/// |---|---|
/// | `"user:42"`, `"user:42:*"` | the key `user:42` and every key below it: calls whose prefix begins so, keys from text |
/// | `"*"` | everything in the namespace, like [`Cache::clear`](crate::Cache::clear) |
/// | `profile::key(42)` | this call; in all its versions if the prefix names every argument |
/// | `Key::from("user:42")` | like its text |
///
/// A segment of a pattern is escaped like one of a [`Key`]: nothing but a final `:*` is a wildcard. A `*` anywhere
/// else is an [`ErrorKind::Pattern`] when the pattern is used, and so is empty text. Keys that do not begin alike can
/// share a [`Tag`]. From the 32nd segment on a key has no beginnings, so a pattern that long covers
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
pub struct Pattern(PatternKind);

#[derive(Clone)]
enum PatternKind {
    /// Everything in the namespace.
    Everything,
    /// Keys that begin with these escaped segments.
    Beginning(String),
    /// One key, and the keys below it if it is from text.
    Key(Box<Key>),
    /// None, because it cannot be used.
    Invalid(Mistake),
}

/// The argument of [`Cache::invalidate_tag`](crate::Cache::invalidate_tag): a tag as `tags = ["course:{course}"]`
/// writes it, filled in.
///
/// A tag is matched as a whole; a `*` in it is an [`ErrorKind::Pattern`] when it is used. Text that a user typed goes
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

/// Reason that a pattern or a tag cannot be used.
#[derive(Clone, Copy)]
enum Mistake {
    PatternIsEmpty,
    PatternHasWildcard,
    PatternIsTooLong,
    TagIsEmpty,
    TagHasWildcard,
}

impl Mistake {
    /// Makes the error, which says nothing of the text: a user may have typed it.
    fn to_error(self) -> Error {
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
    /// Makes a pattern of keys that begin with these segments, which may hold anything: no `:` in them separates, no
    /// `*` is a wildcard.
    ///
    /// No segments at all are one empty segment, as in [`Key::from_segments`].
    pub fn from_segments(segments: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        Self(PatternKind::Beginning(segments::join_escaped(segments)))
    }

    /// Returns the markers and the entry that have to be deleted.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Pattern`] if it was written wrong, [`ErrorKind::Key`] if it is a key that cannot be encoded.
    pub(crate) fn targets(&self) -> Result<Vec<Target>, Error> {
        Ok(match &self.0 {
            PatternKind::Everything => vec![Target::Group(group::NAMESPACE.to_owned())],
            PatternKind::Beginning(segments) => vec![Target::Group(group::of_prefix(segments))],
            PatternKind::Key(key) => {
                key.check()?;
                let group = match key.function() {
                    Some(_) => group::of_call(key),
                    None => Some(group::of_prefix(&key.written_segments())),
                };
                // The group decides; the entry is deleted after it to free its memory.
                group
                    .map(Target::Group)
                    .into_iter()
                    .chain([Target::Entry((**key).clone())])
                    .collect()
            }
            PatternKind::Invalid(mistake) => return Err(mistake.to_error()),
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
            "*" if !has_wildcard => PatternKind::Everything,
            "" => PatternKind::Invalid(Mistake::PatternIsEmpty),
            _ if segments.contains('*') => PatternKind::Invalid(Mistake::PatternHasWildcard),
            _ if has_wildcard && segments.split(':').count() >= MAX_SEGMENTS => {
                PatternKind::Invalid(Mistake::PatternIsTooLong)
            }
            _ => PatternKind::Beginning(segments::join_escaped(segments.split(':'))),
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
        Self(PatternKind::Key(Box::new(key)))
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
    /// Makes a tag of these segments, which may hold anything: no `:` in them separates, no `*` is a wildcard.
    pub fn from_segments(segments: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        Self(Ok(segments::join_escaped(segments)))
    }

    /// Returns the marker that has to be deleted.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Pattern`] if it was written wrong.
    pub(crate) fn targets(&self) -> Result<Vec<Target>, Error> {
        match &self.0 {
            Ok(tag) => Ok(vec![Target::Group(group::of_tag(tag))]),
            Err(mistake) => Err(mistake.to_error()),
        }
    }
}

impl From<&str> for Tag {
    fn from(text: &str) -> Self {
        Self(match text {
            "" => Err(Mistake::TagIsEmpty),
            _ if text.contains('*') => Err(Mistake::TagHasWildcard),
            _ => Ok(segments::join_escaped(text.split(':'))),
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
mod tests;
