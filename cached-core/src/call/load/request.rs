//! [`LoadRequest`]: a call that uses the cache and missed, and its plan.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    clock,
    codec::{
        Shared,
        erased::{ErasedCodec, Returned},
    },
    coherence::rules::View,
    engine::{Cache, backend::Backend, read::ReadView, ticket::RevalidateTicket},
    key::Key,
    single_flight::{LoadCaller, LoadStart},
    store::Write,
    telemetry::observer::{Caller, Observer},
};

/// A call that uses the cache and has to load.
#[derive(Debug)]
pub(crate) struct LoadRequest {
    pub(super) cache: Cache,
    pub(super) key: Key,
    pub(super) ttl: Option<Duration>,
    pub(super) began: Instant,
    pub(super) plan: LoadPlan,
    /// The backend of an outage, if the call began in one.
    pub(super) fallback: Option<Arc<Backend>>,
    pub(super) erased: ErasedCodec,
    /// The observer of the task that called.
    pub(super) observer: Option<Observer>,
}

/// The way in which a call that missed comes to its value.
#[derive(Debug)]
pub(crate) enum LoadPlan {
    /// One load for all that miss, with what the store showed; `None` if it did not answer.
    Share(Option<Box<ReadView>>),
    /// A load of its own, which replaces what is there.
    Refresh,
    /// A load of its own whose value is returned and not stored: nothing is known of what it would replace.
    ReturnOnly,
    /// The background load for an answer that another call has given.
    Revalidate(Box<RevalidateTicket>),
}

/// The plan of a call that missed, and the backend that it uses.
#[derive(Debug)]
pub(crate) struct PlannedLoad {
    plan: LoadPlan,
    /// The backend of the outage in which the call began.
    fallback: Option<Arc<Backend>>,
    /// The observer of the task that called.
    observer: Option<Observer>,
}

impl PlannedLoad {
    pub(crate) fn on_primary(plan: LoadPlan, observer: Option<&Observer>) -> Self {
        Self::new(plan, None, observer)
    }

    pub(crate) fn new(
        plan: LoadPlan,
        fallback: Option<Arc<Backend>>,
        observer: Option<&Observer>,
    ) -> Self {
        Self {
            plan,
            fallback,
            observer: observer.cloned(),
        }
    }
}

impl LoadRequest {
    pub(super) fn new(
        cache: Cache,
        key: Key,
        planned: PlannedLoad,
        began: Instant,
        erased: ErasedCodec,
    ) -> Box<Self> {
        Box::new(Self {
            cache,
            key,
            ttl: None,
            began,
            plan: planned.plan,
            fallback: planned.fallback,
            erased,
            observer: planned.observer,
        })
    }

    /// Reports this call to its observer, if there is one.
    pub(super) fn notify_observer(&self, notify: impl FnOnce(&Observer, Caller)) {
        if let Some(observer) = &self.observer {
            let caller = Caller {
                function: self.key.function(),
                is_response: self.erased.is_response,
            };
            notify(observer, caller);
        }
    }

    pub(super) fn backend(&self) -> &Backend {
        self.fallback.as_deref().unwrap_or(self.cache.primary())
    }

    pub(super) fn load_caller<'a>(&'a self, saw: Option<&'a View>) -> LoadCaller<'a> {
        LoadCaller {
            key: &self.key,
            began: self.began,
            saw,
        }
    }

    /// Encodes what was `returned`; `None` if nothing of it is to be stored.
    pub(super) fn encode_write(
        &self,
        returned: &dyn Returned,
        shared: Option<Shared>,
        captured: &LoadStart,
    ) -> Option<Write> {
        let (cache, backend) = (&self.cache, self.backend());
        let mut ttl = cache.choose_ttl(returned, self.key.function(), self.ttl)?;
        if let Some(max_age) = backend.max_age {
            let age = clock::instant().saturating_duration_since(captured.began);
            ttl = ttl.min(max_age.saturating_sub(age));
        }
        match cache.encode_write(backend, &self.key, returned, shared, ttl, captured) {
            Ok(write) => write,
            Err(why) => {
                cache.count_unstorable(self.key.function(), &why);
                None
            }
        }
    }
}
