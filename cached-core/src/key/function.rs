//! [`Function`]: all that the attribute knows about an annotated function, in one static for each.

mod identity;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use self::identity::escape_id;
use crate::{
    format::freshness::StaleWindows,
    key::template::{Piece, Pieces},
};

/// An annotated function, as its attribute declares it.
pub struct Function {
    declared: Declared,
    interned: OnceLock<Interned>,
    templates: OnceLock<Templates>,
    /// Milliseconds from the variable that `ttl_env` names; 0 if it is unset.
    ttl_override: AtomicU64,
}

/// The arguments of the attribute.
#[derive(Clone, Copy)]
struct Declared {
    name: &'static str,
    place: fn() -> &'static str,
    of_trait: Option<&'static str>,
    prefix: Option<&'static str>,
    ttl: Option<Duration>,
    ttl_env: Option<&'static str>,
    jitter: u16,
    none_ttl: Option<Duration>,
    error_ttl: Option<Duration>,
    windows: StaleWindows,
    fails_on_outage: bool,
    version: u64,
    id: Option<&'static str>,
    tags: &'static [&'static str],
}

/// Names and numbers that are made at first use.
struct Interned {
    number: u32,
    index: u32,
    identity: Vec<u8>,
    /// The readable part of its keys if an `id` stands in for the name.
    pinned: Option<String>,
    marker: Option<String>,
}

/// Its templates, split once: every hit on Redis fills them in, which takes half the time so.
struct Templates {
    prefix: Box<[Piece]>,
    tags: Box<[Box<[Piece]>]>,
}

impl Function {
    /// Declares a function called `name`, its module path included.
    ///
    /// `place` is the `type_name` of a `__Place` declared inside the function that holds the static; it tells apart
    /// what `name` cannot: functions nested in two functions, methods of two `impl` blocks.
    #[must_use]
    pub const fn new(name: &'static str, place: fn() -> &'static str) -> Self {
        Self {
            declared: Declared {
                name,
                place,
                of_trait: None,
                prefix: None,
                ttl: None,
                ttl_env: None,
                jitter: 0,
                none_ttl: None,
                error_ttl: None,
                windows: StaleWindows::NONE,
                fails_on_outage: false,
                version: 0,
                id: None,
                tags: &[],
            },
            interned: OnceLock::new(),
            templates: OnceLock::new(),
            ttl_override: AtomicU64::new(0),
        }
    }

    /// Sets the trait whose method it is, as written, where the static stands beside the `impl` of the trait.
    #[must_use]
    pub const fn of_trait(mut self, written: &'static str) -> Self {
        self.declared.of_trait = Some(written);
        self
    }

    /// Sets the readable part of its keys; without it, that is the name.
    ///
    /// In it `{0}` stands for the first component of the key material; text is escaped already.
    #[must_use]
    pub const fn prefix(mut self, template: &'static str) -> Self {
        self.declared.prefix = Some(template);
        self
    }

    /// Sets the time for which a value is fresh; without it, that is the cache's default.
    #[must_use]
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.declared.ttl = Some(ttl);
        self
    }

    /// Sets the environment variable that overrides the ttl.
    #[must_use]
    pub const fn env(mut self, variable: &'static str) -> Self {
        self.declared.ttl_env = Some(variable);
        self
    }

    /// Sets the random share that is taken off the ttl, in hundredths of a per cent.
    #[must_use]
    pub const fn jittered(mut self, per_ten_thousand: u16) -> Self {
        self.declared.jitter = per_ten_thousand;
        self
    }

    /// Stores each `None` for this time; without it, none is stored.
    #[must_use]
    pub const fn keeps_none(mut self, ttl: Duration) -> Self {
        self.declared.none_ttl = Some(ttl);
        self
    }

    /// Stores each error for this time; without it, none is stored.
    #[must_use]
    pub const fn keeps_errors(mut self, ttl: Duration) -> Self {
        self.declared.error_ttl = Some(ttl);
        self
    }

    /// Sets the time after its ttl for which a value may stand in for an error of the body (RFC 5861).
    #[must_use]
    pub const fn stale_if_error(mut self, window: Duration) -> Self {
        self.declared.windows.if_error = window;
        self
    }

    /// Sets the time after its ttl for which a value is the answer while it is loaded anew (RFC 5861).
    #[must_use]
    pub const fn stale_while_revalidate(mut self, window: Duration) -> Self {
        self.declared.windows.revalidate = window;
        self
    }

    /// Makes its calls return an error while the store cannot be reached.
    #[must_use]
    pub const fn fails_on_outage(mut self) -> Self {
        self.declared.fails_on_outage = true;
        self
    }

    /// Sets the version of its values: values of another version are not found.
    #[must_use]
    pub const fn version(mut self, version: u64) -> Self {
        self.declared.version = version;
        self
    }

    /// Sets its identity, in place of name and place, and the readable part of its keys if no prefix is given.
    #[must_use]
    pub const fn id(mut self, id: &'static str) -> Self {
        self.declared.id = Some(id);
        self
    }

    /// Sets the tags of its calls, groups besides the beginnings of their keys: templates like a prefix.
    #[must_use]
    pub const fn tags(mut self, templates: &'static [&'static str]) -> Self {
        self.declared.tags = templates;
        self
    }
}

