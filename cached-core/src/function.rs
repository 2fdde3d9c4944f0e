//! [`Function`]: what the attribute knows about an annotated function, one static for each.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::age::Windows;
use crate::template::Pieces;
use crate::{group, segment};

/// An annotated function, as its attribute declares it.
pub struct Function {
    declared: Declared,
    interned: OnceLock<Interned>,
    /// Milliseconds from the variable of `ttl_env`; 0 if it is unset.
    ttl_override: AtomicU64,
}

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
    windows: Windows,
    fails_on_outage: bool,
    version: u64,
    id: Option<&'static str>,
    tags: &'static [&'static str],
}

struct Interned {
    number: u32,
    index: u32,
    identity: Vec<u8>,
    /// The readable part of its keys where an `id` stands in for the name.
    pinned: Option<String>,
    marker: Option<String>,
}

/// A function that `install` and the statistics know although it was not called yet.
#[derive(Debug)]
pub struct Registered(pub &'static Function);

inventory::collect!(Registered);

impl Function {
    /// A function called `name`, its module path included.
    ///
    /// `place` is the `type_name` of a `__Place` declared inside the function that holds the static; it
    /// tells apart what `name` cannot: functions nested in two functions, methods of two `impl` blocks.
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
                windows: Windows::NONE,
                fails_on_outage: false,
                version: 0,
                id: None,
                tags: &[],
            },
            interned: OnceLock::new(),
            ttl_override: AtomicU64::new(0),
        }
    }

    /// The trait whose method it is, as written, where the static stands beside the `impl` of the trait.
    #[must_use]
    pub const fn of_trait(mut self, written: &'static str) -> Self {
        self.declared.of_trait = Some(written);
        self
    }

    /// The readable part of its keys; without it, the name.
    ///
    /// In it `{0}` stands for the first component of the key material; text is escaped already.
    #[must_use]
    pub const fn prefix(mut self, template: &'static str) -> Self {
        self.declared.prefix = Some(template);
        self
    }

    /// How long a value is kept; without it, the cache's default.
    #[must_use]
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.declared.ttl = Some(ttl);
        self
    }

    /// The environment variable that overrides the ttl.
    #[must_use]
    pub const fn env(mut self, variable: &'static str) -> Self {
        self.declared.ttl_env = Some(variable);
        self
    }

    /// The random share taken off the ttl, in hundredths of a per cent.
    #[must_use]
    pub const fn jittered(mut self, per_ten_thousand: u16) -> Self {
        self.declared.jitter = per_ten_thousand;
        self
    }

    /// How long a `None` is kept; without it, not at all.
    #[must_use]
    pub const fn keeps_none(mut self, ttl: Duration) -> Self {
        self.declared.none_ttl = Some(ttl);
        self
    }

    /// How long an error is kept; without it, not at all.
    #[must_use]
    pub const fn keeps_errors(mut self, ttl: Duration) -> Self {
        self.declared.error_ttl = Some(ttl);
        self
    }

    /// How long after its ttl a value may stand in for an error of the body.
    #[must_use]
    pub const fn stale_if_error(mut self, window: Duration) -> Self {
        self.declared.windows.if_error = window;
        self
    }

    /// How long after its ttl a value is the answer while it is loaded anew.
    #[must_use]
    pub const fn stale_while_revalidate(mut self, window: Duration) -> Self {
        self.declared.windows.revalidate = window;
        self
    }

    /// Its calls return an error while the store cannot be reached.
    #[must_use]
    pub const fn fails_on_outage(mut self) -> Self {
        self.declared.fails_on_outage = true;
        self
    }

    /// The meaning of its values: values of another version are not found.
    #[must_use]
    pub const fn version(mut self, version: u64) -> Self {
        self.declared.version = version;
        self
    }

    /// Its identity, in place of name and place, and the readable part of its keys if no prefix is given.
    #[must_use]
    pub const fn id(mut self, id: &'static str) -> Self {
        self.declared.id = Some(id);
        self
    }

    /// Groups of its calls besides the beginnings of their keys: templates like a prefix.
    #[must_use]
    pub const fn tags(mut self, templates: &'static [&'static str]) -> Self {
        self.declared.tags = templates;
        self
    }
}

