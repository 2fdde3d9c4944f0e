//! The short way of a call that does what nearly all do: a hit in memory, with nothing around it that changes what
//! calls do.
//!
//! Whatever is unusual is left to the long way, which looks again. There is one copy of this for all functions; what
//! knows the caller's types is the clone of the value, which goes straight to where it is returned from. That is a
//! third of the instructions of the long way.

use crate::{
    codec::{Codec, Shared, shape::Shape},
    engine::{
        Cache, context,
        hit_test::{self, Accepts},
    },
    format::entry::Outcome,
    key::Key,
    store::Kind,
};

/// Takes the value of a hit, if it can. Of the caller's types.
type Take<'a> = &'a mut dyn FnMut(&Shared) -> bool;

/// The answer of a call that is a hit in memory: in `cache`, or in the one of its task.
///
/// The value is cloned where it lies, without a count of those who hold it.
pub(crate) fn hit<R, T, E, S>(codec: &Codec<R, T>, cache: Option<&Cache>, key: &Key) -> Option<R>
where
    S: Shape<R, T, E>,
    T: Clone + 'static,
{
    let mut found = None;
    find(cache, key, &mut |shared| {
        found = match (shared.outcome, &shared.value) {
            (Outcome::Value, Some(value)) => value.downcast_ref().cloned().map(S::value),
            _ => rare(codec, key, shared),
        };
        found.is_some()
    });
    found
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
    let is_hit = cache.is_on()
        && !cache.is_in_outage()
        && key.fault().is_none()
        && cache.store().hit(key, take);
    if is_hit {
        // What hits without waiting is inside the process.
        cache.count_hit(key.function(), Kind::Memory);
    }
    is_hit
}
