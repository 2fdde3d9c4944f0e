//! One miss of an annotated function: load, store and share.

use std::{
    pin::{Pin, pin},
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    Cache, Error, Key, clock,
    codec::{Codec, Shared},
    entry::Identity,
    event,
    flight::{Boarding, Flight, Landed, Lead, Turn},
    hit::{self, Accepts},
    scope,
    shape::Opened,
    store::{Kind, Payload},
};

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
}

/// What a call that missed does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// One load for all that miss; kept if the store answered the read.
    Share(Read),
    /// A load of its own, which replaces what is there.
    Refresh,
}

/// What the store said to a call's read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// By nobody, or with something that is not ours: nothing is to be written over what is there.
    Unusable,
    /// By this run of the server, or by a store inside the process.
    Answered(Option<Identity>),
}

impl Call {
    pub(crate) fn new(cache: Cache, key: Key, plan: Plan, began: Instant) -> Self {
        Self {
            cache,
            key,
            ttl: None,
            began,
            plan,
        }
    }
}

// As in `call`: no `R` is alive across an `await`.
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
        let Some(call) = &self.call else {
            return body.await;
        };
        if call.plan == Plan::Refresh {
            return self.refresh(call, body).await;
        }
        let cache = &call.cache;
        match cache
            .flights()
            .board(call.key.local(), call.began, cache.parallel_failing_loads())
        {
            Boarding::Lead(lead) => self.lead(call, lead, body).await,
            // Waiting for a load that this call is part of would never end.
            Boarding::Follow(follower) if scope::is_loading(follower.flight()) => body.await,
            Boarding::Follow(follower) => {
                let turn = follower.turn(cache.follower_wait()).await;
                self.follow(call, turn, body).await
            }
        }
    }

    async fn follow<F: Future<Output = R>>(&self, call: &Call, turn: Turn, body: Pin<&mut F>) -> R {
        match turn {
            Turn::Lead(lead) => self.lead(call, lead, body).await,
            Turn::Shared(shared) => {
                if let Some(value) = self.codec.restore(&shared) {
                    call.cache.count_shared(call.key.function());
                    return value;
                }
                // Another function of the same `id` returns another type.
                body.await
            }
            Turn::Alone(lone) => {
                let value = load(call, None, body).await;
                let shared = self.codec.share(&value);
                let landed = lone.land(shared.clone());
                self.keep(call, &value, shared, landed);
                value
            }
            Turn::GaveUp => {
                event::follower_gave_up(call.key.function(), call.cache.follower_wait());
                let value = load(call, None, body).await;
                self.keep(call, &value, self.codec.share(&value), None);
                value
            }
        }
    }

    async fn lead<F: Future<Output = R>>(&self, call: &Call, lead: Lead, body: Pin<&mut F>) -> R {
        // A load may have ended between this call's look and its boarding.
        if let Some(value) = self.look_again(call) {
            return value;
        }
        let value = load(call, lead.flight().cloned(), body).await;
        let shared = self.codec.share(&value);
        if call.cache.store().kind() == Kind::Memory {
            // First into the store, then out of the flight, so that nobody misses both.
            if lead.is_current() {
                self.keep(call, &value, shared.clone(), None);
            }
            drop(lead.land(shared));
        } else {
            let landed = lead.land(shared.clone());
            self.keep(call, &value, shared, landed);
        }
        value
    }

    fn look_again(&self, call: &Call) -> Option<R> {
        let mut found = None;
        let accepts = Accepts::of(call.key.function());
        call.cache.store().look(&call.key, &mut |shared| {
            found = hit::typed(&self.codec, accepts, shared).ok();
        });
        if found.is_some() {
            call.cache.count_shared(call.key.function());
        }
        found
    }

    async fn refresh<F: Future<Output = R>>(&self, call: &Call, body: Pin<&mut F>) -> R {
        let identity = call.cache.store().identity().await;
        let (replaced, entry) = match self.replace(call, identity, load(call, None, body).await) {
            Ok(replaced) => replaced,
            Err(value) => return value,
        };
        // The next reader finds the new value, or none, in this process or another.
        match entry {
            Some(entry) => call.cache.write(&call.key, entry).await,
            None => call.cache.remove(&call.key).await,
        }
        match replaced {
            Replaced::Value(stored) => self.codec.close(stored),
            Replaced::None(none) => none(),
        }
    }

    /// The parts of `value`, and what to write in place of what is there; `value` itself if nothing
    /// needs to be waited for.
    fn replace(
        &self,
        call: &Call,
        identity: Result<Option<Identity>, Error>,
        value: R,
    ) -> Result<(Replaced<R, T>, Option<Entry>), R> {
        // Those that wait for an older load keep it; nobody joins it any more.
        call.cache.flights().detach(call.key.local());
        let entry = match identity {
            Ok(identity) => self.entry(call, &value, self.codec.share(&value), identity),
            Err(error) => {
                call.cache.count_store_error(call.key.function(), &error);
                return Err(value);
            }
        };
        match self.codec.open(value) {
            Opened::Value(stored) => Ok((Replaced::Value(stored), entry)),
            Opened::None(none) => Ok((Replaced::None(none), entry)),
            Opened::Error(error) => {
                // Nothing to remove: a body that failed says nothing of the old value.
                call.cache.settle(&call.key, entry, None);
                Err(error)
            }
        }
    }

    /// Writes the value behind the answer, if it is to be kept, and ends the flight after that.
    fn keep(&self, call: &Call, value: &R, shared: Option<Shared>, landed: Option<Landed>) {
        let entry = match call.plan {
            Plan::Share(Read::Answered(identity)) => self.entry(call, value, shared, identity),
            _ => None,
        };
        call.cache.settle(&call.key, entry, landed);
    }

    /// What to write, if anything.
    fn entry(
        &self,
        call: &Call,
        value: &R,
        shared: Option<Shared>,
        identity: Option<Identity>,
    ) -> Option<Entry> {
        let ttl = call
            .cache
            .lifetime(&self.codec, value, call.key.function(), call.ttl)?;
        let payload = match call
            .cache
            .payload(&self.codec, value, shared, ttl, identity)
        {
            Ok(payload) => payload?,
            Err(why) => {
                call.cache.count_unstorable(call.key.function(), &why);
                return None;
            }
        };
        Some(Entry { payload, ttl })
    }
}

/// A value, or none, while the store is told of it: a whole result need not be `Send`.
enum Replaced<R, T> {
    Value(T),
    None(fn() -> R),
}

/// What is to be written at a key.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) payload: Payload,
    pub(crate) ttl: Duration,
}

/// Runs the body as the load that `flight` waits for.
async fn load<F: Future>(call: &Call, flight: Option<Arc<Flight>>, body: Pin<&mut F>) -> F::Output {
    let function = call.key.function();
    let began = clock::instant();
    let value = event::in_load_span(function, scope::loading(flight, body)).await;
    let took = clock::instant().saturating_duration_since(began);
    call.cache.count_load(function, took);
    value
}
