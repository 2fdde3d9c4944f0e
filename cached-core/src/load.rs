//! One miss of an annotated function: load, store and share.

use std::{
    pin::{Pin, pin},
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    Cache, Key,
    cache::Backend,
    call::Seen,
    clock,
    codec::{Codec, Shared},
    event,
    flight::{Captured, Flight, Passenger},
    generation::View,
    scope,
    stale::Ticket,
    store::Write,
};

mod miss;
mod refresh;
mod revalidate;

/// A miss, on its way to a value.
#[derive(Debug)]
#[must_use]
pub struct Load<R, T> {
    codec: Codec<R, T>,
    /// `None`: the body runs alone, and nothing is kept.
    call: Option<Box<Call>>,
}

/// A call that uses the cache.
#[derive(Debug)]
pub(crate) struct Call {
    cache: Cache,
    key: Key,
    ttl: Option<Duration>,
    began: Instant,
    plan: Plan,
    /// That of an outage, if the call began in one.
    emergency: Option<Arc<Backend>>,
}

/// What a call that missed does.
#[derive(Debug)]
pub(crate) enum Plan {
    /// One load for all that miss, of what the store showed; nothing if it did not answer.
    Share(Option<Box<Seen>>),
    /// A load of its own, which replaces what is there.
    Refresh,
    /// A load of its own, which is not kept: nothing is known of what it would replace.
    Alone,
    /// The load behind an answer that another call has given.
    Revalidate(Box<Ticket>),
}

/// How a call that missed goes on, and where.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) plan: Plan,
    /// The backend of the outage in which the call began.
    pub(crate) emergency: Option<Arc<Backend>>,
}

impl Start {
    pub(crate) fn usual(plan: Plan) -> Self {
        Self {
            plan,
            emergency: None,
        }
    }
}

impl<R, T> Load<R, T> {
    pub(crate) fn new(codec: Codec<R, T>, call: Call) -> Self {
        Self {
            codec,
            call: Some(Box::new(call)),
        }
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
    pub async fn run<F: Future<Output = R>>(self, body: F) -> R {
        // The body lives in one place, however many ways lead to it.
        let body = pin!(body);
        let Some(mut call) = self.call else {
            return body.await;
        };
        // Boxed: what a miss keeps in hand is large, and lies in the future of every caller.
        match std::mem::replace(&mut call.plan, Plan::Refresh) {
            Plan::Share(seen) => Box::pin(miss::share(self.codec, &call, seen, body)).await,
            Plan::Revalidate(ticket) => {
                Box::pin(revalidate::revalidate(self.codec, &call, ticket, body)).await
            }
            Plan::Refresh => Box::pin(refresh::refresh(self.codec, &call, body)).await,
            Plan::Alone => call.load(None, body).await,
        }
    }
}

impl Call {
    pub(crate) fn new(cache: Cache, key: Key, start: Start, began: Instant) -> Self {
        Self {
            cache,
            key,
            ttl: None,
            began,
            plan: start.plan,
            emergency: start.emergency,
        }
    }

    fn backend(&self) -> &Backend {
        self.emergency.as_deref().unwrap_or(self.cache.usual())
    }

    fn passenger<'a>(&'a self, saw: Option<&'a View>) -> Passenger<'a> {
        Passenger {
            key: &self.key,
            began: self.began,
            saw,
        }
    }

    /// Runs the body as the load that `flight` waits for.
    async fn load<F: Future>(&self, flight: Option<Arc<Flight>>, body: Pin<&mut F>) -> F::Output {
        let function = self.key.function();
        let began = clock::instant();
        let value = event::in_load_span(function, scope::loading(flight, body)).await;
        let took = clock::instant().saturating_duration_since(began);
        self.cache.count_load(function, took);
        value
    }

    /// What to store of `value`, if anything.
    fn to_store<R, T>(
        &self,
        codec: &Codec<R, T>,
        value: &R,
        shared: Option<Shared>,
        captured: &Captured,
    ) -> Option<Write> {
        let (cache, backend) = (&self.cache, self.backend());
        let mut ttl = cache.lifetime(codec, value, self.key.function(), self.ttl)?;
        if let Some(oldest) = backend.oldest {
            let age = clock::instant().saturating_duration_since(captured.began);
            ttl = ttl.min(oldest.saturating_sub(age));
        }
        match cache.to_store(backend, codec, &self.key, value, shared, ttl, captured) {
            Ok(write) => write,
            Err(why) => {
                cache.count_unstorable(self.key.function(), &why);
                None
            }
        }
    }
}
