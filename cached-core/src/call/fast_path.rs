//! The short way of a call that does what nearly all do: a hit in memory, with nothing around it that changes what
//! calls do.
//!
//! Whatever is unusual is left to the long way, which looks again. There is one copy of this for all functions; what
//! knows the caller's types is the clone of the value, which goes straight to where it is returned from. That is a
//! third of the instructions of the long way.

use crate::{
    codec::{Codec, Shared},
    engine::{
        Cache, context,
        hit_test::{self, Accepts},
    },
    format::entry::Outcome,
    key::Key,
    telemetry::event::StoreKind,
};

/// Takes the value of a hit, if it can. Of the caller's types.
type Take<'a> = &'a mut dyn FnMut(&Shared) -> bool;

impl<R, T> Codec<R, T> {
    /// The answer of a call that is a hit in memory, and nothing else.
    #[inline]
    #[must_use]
    pub fn hit(&self, key: &Key) -> Option<R> {
        self.hit_of(None, key)
    }

    /// As [`hit`](Self::hit), in `cache`.
    pub(crate) fn hit_in(&self, cache: &Cache, key: &Key) -> Option<R> {
        self.hit_of(Some(cache), key)
    }

    /// The value is cloned where it lies, without a count of those who hold it.
    fn hit_of(&self, cache: Option<&Cache>, key: &Key) -> Option<R> {
        let mut found = None;
        find(cache, key, &mut |shared| {
            found = match (shared.outcome, &shared.value) {
                (Outcome::Value, Some(value)) => self.copy(&**value),
                _ => rare(self, key, shared),
            };
            found.is_some()
        });
        found
    }
}

/// A hit on `None` or on an error, if this function takes those.
#[cold]
fn rare<R, T>(codec: &Codec<R, T>, key: &Key, shared: &Shared) -> Option<R> {
    hit_test::typed(codec, Accepts::of(key.function()), shared).ok()
}

fn find(cache: Option<&Cache>, key: &Key, take: Take<'_>) -> bool {
    context::with_usual(cache, |cache| look(cache, key, take))
}

#[inline]
fn look(cache: &Cache, key: &Key, take: Take<'_>) -> bool {
    // A store outside the process is asked by the long way alone.
    let Some(local) = cache.local() else {
        return false;
    };
    let is_hit = cache.is_on() && key.fault().is_none() && local.hit(key, take);
    if is_hit {
        cache.count_hit(key.function(), StoreKind::Memory);
    }
    is_hit
}