impl Function {
    /// Returns its name with its module path, for events and statistics.
    pub(crate) fn name(&self) -> &'static str {
        self.declared.name
    }

    /// Returns a number of its own within this process, from 1.
    #[inline]
    pub(crate) fn number(&self) -> u32 {
        self.interned().number
    }

    /// Returns a number for its identity and prefix within this process, from 1: two statics whose entries lie at the
    /// same keys share it.
    #[inline]
    pub(crate) fn index(&self) -> u32 {
        self.interned().index
    }

    /// Returns the bytes with which the digest of every key begins: two functions of one identity share their entries.
    pub(crate) fn identity(&self) -> &[u8] {
        &self.interned().identity
    }

    /// Returns the pieces of the readable part of its keys.
    pub(crate) fn pieces(&'static self) -> Pieces {
        match self.declared.prefix {
            Some(template) => Pieces::written(template),
            None => self.name_pieces(),
        }
    }

    /// Returns the pieces that the readable part has, or would have, without a prefix.
    pub(crate) fn name_pieces(&'static self) -> Pieces {
        Pieces::of_name(match &self.interned().pinned {
            Some(id) => id,
            None => self.declared.name,
        })
    }

    /// Returns `true` if an `id` pins its identity.
    pub(crate) fn is_pinned(&self) -> bool {
        self.declared.id.is_some()
    }

    /// Returns the templates of its tags.
    pub(crate) fn tag_templates(&self) -> &'static [&'static str] {
        self.declared.tags
    }

    /// Returns the pieces of the readable part of its keys, split before.
    pub(crate) fn prefix_pieces(&'static self) -> &'static [Piece] {
        &self.templates().prefix
    }

    /// Returns the pieces of each tag, split before.
    pub(crate) fn tag_pieces(&'static self) -> &'static [Box<[Piece]>] {
        &self.templates().tags
    }

    fn templates(&'static self) -> &'static Templates {
        self.templates.get_or_init(|| Templates {
            prefix: self.pieces().collect(),
            tags: self
                .tag_templates()
                .iter()
                .map(|tag| Pieces::written(tag).collect())
                .collect(),
        })
    }

    /// Returns the name of the group of all its calls, unless the readable part of its keys is one already.
    pub(crate) fn marker(&self) -> Option<&str> {
        self.interned().marker.as_deref()
    }

    /// Returns `true` if the readable part of its keys would be the group of all its calls without a prefix.
    pub(crate) fn has_name_group(&self) -> bool {
        self.declared.id.is_some() || self.declared.enclosing().is_empty()
    }

    pub(crate) fn ttl_declared(&self) -> Option<Duration> {
        self.declared.ttl
    }

    pub(crate) fn ttl_env(&self) -> Option<&'static str> {
        self.declared.ttl_env
    }

    pub(crate) fn jitter(&self) -> u16 {
        self.declared.jitter
    }

    pub(crate) fn none_ttl(&self) -> Option<Duration> {
        self.declared.none_ttl
    }

    pub(crate) fn error_ttl(&self) -> Option<Duration> {
        self.declared.error_ttl
    }

    /// Returns the times after their ttl for which its values may be served.
    pub(crate) fn windows(&self) -> StaleWindows {
        self.declared.windows
    }

    pub(crate) fn does_fail_on_outage(&self) -> bool {
        self.declared.fails_on_outage
    }

    /// Returns the ttl that the environment sets.
    pub(crate) fn ttl_override(&self) -> Option<Duration> {
        match self.ttl_override.load(Ordering::Relaxed) {
            0 => None,
            milliseconds => Some(Duration::from_millis(milliseconds)),
        }
    }

    /// Sets the ttl of the environment; zero means none.
    pub(crate) fn set_ttl_override(&self, ttl: Duration) {
        let milliseconds = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
        self.ttl_override.store(milliseconds, Ordering::Relaxed);
    }

    #[inline]
    fn interned(&self) -> &Interned {
        self.interned.get_or_init(|| self.intern())
    }

    #[cold]
    fn intern(&self) -> Interned {
        static NUMBERS: AtomicU32 = AtomicU32::new(1);
        let identity = self.declared.identity();
        // Functions of one `id` may have different prefixes.
        let prefix = format!("{:?}", self.declared.prefix);
        Interned {
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
            index: intern_index(&[&identity, prefix.as_bytes()].concat()),
            identity,
            pinned: self.declared.id.map(escape_id),
            marker: self.declared.marker(),
        }
    }
}

/// Returns the index of `identity`, the same for equal ones.
fn intern_index(identity: &[u8]) -> u32 {
    static INDICES: Mutex<Option<HashMap<Vec<u8>, u32>>> = Mutex::new(None);
    let mut indices = INDICES.lock().unwrap_or_else(PoisonError::into_inner);
    let indices = indices.get_or_insert_with(HashMap::new);
    let next = u32::try_from(indices.len())
        .unwrap_or(u32::MAX)
        .saturating_add(1);
    *indices.entry(identity.to_vec()).or_insert(next)
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function")
            .field("name", &self.declared.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ttl_override_is_read_back() {
        let function = Function::new("f", || "f::__Place").ttl(Duration::from_secs(5));
        assert_eq!(function.ttl_override(), None);
        function.set_ttl_override(Duration::from_secs(60));
        assert_eq!(function.ttl_override(), Some(Duration::from_secs(60)));
        assert_eq!(function.ttl_declared(), Some(Duration::from_secs(5)));
    }
}
