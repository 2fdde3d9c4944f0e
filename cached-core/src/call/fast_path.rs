//! The fast path of a call: a hit in memory, with no context around it that changes what calls do, as nearly all are.
//!
//! Whatever is unusual is left to the full look-up, which looks again. There is one copy of this for all functions;
//! only the clone of the value knows the caller's types, and it goes straight to the place that it is returned from.
//! That takes a third of the instructions of the full look-up.

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

/// Takes the value of a hit and returns `true`, if it can: the one part that knows the caller's types.
type Take<'a> = &'a mut dyn FnMut(&Shared) -> bool;

impl<R, T> Codec<R, T> {
    /// Returns the answer of a call that is a hit in memory; `None` leaves the call to [`find`](Self::find).
    #[inline]
    #[must_use]
    pub fn hit(&self, key: &Key) -> Option<R> {
        self.hit_from(None, key)
    }

    /// Takes a hit in `cache`, as [`hit`](Self::hit) does.
    pub(crate) fn hit_in(&self, cache: &Cache, key: &Key) -> Option<R> {
        self.hit_from(Some(cache), key)
    }

    /// Clones the value in its place in the store, without a count of its holders.
    fn hit_from(&self, cache: Option<&Cache>, key: &Key) -> Option<R> {
        let mut found = None;
        take_hit(cache, key, &mut |shared| {
            found = match (shared.outcome, &shared.value) {
                (Outcome::Value, Some(value)) => self.copy(&**value),
                _ => take_none_or_error(self, key, shared),
            };
            found.is_some()
        });
        found
    }
}

/// Takes a hit on `None` or on an error, if this function stores those.
#[cold]
fn take_none_or_error<R, T>(codec: &Codec<R, T>, key: &Key, shared: &Shared) -> Option<R> {
    hit_test::restore_value(codec, Accepts::of(key.function()), shared).ok()
}

fn take_hit(cache: Option<&Cache>, key: &Key, take: Take<'_>) -> bool {
    context::with_cache_if_plain(cache, |cache| take_hit_in(cache, key, take))
}

#[inline]
fn take_hit_in(cache: &Cache, key: &Key, take: Take<'_>) -> bool {
    // A store outside the process is asked by the full look-up alone.
    let Some(local) = cache.local() else {
        return false;
    };
    let is_hit = cache.is_on() && key.fault().is_none() && local.hit(key, take);
    if is_hit {
        cache.count_hit(key.function(), StoreKind::Memory);
    }
    is_hit
}