impl Function {
    /// Its name with its module path, for events and statistics.
    pub(crate) fn name(&self) -> &'static str {
        self.declared.name
    }

    /// A number for itself within this process, from 1.
    pub(crate) fn number(&self) -> u32 {
        self.interned().number
    }

    /// A number for its identity and prefix within this process, from 1: two statics whose entries
    /// lie at the same keys share it.
    pub(crate) fn index(&self) -> u32 {
        self.interned().index
    }

    /// What the digest of every key begins with: two functions of one identity share their entries.
    pub(crate) fn identity(&self) -> &[u8] {
        &self.interned().identity
    }

    /// The readable part of a key.
    pub(crate) fn pieces(&'static self) -> Pieces {
        match self.declared.prefix {
            Some(template) => Pieces::written(template),
            None => self.named(),
        }
    }

    /// What the readable part is, or would be, without a prefix.
    pub(crate) fn named(&'static self) -> Pieces {
        Pieces::of_name(match &self.interned().pinned {
            Some(id) => id,
            None => self.declared.name,
        })
    }

    /// Whether an `id` says what it is.
    pub(crate) fn is_pinned(&self) -> bool {
        self.declared.id.is_some()
    }

    /// The templates of its tags.
    pub(crate) fn tag_templates(&self) -> &'static [&'static str] {
        self.declared.tags
    }

    /// The name of the group of all its calls, unless the readable part of its keys is one already.
    pub(crate) fn marker(&self) -> Option<&str> {
        self.interned().marker.as_deref()
    }

    /// Whether the readable part of its keys is the group of all its calls where no prefix is written.
    pub(crate) fn is_named_alone(&self) -> bool {
        self.declared.id.is_some() || self.declared.surroundings().is_empty()
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

    /// How long its values may be served past their ttl.
    pub(crate) fn windows(&self) -> Windows {
        self.declared.windows
    }

    pub(crate) fn does_fail_on_outage(&self) -> bool {
        self.declared.fails_on_outage
    }

    /// The ttl that the environment asks for.
    pub(crate) fn ttl_override(&self) -> Option<Duration> {
        match self.ttl_override.load(Ordering::Relaxed) {
            0 => None,
            milliseconds => Some(Duration::from_millis(milliseconds)),
        }
    }

    /// Zero means none.
    pub(crate) fn set_ttl_override(&self, ttl: Duration) {
        let milliseconds = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
        self.ttl_override.store(milliseconds, Ordering::Relaxed);
    }

    fn interned(&self) -> &Interned {
        static NUMBERS: AtomicU32 = AtomicU32::new(1);
        self.interned.get_or_init(|| {
            let identity = self.declared.identity();
            // Functions of one `id` may have different prefixes.
            let prefix = format!("{:?}", self.declared.prefix);
            Interned {
                number: NUMBERS.fetch_add(1, Ordering::Relaxed),
                index: index_of(&[&identity, prefix.as_bytes()].concat()),
                identity,
                pinned: self.declared.id.map(segments),
                marker: self.declared.marker(),
            }
        })
    }
}

impl Declared {
    /// Every part with its length before it, so that no two lists of parts read alike.
    fn identity(&self) -> Vec<u8> {
        let mut identity = Vec::with_capacity(96);
        let mut part = |bytes: &[u8]| {
            let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            identity.extend_from_slice(&length.to_le_bytes());
            identity.extend_from_slice(bytes);
        };
        if let Some(id) = self.id {
            part(b"id");
            part(id.as_bytes());
        } else {
            part(b"name");
            part(self.name.as_bytes());
            part(self.surroundings().as_bytes());
            if let Some(of) = self.of_trait {
                part(b"of");
                part(of.as_bytes());
            }
        }
        part(&self.version.to_le_bytes());
        // A reader whose groups differ from those of an entry has another key: both keep their own.
        let count = u32::try_from(self.tags.len()).unwrap_or(u32::MAX);
        part(&count.to_le_bytes());
        for template in self.tags {
            part(template.as_bytes());
        }
        identity
    }

    /// Never the version: all versions of a function are one group. An `id` pins this as well.
    fn marker(&self) -> Option<String> {
        let surroundings = match self.id {
            Some(_) => "",
            None => self.surroundings(),
        };
        if self.prefix.is_none() && surroundings.is_empty() {
            return None;
        }
        let mut marker = String::from(group::FUNCTION);
        match self.id {
            Some(id) => marker.push_str(&segments(id)),
            None => marker.push_str(&self.name.replace("::", ":")),
        }
        if !surroundings.is_empty() {
            marker.push(':');
            segment::push(&mut marker, surroundings);
        }
        if let Some(of) = self.of_trait.filter(|_| self.id.is_none()) {
            marker.push(':');
            segment::push(&mut marker, of);
        }
        Some(marker)
    }

    /// What stands around the function besides its module: nothing for a function of a module, the
    /// enclosing functions and the `impl` for others.
    fn surroundings(&self) -> &'static str {
        let place = (self.place)();
        let Some(holder) = place.strip_suffix("::__Place") else {
            return place;
        };
        // `module::profile::__cached` with a companion, `module::profile::{{closure}}` without.
        let body = holder.strip_suffix("::{{closure}}").unwrap_or(holder);
        let function = body.strip_suffix("::__cached").unwrap_or(body);
        let around = function.rsplit_once("::").map_or("", |(around, _)| around);
        let module = self.name.rsplit_once("::").map_or("", |(module, _)| module);
        if around == module { "" } else { around }
    }
}

/// `id` as the beginning of a key from text spells it.
fn segments(id: &str) -> String {
    let mut text = String::new();
    for segment in id.split(':') {
        if !text.is_empty() {
            text.push(':');
        }
        segment::push(&mut text, segment);
    }
    text
}

