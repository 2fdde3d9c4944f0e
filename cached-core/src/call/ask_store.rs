//! The look-up that waits for the store, and the load that follows from its answer.

use crate::{
    call::{
        load::{Load, LoadPlan, PlannedLoad},
        local::LocalLookup,
        revalidate::{FoundStale, Stale},
    },
    clock,
    codec::Codec,
    engine::{
        Cache,
        backend::Route,
        hit_test::MissReason,
        read::{ReadMiss, ReadOptions, ReadPurpose, read_store},
    },
    key::Key,
    telemetry::observer::Observer,
};

/// A call that has to ask the store: the cache and the observer of its context.
pub(crate) struct AskStore {
    cache: Cache,
    observer: Option<Observer>,
}

impl AskStore {
    pub(super) fn new(cache: &Cache, observer: Option<&Observer>) -> Self {
        Self {
            cache: cache.clone(),
            observer: observer.cloned(),
        }
    }
}

// As in `call`: no `R` is alive across an `await`.
impl<R, T> Codec<R, T> {
    /// Asks the store for the value; returns a load where it has none that counts.
    pub(crate) async fn ask_store(
        &self,
        ask: AskStore,
        key: Key,
        purpose: ReadPurpose,
    ) -> FoundStale<R, T> {
        let AskStore { cache, observer } = ask;
        let began = clock::instant();
        let (function, store) = (key.function(), cache.store().kind());
        let observer = observer.as_ref();
        let options = ReadOptions::new(purpose, observer);
        let planned = match read_store(self, &cache, &key, began, options).await {
            Ok(hit)
                if observer
                    .is_some_and(|observer| !observer.takes(hit.freshness, hit.lifetime)) =>
            {
                cache.count_miss(function, store, MissReason::Absent);
                PlannedLoad::on_primary(LoadPlan::Refresh, observer)
            }
            Ok(hit) => {
                if let Some(observer) = observer {
                    observer.found(self.caller(function), hit.freshness, hit.lifetime);
                }
                let Some(seen) = hit.stale else {
                    cache.count_hit(function, store);
                    return FoundStale::Hit(hit.value);
                };
                cache.count_stale_hit(function, store);
                return FoundStale::Stale(Stale::new(hit.value, cache, key, seen, began));
            }
            Err(ReadMiss::Seen(miss, seen)) => {
                cache.count_miss(function, store, miss);
                PlannedLoad::on_primary(LoadPlan::Share(Some(seen)), observer)
            }
            Err(ReadMiss::Failed(error)) => match cache.route_after_failure(function, error) {
                Route::Primary => {
                    cache.count_miss(function, store, MissReason::Absent);
                    PlannedLoad::on_primary(LoadPlan::Share(None), observer)
                }
                route => match self.look_up_in_outage(&cache, route, None, &key, purpose, observer)
                {
                    LocalLookup::Hit(value) | LocalLookup::Stale(value, ..) => {
                        return FoundStale::Hit(value);
                    }
                    LocalLookup::Miss(_, planned) => planned,
                    LocalLookup::Uncached | LocalLookup::Ask(_) => {
                        PlannedLoad::on_primary(LoadPlan::ReturnOnly, observer)
                    }
                },
            },
        };
        FoundStale::Miss(Load::new(*self, cache, key, planned, began))
    }
}
