//! [`Key`]: the name of an entry, made from text or from a cached function and its arguments.
//!
//! A call's key is kept as *material*: the index of its function, and for each argument a *component*, its canonical
//! bytes. Within this process that names the entry, and takes a few nanoseconds. Its text, `user:42:profile:<digest>`,
//! is made when a store needs it.

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::Serialize;

use crate::{
    encoding::canonical::{self, EncodeError, KeyBytes},
    error::{Error, ErrorKind},
    key::{
        function::Function,
        segments::{join_escaped, looks_like_a_call},
        template::Piece,
        text::{components, digest_of},
    },
};

pub(crate) use text::text_of;

/// The index of keys from text; functions count from one.
const TEXT: u32 = 0;

/// The name of one entry of a cache.
///
/// A key made from text splits at `:` into segments; its beginnings, `user` and `user:42` of `user:42:avatar`, are its
/// groups, by which it can be invalidated. In a segment `*`, `?`, `[`, `]`, `{`, `}`, `\`, `%`, white space and control
/// characters are escaped as `%2A`, and more than 128 bytes are shortened by a digest, so two different texts never
/// name one entry. From the 32nd segment on, the rest is one digest. Text that a user typed goes through
/// [`Key::from_segments`], where `:` is escaped too.
///
/// The generated function `profile::key(42)` beside a cached function `profile` makes the key of one call. Its text
/// ends with 128 bits of BLAKE3 over the function and every argument.
///
/// `Display` writes the text, which holds argument values: it is for a store and for people, not for logs. `Debug`
/// shows none.
///
/// # Examples
///
/// ```
/// use cached_core::Key;
///
/// let avatar = Key::from("user:42:avatar");
/// assert_eq!(avatar.to_string(), "user:42:avatar");
///
/// // Text that is no glob cannot become one.
/// assert_eq!(Key::from("search:what? *").to_string(), "search:what%3F%20%2A");
/// ```
#[derive(Clone)]
pub struct Key {
    function: Option<&'static Function>,
    /// Four bytes of index, then the components or the escaped text.
    material: KeyBytes,
    fault: Option<KeyFault>,
}

/// Reason that a call has no usable key; it then runs uncached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyFault {
    /// Number of the component, from one.
    position: usize,
    error: EncodeError,
}

impl fmt::Display for KeyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "key argument {} cannot be encoded: {}",
            self.position, self.error
        )
    }
}

impl std::error::Error for KeyFault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

impl Key {
    /// Makes a key of segments that may hold anything, `:` included.
    ///
    /// It is for text that comes from outside: no segment can pretend to be two, or name another key. No segments at
    /// all are one empty segment.
    ///
    /// # Examples
    ///
    /// ```
    /// use cached_core::Key;
    ///
    /// let typed = "42:avatar";
    /// let key = Key::from_segments(["user", typed]);
    /// assert_eq!(key.to_string(), "user:42%3Aavatar");
    /// assert_ne!(key, Key::from("user:42:avatar"));
    /// ```
    pub fn from_segments(segments: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut text = join_escaped(segments);
        if looks_like_a_call(&text) {
            text.push_str(":%");
        }
        let mut key = Self::with_index(None, TEXT);
        key.write(|out| out.append(text.as_bytes()));
        key
    }

    /// Makes the key of a call of `function`, still without arguments.
    #[doc(hidden)]
    #[inline]
    #[must_use]
    pub fn of(function: &'static Function) -> Self {
        Self::with_index(Some(function), function.index())
    }

    /// Makes a key that has only its index yet.
    #[inline]
    fn with_index(function: Option<&'static Function>, index: u32) -> Self {
        let mut key = Self {
            function,
            material: KeyBytes::new(),
            fault: None,
        };
        key.write(|out| out.append(&index.to_le_bytes()));
        key
    }

    /// Adds an argument. If it cannot be encoded, the key becomes unusable, and the call runs uncached.
    #[doc(hidden)]
    #[inline]
    pub fn push<T: Serialize + ?Sized>(&mut self, value: &T) {
        self.write_component(|out| canonical::encode(value, out));
    }

    /// Adds a set, which is the same argument whatever the order of its `values`.
    #[doc(hidden)]
    pub fn push_set<'a, T: Serialize + 'a>(&mut self, values: impl IntoIterator<Item = &'a T>) {
        self.write_component(|out| canonical::encode_set(values, out));
    }

    /// Adds the name of a type parameter; no argument is equal to it.
    #[doc(hidden)]
    pub fn push_type_name(&mut self, name: &'static str) {
        self.write_component(|out| canonical::encode_type(name, out));
    }

