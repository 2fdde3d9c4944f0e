//! The look-up that never waits: it goes as far as this process knows, and may find that the store has to be asked.

use std::sync::Arc;

use crate::{
    call::{
        ask_store::AskStore,
        load::{LoadPlan, PlannedLoad},
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
    /// The body runs as if there were no cache.
    Uncached,
    Miss(Cache, PlannedLoad),
    /// The store has to be asked.
    Ask(AskStore),
}

impl<R, T> Codec<R, T> {
    /// Looks `key` up in `cache`, as the context of the task says.
    pub(super) fn look_up(
        &self,
        cache: &Cache,
        context: ContextRef<'_>,
        key: &Key,
        purpose: ReadPurpose,
    ) -> LocalLookup<R> {
        let function = key.function();
        let observer = context.observer().filter(|_| purpose != ReadPurpose::Peek);
        let uncached = || {
            if let Some(observer) = observer {
                observer.bypassed(self.caller(function));
            }
            LocalLookup::Uncached
        };
        if !cache.is_on() {
            return uncached();
        }
        let mode = context.mode(function, cache);
        if mode == Some(Mode::Bypass) {
            return uncached();
        }
        if key.fault().is_some() {
            cache.count_unkeyable(function);
            return uncached();
        }
        if mode == Some(Mode::Revalidate)
            && let Some(ticket) = context.ticket()
            && ticket.is_for(cache, key)
        {
            return LocalLookup::Miss(
                cache.clone(),
                PlannedLoad::on_primary(LoadPlan::Revalidate(ticket), observer),
            );
        }
        match cache.route(function) {
            Route::Primary if mode == Some(Mode::Refresh) => LocalLookup::Miss(
                cache.clone(),
                PlannedLoad::on_primary(LoadPlan::Refresh, observer),
            ),
            Route::Primary => {
                self.look_up_in_backend(cache, cache.primary(), None, key, purpose, observer)
            }
            route => self.look_up_in_outage(cache, route, mode, key, purpose, observer),
        }
    }

    pub(super) fn caller(&self, function: Option<&'static Function>) -> Caller {
        Caller {
            function,
            // Not in the codec itself, which every call copies.
            is_response: self.erased().is_response,
        }
    }

    /// Looks `key` up on the `route` that calls take in an outage.
    pub(super) fn look_up_in_outage(
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
                let planned = PlannedLoad::new(LoadPlan::Refresh, Some(backend), observer);
                return LocalLookup::Miss(cache.clone(), planned);
            }
            Route::Fallback(backend) => {
                return self.look_up_in_backend(
                    cache,
                    &backend,
                    Some(&backend),
                    key,
                    purpose,
                    observer,
                );
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
            _ => LoadPlan::ReturnOnly,
        };
        LocalLookup::Miss(cache.clone(), PlannedLoad::on_primary(plan, observer))
    }

    /// Looks `key` up in `backend`, if that is inside the process.
    fn look_up_in_backend(
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
        let source = LocalStoreRef {
            cache,
            local,
            fallback,
        };
        match observer {
            None => look_up_local(self, source, key, purpose, None),
            Some(observer) => self.look_up_observed(source, key, purpose, observer),
        }
    }

    /// Looks `key` up for an observer, by the codec without its types: few calls take this code, so it is compiled
    /// once.
    #[cold]
    fn look_up_observed(
        &self,
        source: LocalStoreRef<'_>,
        key: &Key,
        purpose: ReadPurpose,
        observer: &Observer,
    ) -> LocalLookup<R> {
        let seen_by = Some((observer, self.caller(key.function())));
        let alone = || {
            LocalLookup::Miss(
                source.cache.clone(),
                PlannedLoad::on_primary(LoadPlan::ReturnOnly, Some(observer)),
            )
        };
        match look_up_local(&self.erased(), source, key, purpose, seen_by) {
            LocalLookup::Hit(shared) => self.take(shared).map_or_else(alone, LocalLookup::Hit),
            LocalLookup::Stale(shared, cache, seen) => match self.take(shared) {
                Some(value) => LocalLookup::Stale(value, cache, seen),
                None => alone(),
            },
            LocalLookup::Uncached => LocalLookup::Uncached,
            LocalLookup::Miss(cache, planned) => LocalLookup::Miss(cache, planned),
            LocalLookup::Ask(ask) => LocalLookup::Ask(ask),
        }
    }
}

/// A store inside the process, which a look-up can read without waiting.
#[derive(Clone, Copy)]
struct LocalStoreRef<'a> {
    cache: &'a Cache,
    local: &'a dyn LocalStore,
    /// The backend, if it is that of an outage.
    fallback: Option<&'a Arc<Backend>>,
}

/// Looks `key` up in a store inside the process.
fn look_up_local<C: Restores>(
    codec: &C,
    source: LocalStoreRef<'_>,
    key: &Key,
    purpose: ReadPurpose,
    observed: Option<(&Observer, Caller)>,
) -> LocalLookup<C::Restored> {
    let LocalStoreRef { cache, local, .. } = source;
    let (function, store) = (key.function(), StoreKind::Memory);
    let (mut found, mut past) = (Err(MissReason::Absent), None);
    let mut is_too_old = false;
    let accepts = Accepts::of(function).up_to(purpose.oldest());
    local.visit(key, observed.is_some(), &mut |shared, lifetime| {
        let age = accepts.age(lifetime);
        if accepts.takes_age(age) {
            is_too_old = observed.is_some_and(|(observer, _)| !observer.takes(age, lifetime));
            if !is_too_old {
                found = hit_test::restore_value(codec, accepts, shared);
            }
        }
        if let (Some((observer, caller)), Ok(_)) = (observed, &found) {
            observer.found(caller, age, lifetime);
        }
        if age != Freshness::Fresh {
            past = Some(ReadView::stale(shared, lifetime));
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
            let fallback = source.fallback.cloned();
            LocalLookup::Miss(
                cache.clone(),
                PlannedLoad::new(plan, fallback, observed.map(|(observer, _)| observer)),
            )
        }
    }
}
