//! The look-up that never waits: what a call does as far as it can be known inside the process.

use std::sync::Arc;

use crate::{
    call::{
        ask_store::AskStore,
        load::{LoadPlan, Start},
    },
    codec::{Codec, erased::Restores},
    engine::{
        Cache,
        backend::{Backend, Route},
        context::{ContextRef, Mode},
        hit_test::{self, Accepts, MissReason},
        read::{ReadPurpose, ReadView},
    },
    format::freshness::Freshness,
    key::{Key, function::Function},
    store::LocalStore,
    telemetry::{
        event::StoreKind,
        observer::{Caller, Observer},
    },
};

/// The outcome of a look-up inside the process.
pub(crate) enum LocalLookup<R> {
    Hit(R),
    /// Past its ttl, and to be loaded anew.
    Stale(R, Cache, Box<ReadView>),
    /// Run the body alone, as if there were no cache.
    Uncached,
    Miss(Cache, Start),
    /// The store has to be asked.
    Ask(AskStore),
}

impl<R, T> Codec<R, T> {
    /// Looks `key` up in `cache`, as the context of the task says.
    pub(super) fn look(
        &self,
        cache: &Cache,
        around: ContextRef<'_>,
        key: &Key,
        purpose: ReadPurpose,
    ) -> LocalLookup<R> {
        let function = key.function();
        let observer = around.observer().filter(|_| purpose != ReadPurpose::Peek);
        let uncached = || {
            if let Some(observer) = observer {
                observer.bypassed(self.caller(function));
            }
            LocalLookup::Uncached
        };
        if !cache.is_on() {
            return uncached();
        }
        let mode = around.mode(function, cache);
        if mode == Some(Mode::Bypass) {
            return uncached();
        }
        if key.fault().is_some() {
            cache.count_unkeyable(function);
            return uncached();
        }
        if mode == Some(Mode::Revalidate)
            && let Some(ticket) = around.ticket()
            && ticket.is_for(cache, key)
        {
            return LocalLookup::Miss(
                cache.clone(),
                Start::on_primary(LoadPlan::Revalidate(ticket)),
            );
        }
        match cache.route(function) {
            Route::Primary if mode == Some(Mode::Refresh) => {
                LocalLookup::Miss(cache.clone(), Start::on_primary(LoadPlan::Refresh))
            }
            Route::Primary => self.look_on(cache, cache.primary(), None, key, purpose, observer),
            route => self.look_elsewhere(cache, route, mode, key, purpose, observer),
        }
    }

    pub(super) fn caller(&self, function: Option<&'static Function>) -> Caller {
        Caller {
            function,
            // Not in the codec itself, which every call copies.
            is_response: self.erased().is_response,
        }
    }

    /// Looks where calls go in an outage.
    pub(super) fn look_elsewhere(
        &self,
        cache: &Cache,
        route: Route,
        mode: Option<Mode>,
        key: &Key,
        purpose: ReadPurpose,
        observer: Option<&Observer>,
    ) -> LocalLookup<R> {
        match route {
            Route::Fallback(backend) if mode == Some(Mode::Refresh) => {
                let start = Start {
                    plan: LoadPlan::Refresh,
                    fallback: Some(backend),
                };
                return LocalLookup::Miss(cache.clone(), start);
            }
            Route::Fallback(backend) => {
                return self.look_on(cache, &backend, Some(&backend), key, purpose, observer);
            }
            Route::Unavailable(error) if purpose != ReadPurpose::Peek => {
                if let Some(fail) = self.fails {
                    return LocalLookup::Hit(fail(error));
                }
            }
            Route::Primary | Route::Origin | Route::Unavailable(_) => {}
        }
        cache.count_miss(key.function(), cache.store().kind(), MissReason::Absent);
        let plan = match mode {
            Some(Mode::Refresh) => LoadPlan::Refresh,
            _ => LoadPlan::Alone,
        };
        LocalLookup::Miss(cache.clone(), Start::on_primary(plan))
    }

    /// Looks in `backend`, if it can be looked into at once.
    fn look_on(
        &self,
        cache: &Cache,
        backend: &Backend,
        fallback: Option<&Arc<Backend>>,
        key: &Key,
        purpose: ReadPurpose,
        observer: Option<&Observer>,
    ) -> LocalLookup<R> {
        let Some(local) = backend.local() else {
            return LocalLookup::Ask(AskStore::new(cache, observer));
        };
        let place = LookupSite {
            cache,
            local,
            fallback,
        };
        match observer {
            None => look_in(self, place, key, purpose, None),
            Some(observer) => self.look_observed(place, key, purpose, observer),
        }
    }

    /// By the codec without its types: of code that few calls take there is one.
    #[cold]
    fn look_observed(
        &self,
        place: LookupSite<'_>,
        key: &Key,
        purpose: ReadPurpose,
        observer: &Observer,
    ) -> LocalLookup<R> {
        let seen_by = Some((observer, self.caller(key.function())));
        let alone = || LocalLookup::Miss(place.cache.clone(), Start::on_primary(LoadPlan::Alone));
        match look_in(&self.erased(), place, key, purpose, seen_by) {
            LocalLookup::Hit(shared) => self.take(shared).map_or_else(alone, LocalLookup::Hit),
            LocalLookup::Stale(shared, cache, seen) => match self.take(shared) {
                Some(value) => LocalLookup::Stale(value, cache, seen),
                None => alone(),
            },
            LocalLookup::Uncached => LocalLookup::Uncached,
            LocalLookup::Miss(cache, start) => LocalLookup::Miss(cache, start),
            LocalLookup::Ask(ask) => LocalLookup::Ask(ask),
        }
    }
}

/// The place of a look-up.
#[derive(Clone, Copy)]
struct LookupSite<'a> {
    cache: &'a Cache,
    local: &'a dyn LocalStore,
    /// The backend, if it is that of an outage.
    fallback: Option<&'a Arc<Backend>>,
}

/// Looks in a store inside the process.
fn look_in<C: Restores>(
    codec: &C,
    place: LookupSite<'_>,
    key: &Key,
    purpose: ReadPurpose,
    observed: Option<(&Observer, Caller)>,
) -> LocalLookup<C::Restored> {
    let LookupSite { cache, local, .. } = place;
    let (function, store) = (key.function(), StoreKind::Memory);
    let (mut found, mut past) = (Err(MissReason::Absent), None);
    let mut is_too_old = false;
    let accepts = Accepts::of(function).up_to(purpose.oldest());
    local.look(key, observed.is_some(), &mut |shared, kept| {
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
    match (found, past) {
        (Ok(value), None) => {
            cache.count_hit(function, store);
            LocalLookup::Hit(value)
        }
        (Ok(value), Some(seen)) => {
            cache.count_stale_hit(function, store);
            LocalLookup::Stale(value, cache.clone(), seen)
        }
        (Err(miss), past) => {
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