    /// Takes this key, and leaves one behind that names nothing.
    pub(crate) fn take(&mut self) -> Self {
        std::mem::replace(
            self,
            Self {
                function: None,
                material: KeyBytes::new(),
                fault: None,
            },
        )
    }

    #[inline]
    fn write_component(&mut self, write: impl FnOnce(&mut KeyBytes) -> Result<(), EncodeError>) {
        self.write(|out| canonical::append_with_length(out, write));
    }

    /// Appends all that `write` does, unless the key is unusable; if `write` fails, it becomes so.
    #[inline]
    fn write(&mut self, write: impl FnOnce(&mut KeyBytes) -> Result<(), EncodeError>) {
        if self.fault.is_some() {
            return;
        }
        let start = self.material.len();
        if let Err(error) = write(&mut self.material) {
            self.mark_unusable(start, error);
        }
    }

    /// Drops the bytes from `start` on, which are no argument, and keeps the reason.
    #[cold]
    fn mark_unusable(&mut self, start: usize, error: EncodeError) {
        self.material.truncate(start);
        let position = components(&self.material).count().saturating_add(1);
        self.fault = Some(KeyFault { position, error });
    }

    /// Returns the reason that this key must not be used, if there is one.
    pub(crate) fn fault(&self) -> Option<&KeyFault> {
        self.fault.as_ref()
    }

    /// Checks that this key can be used.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Key`] if an argument could not be encoded.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match &self.fault {
            None => Ok(()),
            Some(fault) => Err(Error::new(
                ErrorKind::Key,
                format!("an argument of this key could not be encoded: {fault}"),
            )),
        }
    }

    /// Returns the bytes that name the entry within this process.
    #[inline]
    pub(crate) fn local(&self) -> &[u8] {
        &self.material
    }

    /// Returns the function whose call this is; `None` for a key from text.
    pub(crate) fn function(&self) -> Option<&'static Function> {
        self.function
    }

    /// Makes a key that names no entry, and only holds components for [`render`](Self::render) to fill in.
    pub(crate) fn of_components() -> Self {
        Self::with_index(None, TEXT)
    }

    /// Appends a template, with the components of this key filled in.
    pub(crate) fn render(&self, out: &mut String, pieces: impl IntoIterator<Item = Piece>) {
        text::render_template(out, pieces, self.local());
    }

    /// Appends the segments whose beginnings are its groups: all of a key from text, all but the digest of a call's.
    pub(crate) fn push_segments(&self, out: &mut String) {
        text::push_segments(out, self.function, &self.material);
    }

    /// Returns the segments of a key from text as they were written: those of the keys below it begin with them.
    pub(crate) fn written_segments(&self) -> String {
        let mut text = String::new();
        self.push_segments(&mut text);
        if let Some(written) = text.strip_suffix(":%")
            && looks_like_a_call(written)
        {
            text.truncate(written.len());
        }
        text
    }

    /// Returns `true` if the readable part of a call's key names every argument: type parameters aside, two calls that
    /// share it are one. A key from text names no call.
    pub(crate) fn names_every_argument(&self) -> bool {
        self.function.is_some_and(|function| {
            components(self.local())
                .enumerate()
                .filter(|(_, component)| !canonical::is_type(component))
                .all(|(index, _)| {
                    function
                        .pieces()
                        .any(|piece| piece == Piece::Component(index))
                })
        })
    }

    /// Returns the text that names the entry in a shared store, without the namespace.
    pub(crate) fn text(&self) -> String {
        text_of(self.function, &self.material)
    }

    /// Appends the part of the [`text`](Self::text) after the segments.
    pub(crate) fn push_digest(&self, out: &mut String, is_alone: bool) {
        text::push_digest(out, self.function, &self.material, is_alone);
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::from_segments(text.split(':'))
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&String> for Key {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&Key> for Key {
    fn from(key: &Key) -> Self {
        key.clone()
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.local() == other.local() && self.fault == other.fault
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.local().hash(state);
    }
}

/// Writes the text under which the entry lies in a store, without the namespace. It holds argument values.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// Shows the function's name and a digest, but no argument.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let identity = self.function.map(Function::identity).unwrap_or_default();
        f.debug_struct("Key")
            .field("function", &self.function.map(Function::name))
            .field(
                "digest",
                &format_args!("{:032x}", digest_of(identity, self.local())),
            )
            .finish_non_exhaustive()
    }
}

pub(crate) mod argument;
pub(crate) mod function;
pub(crate) mod group;
pub(crate) mod pattern;
pub(crate) mod registry;
mod segments;
pub(crate) mod target;
pub(crate) mod template;
#[cfg(test)]
mod tests;
mod text;
