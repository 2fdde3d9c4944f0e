//! [`Key`]: names an entry, by text or by a cached function and its arguments.
//!
//! A function's key is kept as *material*, the canonical bytes of its arguments, which names the entry within this
//! process for a few nanoseconds. Its text, `user:42:profile:<digest>`, is made when a store needs it.

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::Serialize;
use smallvec::SmallVec;

use crate::{
    encoding::{
        canonical::{self, EncodeError, KeyBytes},
        digest::digest,
        escape, hex,
    },
    error::{Error, ErrorKind},
    key::{function::Function, template::Piece},
};

/// The version of everything that decides a key's bytes: encoding, digest, escaping. Part of every digest.
const FORMAT: u8 = 1;

/// How the material of a text key begins; functions count from one.
const TEXT: u32 = 0;

/// Where in the material the components, or the text, begin.
const CONTENT: usize = 4;

/// A text key has no more segments: each beginning is a group, and a read looks at all of them.
pub(crate) const SEGMENTS: usize = 32;

/// Names one entry of a cache.
///
/// A key made from text splits at `:` into segments; its beginnings, `user` and `user:42` of `user:42:avatar`, are its
/// groups, by which it can be invalidated. In a segment `*`, `?`, `[`, `]`, `{`, `}`, `\`, `%`, white space and control
/// characters are escaped as `%2A`, and more than 128 bytes are shortened by a digest, so two different texts never
/// name one entry. From the 32nd segment on, the rest is one digest. Text that a user typed goes through
/// [`Key::from_segments`], where `:` is escaped too.
///
/// The companion `profile::key(42)` of a cached function makes the key of one call. Its text ends with 128 bits of
/// BLAKE3 over the function and every argument.
///
/// The displayed text holds argument values: it is for a store and for people, not for logs. `Debug` shows none.
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
    /// Four bytes of function index, then the components or the escaped text.
    material: KeyBytes,
    fault: Option<KeyFault>,
}

/// Why a call has no usable key; it then runs uncached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyFault {
    /// Which component, counted from one.
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
    /// For text that comes from outside: no segment can pretend to be two, or name another key. No segments at all
    /// are one empty segment.
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
        let mut text = escape(segments);
        if looks_like_a_call(&text) {
            text.push_str(":%");
        }
        let mut key = Self::beginning(None, TEXT);
        key.write(|out| out.append(text.as_bytes()));
        key
    }

    /// The key of a call of `function`, still without arguments.
    #[doc(hidden)]
    #[inline]
    #[must_use]
    pub fn of(function: &'static Function) -> Self {
        Self::beginning(Some(function), function.index())
    }

    #[inline]
    fn beginning(function: Option<&'static Function>, index: u32) -> Self {
        let mut key = Self {
            function,
            material: KeyBytes::new(),
            fault: None,
        };
        key.write(|out| out.append(&index.to_le_bytes()));
        key
    }

    /// Adds an argument. One that cannot be encoded makes the key unusable, and the call runs uncached.
    #[doc(hidden)]
    #[inline]
    pub fn push<T: Serialize + ?Sized>(&mut self, value: &T) {
        self.component(|out| canonical::encode(value, out));
    }

    /// Adds a set: an argument that is the same whatever the order of its `values`.
    #[doc(hidden)]
    pub fn push_set<'a, T: Serialize + 'a>(&mut self, values: impl IntoIterator<Item = &'a T>) {
        self.component(|out| canonical::encode_set(values, out));
    }

    /// Adds the name of a type parameter; no argument is equal to it.
    #[doc(hidden)]
    pub fn push_text(&mut self, name: &'static str) {
        self.component(|out| canonical::encode_type(name, out));
    }

    /// This key, which leaves one behind that names nothing.
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
    fn component(&mut self, write: impl FnOnce(&mut KeyBytes) -> Result<(), EncodeError>) {
        self.write(|out| canonical::measured(out, write));
    }

    #[inline]
    fn write(&mut self, write: impl FnOnce(&mut KeyBytes) -> Result<(), EncodeError>) {
        if self.fault.is_some() {
            return;
        }
        let start = self.material.len();
        if let Err(error) = write(&mut self.material) {
            self.fail(start, error);
        }
    }

    /// What was written from `start` on is no argument.
    #[cold]
    fn fail(&mut self, start: usize, error: EncodeError) {
        self.material.truncate(start);
        let position = components(&self.material).count().saturating_add(1);
        self.fault = Some(KeyFault { position, error });
    }

    /// Why this key must not be used, if it must not.
    pub(crate) fn fault(&self) -> Option<&KeyFault> {
        self.fault.as_ref()
    }

    /// Fails if this key must not be used.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match &self.fault {
            None => Ok(()),
            Some(fault) => Err(Error::new(
                ErrorKind::Key,
                format!("an argument of this key could not be encoded: {fault}"),
            )),
        }
    }

    /// What names the entry within this process.
    #[inline]
    pub(crate) fn local(&self) -> &[u8] {
        &self.material
    }

    /// The function whose call this is; `None` for a key from text.
    pub(crate) fn function(&self) -> Option<&'static Function> {
        self.function
    }

    /// A key that names no entry: it carries components to where [`render`](Self::render) fills them in.
    pub(crate) fn carrier() -> Self {
        Self::beginning(None, TEXT)
    }

    /// Appends what a template reads with the components of this key filled in.
    pub(crate) fn render(&self, out: &mut String, pieces: impl IntoIterator<Item = Piece>) {
        render(out, pieces, self.local());
    }

    /// Appends the segments that its groups are the beginnings of: all of a key from text, all but the
    /// digest of a call's.
    pub(crate) fn push_segments(&self, out: &mut String) {
        push_segments_of(out, self.function, &self.material);
    }

    /// The segments of a key from text as they were written: those of the keys below it begin with them.
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

    /// Whether the readable part of a call's key names every argument: type parameters aside, two calls
    /// that share it are one. A key from text names no call.
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

    /// What names the entry in a shared store, without the namespace.
    pub(crate) fn text(&self) -> String {
        text_of(self.function, &self.material)
    }

    /// Appends what the [`text`](Self::text) has after the segments.
    pub(crate) fn push_digest(&self, out: &mut String, is_alone: bool) {
        push_digest_of(out, self.function, &self.material, is_alone);
    }
}

