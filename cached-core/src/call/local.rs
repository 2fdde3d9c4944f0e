//! What a call finds in a store inside the process, without waiting.

use std::sync::Arc;

use super::Looked;
use crate::{
    call::load::{Plan, Start},
    codec::erased::Takes,
    engine::{
        Cache,
        backend::Backend,
        hit_test::{self, Accepts, Miss},
        read::{Asks, Seen},
    },
    format::freshness::Age,
    key::Key,
    telemetry::observer::{Caller, Observer},
};

/// Where a call looks.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) cache: &'a Cache,
    pub(super) backend: &'a Backend,
    /// The same, if it is that of an outage.
    pub(super) emergency: Option<&'a Arc<Backend>>,
}

/// Looks in a store inside the process.
pub(super) fn look_in<C: Takes>(
    codec: &C,
    place: Place<'_>,
    key: &Key,
    asks: Asks,
    observed: Option<(&Observer, Caller)>,
) -> Looked<C::Taken> {
    let Place { cache, backend, .. } = place;
    let (function, store) = (key.function(), backend.store.kind());
    let (mut found, mut past) = (Err(Miss::Absent), None);
    let mut is_too_old = false;
    let accepts = Accepts::of(function).up_to(asks.oldest());
    let looked = backend
        .store
        .look(key, observed.is_some(), &mut |shared, kept| {
            let age = accepts.age(kept);
            if accepts.takes_age(age) {
                is_too_old = observed.is_some_and(|(observer, _)| !observer.takes(age, kept));
                if !is_too_old {
                    found = hit_test::typed(codec, accepts, shared);
                }
            }
            if let (Some((observer, caller)), Ok(_)) = (observed, &found) {
                observer.found(caller, age, kept);
            }
            if age != Age::Fresh {
                past = Some(Seen::past(shared, kept));
            }
        });
    match (looked, found, past) {
        (None, ..) => Looked::Ask(cache.clone()),
        (Some(_), Ok(value), None) => {
            cache.count_hit(function, store);
            Looked::Hit(value)
        }
        (Some(_), Ok(value), Some(seen)) => {
            cache.count_stale_hit(function, store);
            Looked::Stale(value, cache.clone(), seen)
        }
        (Some(_), Err(miss), past) => {
            cache.count_miss(function, store, miss);
            let plan = if is_too_old {
                Plan::Refresh
            } else {
                Plan::Share(Some(past.unwrap_or_else(Seen::local)))
            };
            let emergency = place.emergency.cloned();
            Looked::Miss(cache.clone(), Start { plan, emergency })
        }
    }
}
