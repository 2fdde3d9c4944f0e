//! The runtime of `#[invalidates]`: the targets that an annotated function names, applied after its body.

use crate::{
    engine::{Cache, context, invalidate::PendingInvalidation},
    error::Error,
    key::{Key, function::Function, group, pattern::Pattern, target::Target},
    telemetry::event,
};

/// The targets that an annotated function invalidates.
#[derive(Debug)]
#[must_use]
pub struct Invalidation {
    /// `None`: the cache of the task that prepares it.
    cache: Option<Cache>,
    targets: Vec<Target>,
}

impl Invalidation {
    /// Collects targets in the cache of the task that prepares the invalidation.
    pub fn new() -> Self {
        Self {
            cache: None,
            targets: Vec::new(),
        }
    }

    /// Collects targets in `cache`.
    pub fn new_in(cache: &Cache) -> Self {
        Self {
            cache: Some(cache.clone()),
            targets: Vec::new(),
        }
    }

    /// Adds everything whose key begins like `template` with its components filled in; everything at all if it is
    /// empty.
    pub fn pattern(self, template: &'static str, fill: impl FnOnce(&mut Key)) -> Self {
        let group = group::of_template(template, fill);
        self.with_targets(group.map(|group| vec![Target::Group(group)]))
    }

    /// Adds everything with this tag.
    pub fn tag(self, template: &'static str, fill: impl FnOnce(&mut Key)) -> Self {
        let group = group::of_tag_template(template, fill);
        self.with_targets(group.map(|group| vec![Target::Group(group)]))
    }

    /// Adds one call.
    pub fn call(self, key: Key) -> Self {
        let targets = Pattern::from(key).targets();
        self.with_targets(targets)
    }

    /// Adds all calls of `function`.
    pub fn all(self, function: &'static Function) -> Self {
        let groups = group::of_function(function).into_iter();
        self.with_targets(Ok(groups.map(Target::Group).collect()))
    }

    /// Adds `targets`. An argument that cannot be encoded has no entry anywhere, because a call with it runs uncached:
    /// that is reported, and nothing is added.
    fn with_targets(mut self, targets: Result<Vec<Target>, Error>) -> Self {
        match targets {
            Ok(targets) => self.targets.extend(targets),
            Err(error) => event::uninvalidated(&error),
        }
        self
    }

    /// Makes the invalidation pending: if it is dropped undecided from now on, it is applied.
    pub fn prepare(self) -> Prepared {
        let cache = self.cache.unwrap_or_else(context::current_cache);
        Prepared(cache.prepare_invalidation(self.targets))
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
    /// Adds the targets that the returned value names, if there is one.
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

    /// Applies the invalidation.
    pub async fn apply(self) {
        let _ = self.0.apply().await;
    }

    /// Forgets the invalidation.
    pub fn discard(self) {
        self.0.discard();
    }

    /// Applies the invalidation if it is `wanted`, and forgets it otherwise.
    pub async fn apply_if(self, wanted: bool) {
        if wanted {
            self.apply().await;
        } else {
            self.discard();
        }
    }
}
