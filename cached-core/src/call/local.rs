//! What a call finds in a store inside the process, without waiting.

use std::sync::Arc;

use super::LocalLookup;
use crate::{
    call::load::{LoadPlan, Start},
    codec::erased::Restores,
    engine::{
        Cache,
        backend::Backend,
        hit_test::{self, Accepts, MissReason},
        read::{ReadPurpose, ReadView},
    },
    format::freshness::Freshness,
    key::Key,
    telemetry::observer::{Caller, Observer},
};

/// Where a call looks.
#[derive(Clone, Copy)]
pub(super) struct LookupSite<'a> {
    pub(super) cache: &'a Cache,
    pub(super) backend: &'a Backend,
    /// The same, if it is that of an outage.
    pub(super) fallback: Option<&'a Arc<Backend>>,
}

/// Looks in a store inside the process.
pub(super) fn look_in<C: Restores>(
    codec: &C,
    place: LookupSite<'_>,
    key: &Key,
    asks: ReadPurpose,
    observed: Option<(&Observer, Caller)>,
) -> LocalLookup<C::Restored> {
    let LookupSite { cache, backend, .. } = place;
    let (function, store) = (key.function(), backend.store.kind());
    let (mut found, mut past) = (Err(MissReason::Absent), None);
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
            if age != Freshness::Fresh {
                past = Some(ReadView::past(shared, kept));
            }
        });
    match (looked, found, past) {
        (None, ..) => LocalLookup::Ask(cache.clone()),
        (Some(_), Ok(value), None) => {
            cache.count_hit(function, store);
            LocalLookup::Hit(value)
        }
        (Some(_), Ok(value), Some(seen)) => {
            cache.count_stale_hit(function, store);
            LocalLookup::Stale(value, cache.clone(), seen)
        }
        (Some(_), Err(miss), past) => {
            cache.count_miss(function, store, miss);
            let plan = if is_too_old {
                LoadPlan::Refresh
            } else {
                LoadPlan::Share(Some(past.unwrap_or_else(ReadView::local)))
            };
            let fallback = place.fallback.cloned();
            LocalLookup::Miss(cache.clone(), Start { plan, fallback })
        }
    }
}
