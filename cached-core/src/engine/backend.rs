//! [`Backend`]: where calls look and store, usually or in an outage.

use std::{
    mem,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use super::Cache;
use crate::{
    codec::erased::Restores,
    coherence::epochs::Epochs,
    config::{Config, outage::Outage},
    engine::hit_test::{self, Accepts},
    error::Error,
    format::freshness::Freshness,
    key::{Key, function::Function},
    single_flight::Flights,
    store::{LocalStore, Store, breaker::OutageId, memory::MemoryStore},
};

/// A store, and the loads that are shared on the way to it.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) store: Arc<dyn Store>,
    /// The same store, if it is inside the process.
    pub(crate) local: Option<Arc<dyn LocalStore>>,
    pub(crate) flights: Flights,
    /// How old anything in it may become, if that is limited.
    pub(crate) oldest: Option<Duration>,
}

/// The backend of the outage that goes on, if any call has asked for one.
///
/// It belongs to one outage: what another process invalidates in that time is not known here, so nothing
/// in it may outlive it.
#[derive(Debug, Default)]
pub(super) struct Fallback(RwLock<Place>);

#[derive(Debug, Default)]
struct Place {
    /// Which outage the backend is of; without one, which was the last that ended.
    of: Option<OutageId>,
    backend: Option<Arc<Backend>>,
}

impl Fallback {
    fn of(&self, outage: OutageId, make: impl FnOnce() -> Backend) -> Arc<Backend> {
        let found = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(backend) = found.backend_of(outage) {
            return backend;
        }
        drop(found);
        let mut place = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(backend) = place.backend_of(outage) {
            return backend;
        }
        let backend = Arc::new(make());
        if place.of >= Some(outage) {
            // A call that was held up: its outage is over.
            return backend;
        }
        let old = mem::replace(
            &mut *place,
            Place {
                of: Some(outage),
                backend: Some(Arc::clone(&backend)),
            },
        );
        // The values in it may have a `Drop` of their own.
        drop(place);
        drop(old);
        backend
    }

    fn current(&self) -> Option<Arc<Backend>> {
        let place = self.0.read().unwrap_or_else(PoisonError::into_inner);
        place.backend.clone()
    }

    pub(super) fn end(&self, outage: OutageId) {
        let mut place = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if place.of > Some(outage) {
            return;
        }
        place.of = Some(outage);
        let old = place.backend.take();
        drop(place);
        drop(old);
    }
}

impl Place {
    fn backend_of(&self, outage: OutageId) -> Option<Arc<Backend>> {
        self.backend.clone().filter(|_| self.of == Some(outage))
    }
}

/// Where a call goes that begins now.
pub(crate) enum Route {
    Primary,
    Fallback(Arc<Backend>),
    /// To its body, and nowhere else.
    Origin,
    /// Back to its caller, if it can.
    Unavailable(Error),
}

impl Cache {
    pub(crate) fn primary(&self) -> &Backend {
        &self.0.primary
    }

    pub(crate) fn is_in_outage(&self) -> bool {
        self.0.breaker.outage().is_some()
    }

    /// How many entries this process keeps in the place of the store that is away.
    pub(crate) async fn fallback_entries(&self) -> Option<u64> {
        if self.local().is_some() || self.0.config.outage != Outage::Memory {
            return None;
        }
        let backend = self.0.fallback.current().filter(|_| self.is_in_outage());
        match backend {
            Some(backend) => backend.store.server_info().await.ok()?.keys,
            None => Some(0),
        }
    }

    pub(crate) fn route(&self, function: Option<&'static Function>) -> Route {
        let Some(outage) = self.0.breaker.outage() else {
            return Route::Primary;
        };
        self.probe_store();
        if self.is_failing(function) {
            return Route::Unavailable(self.0.breaker.refusal());
        }
        if self.0.config.outage != Outage::Memory {
            return Route::Origin;
        }
        let config = &self.0.config;
        let make = || Backend::in_memory(config, self.epochs(), Some(config.outage_ttl));
        Route::Fallback(self.0.fallback.of(outage, make))
    }

    /// Where a call goes whose read has failed. A single failure opens nothing: what this process has loaded
    /// itself may have been invalidated by another.
    pub(crate) fn route_after(&self, function: Option<&'static Function>, error: Error) -> Route {
        match self.route(function) {
            Route::Primary if self.is_failing(function) => Route::Unavailable(error),
            route => route,
        }
    }

    /// Whether an unreachable store is the error of `function`, if it can be.
    pub(crate) fn is_failing(&self, function: Option<&'static Function>) -> bool {
        self.0.config.outage == Outage::Fail || function.is_some_and(Function::does_fail_on_outage)
    }

    /// Invalidates the entry at `key` in this process; whether something was there.
    pub(super) fn forget(&self, key: &Key) -> bool {
        if let Some(local) = self.local() {
            return local.forget(key);
        }
        let fallback = self.0.fallback.current();
        if let Some(local) = fallback.as_ref().and_then(|backend| backend.local()) {
            return local.forget(key);
        }
        self.epochs().advance_entry(key);
        false
    }

    /// What this process has loaded itself in the outage that goes on.
    pub(crate) fn value_in_outage<C: Restores>(&self, codec: &C, key: &Key) -> Option<C::Restored> {
        let Route::Fallback(backend) = self.route(None) else {
            return None;
        };
        backend.fresh(codec, key, Accepts::of(None))
    }
}

impl Backend {
    /// A store outside the process.
    pub(super) fn remote(store: Arc<dyn Store>, epochs: &Epochs) -> Self {
        Self {
            store,
            local: None,
            flights: Flights::new(epochs.clone(), None),
            oldest: None,
        }
    }

    /// A store inside the process, in which nothing may become older than `oldest`, if that is limited.
    pub(crate) fn in_memory(config: &Config, epochs: &Epochs, oldest: Option<Duration>) -> Self {
        let store = Arc::new(MemoryStore::new(config, epochs.clone()));
        Self {
            local: Some(Arc::clone(&store) as Arc<dyn LocalStore>),
            store,
            flights: Flights::new(epochs.clone(), oldest),
            oldest,
        }
    }

    pub(crate) fn local(&self) -> Option<&dyn LocalStore> {
        self.local.as_deref()
    }

    /// What a store inside the process has, if that is fresh.
    pub(crate) fn fresh<C: Restores>(
        &self,
        codec: &C,
        key: &Key,
        accepts: Accepts,
    ) -> Option<C::Restored> {
        let mut found = None;
        self.local()?.visit(key, false, &mut |shared, kept| {
            if accepts.age(kept) == Freshness::Fresh {
                found = hit_test::typed(codec, accepts, shared).ok();
            }
        });
        found
    }
}
