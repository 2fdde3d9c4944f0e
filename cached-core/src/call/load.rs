//! One miss of an annotated function: load, store and share.
//!
//! A call runs its body once at most, so there is a before and an after. [`Run`] alone knows the body, and it is
//! small; [`Stages`] know the function's types; all else is compiled once for all functions.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    clock,
    codec::{
        Codec, Shared,
        erased::{ErasedCodec, Returned},
    },
    coherence::rules::View,
    engine::{Cache, backend::Backend, context, read::ReadView, ticket::RevalidateTicket},
    key::Key,
    single_flight::{LoadCaller, LoadStart},
    store::Write,
    telemetry::observer::{Caller, Observer},
};

mod body;
mod future;
mod plan;
mod refresh;
mod request;
mod share;

use future::Run;

/// A miss, on its way to a value.
#[derive(Debug)]
#[must_use]
pub struct Load<R, T> {
    codec: Codec<R, T>,
    /// `None`: the body runs alone, and nothing is kept.
    call: Option<Box<LoadRequest>>,
}

/// A call that uses the cache.
#[derive(Debug)]
pub(crate) struct LoadRequest {
    cache: Cache,
    key: Key,
    ttl: Option<Duration>,
    began: Instant,
    plan: LoadPlan,
    /// That of an outage, if the call began in one.
    fallback: Option<Arc<Backend>>,
    erased: ErasedCodec,
    /// Who sees it.
    observer: Option<Observer>,
}

/// What a call that missed does.
#[derive(Debug)]
pub(crate) enum LoadPlan {
    /// One load for all that miss, of what the store showed; nothing if it did not answer.
    Share(Option<Box<ReadView>>),
    /// A load of its own, which replaces what is there.
    Refresh,
    /// A load of its own, which is not kept: nothing is known of what it would replace.
    Alone,
    /// The load behind an answer that another call has given.
    Revalidate(Box<RevalidateTicket>),
}

/// How a call that missed goes on, and where.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) plan: LoadPlan,
    /// The backend of the outage in which the call began.
    pub(crate) fallback: Option<Arc<Backend>>,
}

impl Start {
    pub(crate) fn on_primary(plan: LoadPlan) -> Self {
        Self {
            plan,
            fallback: None,
        }
    }
}

impl<R, T> Load<R, T> {
    pub(crate) fn new(
        codec: Codec<R, T>,
        cache: Cache,
        key: Key,
        start: Start,
        began: Instant,
    ) -> Self {
        let erased = codec.erased();
        let call = Some(LoadRequest::new(cache, key, start, began, erased));
        Self { codec, call }
    }

    pub(crate) fn alone(codec: Codec<R, T>) -> Self {
        Self { codec, call: None }
    }

    /// What is loaded lives for `ttl`, or for the cache's default.
    pub(crate) fn for_ttl(mut self, ttl: Option<Duration>) -> Self {
        if let Some(call) = &mut self.call {
            call.ttl = ttl;
        }
        self
    }

    /// Runs `body`, or waits for another call that runs its own, and returns the value.
    ///
    /// If this future is dropped, or `body` panics, another call that waits runs its own body.
    pub fn run<F: Future<Output = R>>(self, body: F) -> Run<R, T, F> {
        Run::new(self, body)
    }
}

impl LoadRequest {
    fn new(cache: Cache, key: Key, start: Start, began: Instant, erased: ErasedCodec) -> Box<Self> {
        Box::new(Self {
            cache,
            key,
            ttl: None,
            began,
            plan: start.plan,
            fallback: start.fallback,
            erased,
            observer: context::observer(),
        })
    }

    /// Shows this call to who sees it.
    fn show(&self, show: impl FnOnce(&Observer, Caller)) {
        if let Some(observer) = &self.observer {
            let caller = Caller {
                function: self.key.function(),
                is_response: self.erased.is_response,
            };
            show(observer, caller);
        }
    }

    fn backend(&self) -> &Backend {
        self.fallback.as_deref().unwrap_or(self.cache.primary())
    }

    fn load_caller<'a>(&'a self, saw: Option<&'a View>) -> LoadCaller<'a> {
        LoadCaller {
            key: &self.key,
            began: self.began,
            saw,
        }
    }

    /// What to store of what was `returned`, if anything.
    fn encode_write(
        &self,
        returned: &dyn Returned,
        shared: Option<Shared>,
        captured: &LoadStart,
    ) -> Option<Write> {
        let (cache, backend) = (&self.cache, self.backend());
        let mut ttl = cache.lifetime(returned, self.key.function(), self.ttl)?;
        if let Some(oldest) = backend.oldest {
            let age = clock::instant().saturating_duration_since(captured.began);
            ttl = ttl.min(oldest.saturating_sub(age));
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
