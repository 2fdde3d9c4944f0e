//! [`Backend`]: the store of calls, primary or in an outage, and the [`Route`] of each call.

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

/// A store, and the single-flight loads in front of it.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) store: Arc<dyn Store>,
    /// The same store, if it is inside the process.
    ///
    /// Without its type: clippy's lints on significant drops would look through a user's `#[invalidates]` function into
    /// its locks.
    pub(crate) local: Option<Arc<dyn LocalStore>>,
    pub(crate) flights: Flights,
    /// The age limit of everything in it, if there is one.
    pub(crate) max_age: Option<Duration>,
}

/// The backend of the outage that goes on, if any call has asked for one.
///
/// It belongs to one outage: what another process invalidates in that time is not known here, so nothing
/// in it may outlive it.
#[derive(Debug, Default)]
pub(super) struct Fallback(RwLock<CurrentFallback>);

/// The place of that backend.
#[derive(Debug, Default)]
struct CurrentFallback {
    /// The outage of the backend; without a backend, the latest outage that ended.
    outage: Option<OutageId>,
    backend: Option<Arc<Backend>>,
}

impl Fallback {
    /// The backend of `outage`; made now, if no call has asked for it yet.
    fn get_or_insert(&self, outage: OutageId, make: impl FnOnce() -> Backend) -> Arc<Backend> {
        let found = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(backend) = found.backend_of(outage) {
            return backend;
        }
        drop(found);
        let mut slot = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(backend) = slot.backend_of(outage) {
            return backend;
        }
        let backend = Arc::new(make());
        if slot.outage >= Some(outage) {
            // The call was held up, and its outage is over.
            return backend;
        }
        let old = mem::replace(
            &mut *slot,
            CurrentFallback {
                outage: Some(outage),
                backend: Some(Arc::clone(&backend)),
            },
        );
        // The values in it may have a `Drop` of their own.
        drop(slot);
        drop(old);
        backend
    }

    fn current_backend(&self) -> Option<Arc<Backend>> {
        let slot = self.0.read().unwrap_or_else(PoisonError::into_inner);
        slot.backend.clone()
    }

    /// Drops the backend of `outage`, which has ended, and of any before.
    pub(super) fn end_outage(&self, outage: OutageId) {
        let mut slot = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if slot.outage > Some(outage) {
            return;
        }
        slot.outage = Some(outage);
        let old = slot.backend.take();
        drop(slot);
        drop(old);
    }
}

impl CurrentFallback {
    fn backend_of(&self, outage: OutageId) -> Option<Arc<Backend>> {
        self.backend.clone().filter(|_| self.outage == Some(outage))
    }
}

/// The route of a call that begins now.
pub(crate) enum Route {
    /// The call uses the primary store.
    Primary,
    /// The call uses the memory store of the outage.
    Fallback(Arc<Backend>),
    /// The call runs its body, and asks no store.
    Origin,
    /// The call returns this error, if it can return one.
    Unavailable(Error),
}

impl Cache {
    pub(crate) fn primary(&self) -> &Backend {
        &self.0.primary
    }

    pub(crate) fn is_in_outage(&self) -> bool {
        self.0.breaker.outage().is_some()
    }

    /// The number of entries that this process keeps in place of the store that is away.
    pub(crate) async fn count_fallback_entries(&self) -> Option<u64> {
        if self.local().is_some() || self.0.config.outage != Outage::Memory {
            return None;
        }
        let backend = self
            .0
            .fallback
            .current_backend()
            .filter(|_| self.is_in_outage());
        match backend {
            Some(backend) => backend.store.server_info().await.ok()?.keys,
            None => Some(0),
        }
    }

    /// The route of a call of `function`, or of a call by key.
    pub(crate) fn route(&self, function: Option<&'static Function>) -> Route {
        let Some(outage) = self.0.breaker.outage() else {
            return Route::Primary;
        };
        self.probe_store();
        if self.fails_on_outage(function) {
            return Route::Unavailable(self.0.breaker.refusal());
        }
        if self.0.config.outage != Outage::Memory {
            return Route::Origin;
        }
        let config = &self.0.config;
        let make = || Backend::in_memory(config, self.epochs(), Some(config.outage_ttl));
        Route::Fallback(self.0.fallback.get_or_insert(outage, make))
    }

    /// The route of a call whose read has failed. A single failure leads to no fallback: what this process has loaded
    /// itself may have been invalidated by another.
    pub(crate) fn route_after_failure(
        &self,
        function: Option<&'static Function>,
        error: Error,
    ) -> Route {
        match self.route(function) {
            Route::Primary if self.fails_on_outage(function) => Route::Unavailable(error),
            route => route,
        }
    }

    /// Returns `true` if calls of `function` fail while the store is unreachable, where they can.
    pub(crate) fn fails_on_outage(&self, function: Option<&'static Function>) -> bool {
        self.0.config.outage == Outage::Fail || function.is_some_and(Function::does_fail_on_outage)
    }

    /// Invalidates the entry at `key` in this process, and returns `true` if something was there.
    pub(super) fn invalidate_entry(&self, key: &Key) -> bool {
        if let Some(local) = self.local() {
            return local.forget(key);
        }
        let fallback = self.0.fallback.current_backend();
        if let Some(local) = fallback.as_ref().and_then(|backend| backend.local()) {
            return local.forget(key);
        }
        self.epochs().advance_entry(key);
        false
    }

    /// The fresh value at `key` that this process has loaded itself in the outage that goes on.
    pub(crate) fn find_in_outage<C: Restores>(&self, codec: &C, key: &Key) -> Option<C::Restored> {
        let Route::Fallback(backend) = self.route(None) else {
            return None;
        };
        backend.find_fresh(codec, key, Accepts::of(None))
    }
}

impl Backend {
    /// A store outside the process.
    pub(super) fn remote(store: Arc<dyn Store>, epochs: &Epochs) -> Self {
        Self {
            store,
            local: None,
            flights: Flights::new(epochs.clone(), None),
            max_age: None,
        }
    }

    /// A store inside the process, in which nothing may become older than `max_age`, if that is limited.
    pub(crate) fn in_memory(config: &Config, epochs: &Epochs, max_age: Option<Duration>) -> Self {
        let store = Arc::new(MemoryStore::new(config, epochs.clone()));
        Self {
            local: Some(Arc::clone(&store) as Arc<dyn LocalStore>),
            store,
            flights: Flights::new(epochs.clone(), max_age),
            max_age,
        }
    }

    pub(crate) fn local(&self) -> Option<&dyn LocalStore> {
        self.local.as_deref()
    }

    /// The value at `key` in a store inside the process, if it is fresh.
    pub(crate) fn find_fresh<C: Restores>(
        &self,
        codec: &C,
        key: &Key,
        accepts: Accepts,
    ) -> Option<C::Restored> {
        let mut found = None;
        self.local()?.visit(key, false, &mut |shared, lifetime| {
            if accepts.age(lifetime) == Freshness::Fresh {
                found = hit_test::restore_value(codec, accepts, shared).ok();
            }
        });
        found
    }
}