/// The [`text`](Key::text) of the key whose [`local`](Key::local) bytes these are.
pub(crate) fn text_of(function: impl Into<Option<&'static Function>>, local: &[u8]) -> String {
    let mut text = String::with_capacity(96);
    push_text_of(&mut text, function.into(), local);
    text
}

fn push_text_of(out: &mut String, function: Option<&'static Function>, local: &[u8]) {
    let before = out.len();
    push_segments_of(out, function, local);
    let is_alone = out.len() == before;
    push_digest_of(out, function, local, is_alone);
}

fn push_segments_of(out: &mut String, function: Option<&'static Function>, local: &[u8]) {
    match function {
        Some(function) => render(out, function.prefix_pieces().iter().copied(), local),
        None => out.push_str(&String::from_utf8_lossy(
            local.get(CONTENT..).unwrap_or_default(),
        )),
    }
}

/// A key from text has none.
fn push_digest_of(
    out: &mut String,
    function: Option<&'static Function>,
    local: &[u8],
    is_alone: bool,
) {
    if let Some(function) = function {
        if !is_alone {
            out.push(':');
        }
        hex::push(out, digest_of(function.identity(), local));
    }
}

/// Appends what a template reads with the components of `local` filled in.
fn render(out: &mut String, pieces: impl IntoIterator<Item = Piece>, local: &[u8]) {
    for piece in pieces {
        match piece {
            Piece::Text(piece) => out.push_str(piece),
            Piece::Component(index) => match components(local).nth(index) {
                Some(component) => escape::push_component(out, component),
                None => escape::push(out, ""),
            },
        }
    }
}

/// The digest of a call: over the format version, the function, and every component.
fn digest_of(identity: &[u8], local: &[u8]) -> u128 {
    let components = local.get(CONTENT..).unwrap_or_default();
    let mut buffer: SmallVec<[u8; 512]> = SmallVec::new();
    buffer.push(FORMAT);
    buffer.extend_from_slice(
        &u64::try_from(identity.len())
            .unwrap_or(u64::MAX)
            .to_le_bytes(),
    );
    buffer.extend_from_slice(identity);
    buffer.extend_from_slice(components);
    digest(&buffer)
}

/// The encodings of the arguments, in order. Ends at the first byte that is none.
fn components(local: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = local.get(CONTENT..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (length, content) = rest.split_first_chunk()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (component, after) = content.split_at_checked(length)?;
        rest = after;
        Some(component)
    })
}

/// These segments as a key from text spells them, at most [`SEGMENTS`] of them.
pub(crate) fn escape(segments: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut text = String::new();
    let mut segments = segments.into_iter();
    for segment in segments.by_ref().take(SEGMENTS.saturating_sub(1)) {
        separate(&mut text);
        escape::push(&mut text, segment.as_ref());
    }
    let rest: Vec<_> = segments.collect();
    match rest.as_slice() {
        [] if text.is_empty() => escape::push(&mut text, ""),
        [] => {}
        [last] => {
            separate(&mut text);
            escape::push(&mut text, last.as_ref());
        }
        rest => {
            separate(&mut text);
            escape::push_folded(&mut text, rest);
        }
    }
    text
}

fn separate(text: &mut String) {
    if !text.is_empty() {
        text.push(':');
    }
}

/// Whether `text` ends like the key of a call, in a digest, but for empty segments after it.
///
/// A key from text then gets one more empty segment, so that it never names the entry of a call, whatever its author
/// knows about digests.
fn looks_like_a_call(text: &str) -> bool {
    let mut segments = text.rsplit(':').skip_while(|segment| *segment == "%");
    segments.next().is_some_and(|last| {
        last.len() == 32
            && last
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
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

/// The text under which the entry lies in a store, without the namespace. It holds argument values.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// The function's name and a digest, no argument.
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
pub(crate) mod target;
pub(crate) mod template;
#[cfg(test)]
mod tests;
