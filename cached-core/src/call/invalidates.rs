//! The runtime of `#[invalidates]`: what an annotated function names, and what becomes of that.

use crate::{
    engine::context,
    engine::{Cache, invalidate::PendingInvalidation},
    error::Error,
    key::{Key, function::Function, group, pattern::Pattern, target::Target},
    telemetry::event,
};

/// What an annotated function invalidates.
#[derive(Debug)]
#[must_use]
pub struct Invalidation {
    /// `None`: that of the task that prepares it.
    cache: Option<Cache>,
    targets: Vec<Target>,
}

impl Invalidation {
    /// In the cache of the task that prepares it.
    pub fn new() -> Self {
        Self {
            cache: None,
            targets: Vec::new(),
        }
    }

    /// In `cache`.
    pub fn new_in(cache: &Cache) -> Self {
        Self {
            cache: Some(cache.clone()),
            targets: Vec::new(),
        }
    }

    /// Everything whose key begins like `template` with its components filled in; everything at all if it
    /// is empty.
    pub fn pattern(self, template: &'static str, fill: impl FnOnce(&mut Key)) -> Self {
        let group = group::of_template(template, fill);
        self.and(group.map(|group| vec![Target::Group(group)]))
    }

    /// Everything with this tag.
    pub fn tag(self, template: &'static str, fill: impl FnOnce(&mut Key)) -> Self {
        let group = group::of_tag_template(template, fill);
        self.and(group.map(|group| vec![Target::Group(group)]))
    }

    /// One call.
    pub fn call(self, key: Key) -> Self {
        let targets = Pattern::from(key).targets();
        self.and(targets)
    }

    /// All calls of `function`.
    pub fn all(self, function: &'static Function) -> Self {
        let groups = group::of_function(function).into_iter();
        self.and(Ok(groups.map(Target::Group).collect()))
    }

    /// An argument that cannot be encoded has no entry anywhere: a call with it runs uncached.
    fn and(mut self, targets: Result<Vec<Target>, Error>) -> Self {
        match targets {
            Ok(targets) => self.targets.extend(targets),
            Err(error) => event::uninvalidated(&error),
        }
        self
    }

    /// Remembered from now on: if it is dropped undecided, it is applied.
    pub fn prepare(self) -> Prepared {
        let cache = self.cache.unwrap_or_else(context::current);
        Prepared(cache.prepare(self.targets))
    }
}

impl Default for Invalidation {
    fn default() -> Self {
        Self::new()
    }
}

/// An invalidation around a body. Dropped undecided, because its caller has gone or the body panicked, it is
/// applied: the body may have written.
#[derive(Debug)]
#[must_use]
pub struct Prepared(PendingInvalidation);

impl Prepared {
    /// Adds what the returned value says, if there is one.
    pub fn and<T>(
        mut self,
        returned: Option<&T>,
        add: impl FnOnce(Invalidation, &T) -> Invalidation,
    ) -> Self {
        if let Some(returned) = returned {
            let more = add(Invalidation::new_in(self.0.cache()), returned);
            self.0.add(more.targets);
        }
        self
    }

    /// Applies it.
    pub async fn apply(self) {
        let _ = self.0.apply().await;
    }

    /// Forgets it.
    pub fn discard(self) {
        self.0.discard();
    }

    /// Applies it if it is `wanted`, and forgets it otherwise.
    pub async fn apply_if(self, wanted: bool) {
        if wanted {
            self.apply().await;
        } else {
            self.discard();
        }
    }
}