/// Hands out indices; equal identities get equal ones.
fn index_of(identity: &[u8]) -> u32 {
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
    use crate::template::Piece;

    fn place() -> &'static str {
        "shop::user::profile::__cached::__Place"
    }

    fn around(place: fn() -> &'static str) -> &'static str {
        Function::new("shop::user::profile", place)
            .declared
            .surroundings()
    }

    #[test]
    fn identity_is_pinned() {
        static PROFILE: Function = Function::new("shop::user::profile", place).version(2);
        let expected: &[&[u8]] = &[
            b"\x04\0\0\0name",
            b"\x13\0\0\0shop::user::profile",
            b"\0\0\0\0",
            b"\x08\0\0\0\x02\0\0\0\0\0\0\0",
            b"\x04\0\0\0\0\0\0\0",
        ];
        assert_eq!(PROFILE.identity(), expected.concat());
    }

    #[test]
    fn a_method_of_a_trait_is_no_other_method_of_its_type() {
        let place = || "shop::Users::__cached_find::__Place";
        let inherent = Function::new("shop::find", place);
        let one = Function::new("shop::find", place).of_trait("Find<User>");
        let other = Function::new("shop::find", place).of_trait("Find<Order>");
        assert_ne!(inherent.identity(), one.identity());
        assert_ne!(one.identity(), other.identity());
        assert_ne!(inherent.marker(), one.marker());
        assert_ne!(one.marker(), other.marker());
        let pinned = Function::new("shop::find", place)
            .of_trait("Find")
            .id("find");
        assert_eq!(
            pinned.identity(),
            Function::new("shop::find", place).id("find").identity()
        );
    }

    #[test]
    fn pinned_identity_leaves_the_name_out() {
        static OLD: Function = Function::new("old::profile", place).id("profile");
        static NEW: Function = Function::new("new::profile", place).id("profile");
        static OTHER: Function = Function::new("new::profile", place)
            .id("profile")
            .version(1);
        assert_eq!(
            OLD.identity(),
            b"\x02\0\0\0id\x07\0\0\0profile\x08\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0"
        );
        assert_eq!(OLD.index(), NEW.index());
        assert_ne!(NEW.index(), OTHER.index());
        assert!(OLD.index() > 0);
        assert_ne!(OLD.number(), NEW.number());
    }

    #[test]
    fn tags_are_part_of_the_identity() {
        static UNTAGGED: Function = Function::new("f", || "f::__Place");
        static ONE: Function = Function::new("f", || "f::__Place").tags(&["course:{0}"]);
        static TWO: Function = Function::new("f", || "f::__Place").tags(&["course:{0}", "a"]);
        let untagged = UNTAGGED.identity();
        let (start, none) = untagged.split_at(untagged.len() - 8);
        assert_eq!(none, b"\x04\0\0\0\0\0\0\0");
        let one: &[&[u8]] = &[start, b"\x04\0\0\0\x01\0\0\0", b"\x0a\0\0\0course:{0}"];
        assert_eq!(ONE.identity(), one.concat());
        assert_ne!(TWO.identity(), ONE.identity());
        assert_ne!(TWO.index(), ONE.index());
    }

    #[test]
    fn id_stands_in_for_the_name_in_keys() {
        static OLD: Function = Function::new("old::profile", place).id("shop::pro*file");
        static PREFIXED: Function = Function::new("old::profile", place)
            .id("shop::pro*file")
            .prefix("user");
        assert!(OLD.pieces().eq([Piece::Text("shop:%:pro%2Afile")]));
        assert!(PREFIXED.pieces().eq([Piece::Text("user")]));
        assert_eq!(OLD.identity(), PREFIXED.identity());
        assert_ne!(OLD.index(), PREFIXED.index());
    }

    #[test]
    fn companions_do_not_change_the_identity() {
        assert_eq!(around(|| "shop::user::profile::__cached::__Place"), "");
        assert_eq!(around(|| "shop::user::profile::{{closure}}::__Place"), "");
        assert_eq!(
            around(|| "shop::user::profile_cache::__cached::__Place"),
            ""
        );
        let inside = "shop::user::outer";
        assert_eq!(
            around(|| "shop::user::outer::profile::__cached::__Place"),
            inside
        );
        assert_eq!(
            around(|| "shop::user::outer::profile::{{closure}}::__Place"),
            inside
        );
        let method = "shop::user::Users<_>";
        assert_eq!(
            around(|| "shop::user::Users<_>::__cached_profile::__Place"),
            method
        );
        assert_eq!(
            around(|| "shop::user::Users<_>::profile::{{closure}}::__Place"),
            method
        );
    }

    #[test]
    fn ttl_override_is_read_back() {
        let function = Function::new("f", place).ttl(Duration::from_secs(5));
        assert_eq!(function.ttl_override(), None);
        function.set_ttl_override(Duration::from_secs(60));
        assert_eq!(function.ttl_override(), Some(Duration::from_secs(60)));
        assert_eq!(function.ttl_declared(), Some(Duration::from_secs(5)));
    }
}
