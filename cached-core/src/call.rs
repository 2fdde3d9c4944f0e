//! One call of an annotated function: look, and on a miss load, store and share.
//!
//! What depends on the caller's types is here and short; the rest is [`Cache`]'s.

use std::{
    pin::{Pin, pin},
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    Cache, Error, Key, clock,
    entry::Identity,
    event,
    flight::{Boarding, Flight, Landed, Lead, Turn},
    function::Function,
    hit::{self, Accepts, Verdict},
    returns::{Codec, Shared},
    scope::{self, Mode, Surroundings},
    store::{Kind, Payload},
};

/// What a look-up found: a value, or what it takes to load one.
#[derive(Debug)]
#[must_use]
pub enum Found<R, T> {
    /// The call is answered.
    Hit(R),
    /// The body has to run, or another call's.
    Miss(Load<R, T>),
}

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
struct Call {
    cache: Cache,
    key: Key,
    ttl: Option<Duration>,
    began: Instant,
    plan: Plan,
}

/// What a call that missed does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plan {
    /// One load for all that miss; kept if the store answered the read.
    Share(Read),
    /// A load of its own, which replaces what is there.
    Refresh,
}

/// What the store said to a call's read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Read {
    /// By nobody, or with something that is not ours: nothing is to be written over what is there.
    Unusable,
    /// By this run of the server, or by a store inside the process.
    Answered(Option<Identity>),
}

/// What a look inside the process found.
enum Looked<R> {
    Hit(R),
    /// Run the body alone.
    Alone,
    Miss(Cache, Plan),
    /// The store has to be asked.
    Ask(Cache),
}

// A return type need not be `Send` for its function's future to be: an error may hold an `Rc`. So
// no `R` is alive here across an `await`, not even inside a scrutinee or an argument.
impl<R, T> Codec<R, T> {
    /// Looks `key` up in the cache of this task. On a miss the key is taken.
    ///
    /// The key is borrowed, not moved, and the way to a store outside the process is boxed: a hit
    /// in memory copies neither.
    pub async fn find(&self, key: &mut Key) -> Found<R, T> {
        let cache = match scope::with_current(|cache, around| self.look(cache, around, key)) {
            Looked::Hit(value) => return Found::Hit(value),
            Looked::Alone => return self.alone(),
            Looked::Miss(cache, plan) => return self.miss(cache, key.take(), plan),
            Looked::Ask(cache) => cache,
        };
        Box::pin(self.ask(cache, key.take())).await
    }

    /// As [`find`](Self::find), in `cache`.
    pub async fn find_in(&self, cache: &Cache, key: &mut Key) -> Found<R, T> {
        let cache = match scope::with_surroundings(|around| self.look(cache, around, key)) {
            Looked::Hit(value) => return Found::Hit(value),
            Looked::Alone => return self.alone(),
            Looked::Miss(cache, plan) => return self.miss(cache, key.take(), plan),
            Looked::Ask(cache) => cache,
        };
        Box::pin(self.ask(cache, key.take())).await
    }

    /// What a call would return now without loading.
    pub async fn peek(&self, key: &mut Key) -> Option<R> {
        self.find(key).await.hit()
    }

    /// As [`peek`](Self::peek), in `cache`.
    pub async fn peek_in(&self, cache: &Cache, key: &mut Key) -> Option<R> {
        self.find_in(cache, key).await.hit()
    }

    fn look(&self, cache: &Cache, around: Surroundings<'_>, key: &Key) -> Looked<R> {
        let function = key.function();
        if !cache.is_on() {
            return Looked::Alone;
        }
        let mode = around.mode(function, cache);
        if mode == Some(Mode::Bypass) {
            return Looked::Alone;
        }
        if key.fault().is_some() {
            cache.count_unkeyable(function);
            return Looked::Alone;
        }
        if mode == Some(Mode::Refresh) {
            return Looked::Miss(cache.clone(), Plan::Refresh);
        }
        let mut found = Err(hit::Miss::Absent);
        let accepts = accepts(function);
        let looked = cache
            .store()
            .look(key, &mut |shared| found = hit::typed(self, accepts, shared));
        match (looked, found) {
            (None, _) => Looked::Ask(cache.clone()),
            (Some(_), Ok(value)) => {
                cache.count_hit(function);
                Looked::Hit(value)
            }
            (Some(_), Err(miss)) => {
                cache.count_miss(function, miss);
                Looked::Miss(cache.clone(), Plan::Share(Read::Answered(None)))
            }
        }
    }

    async fn ask(&self, cache: Cache, key: Key) -> Found<R, T> {
        let began = clock::instant();
        let function = key.function();
        let accepts = accepts(function);
        let read = match cache.store().read(&key).await {
            Ok(reply) => match hit::judge(self, accepts, &reply, cache.max_entry_size()) {
                Verdict::Hit(value) => {
                    cache.count_hit(function);
                    return Found::Hit(value);
                }
                Verdict::Miss(miss) => {
                    if let Some(value) = self.on_its_way(&cache, &key, began, accepts) {
                        cache.count_hit(function);
                        return Found::Hit(value);
                    }
                    cache.count_miss(function, miss);
                    match miss {
                        hit::Miss::Foreign => Read::Unusable,
                        _ => Read::Answered(reply.identity),
                    }
                }
            },
            Err(error) => {
                cache.count_miss(function, hit::Miss::Absent);
                cache.count_read_error(function, &error);
                Read::Unusable
            }
        };
        let mut call = Call::new(cache, key, Plan::Share(read));
        call.began = began;
        Found::Miss(Load {
            codec: *self,
            call: Some(Box::new(call)),
        })
    }

    /// A value that was loaded before this call began, and that the store does not have yet.
    pub(crate) fn on_its_way(
        &self,
        cache: &Cache,
        key: &Key,
        began: Instant,
        accepts: Accepts,
    ) -> Option<R> {
        let shared = cache.flights().landed(key.local(), began)?;
        hit::typed(self, accepts, &shared).ok()
    }

    fn miss(&self, cache: Cache, key: Key, plan: Plan) -> Found<R, T> {
        Found::Miss(Load {
            codec: *self,
            call: Some(Box::new(Call::new(cache, key, plan))),
        })
    }

    fn alone(&self) -> Found<R, T> {
        Found::Miss(Load {
            codec: *self,
            call: None,
        })
    }
}

impl Call {
    fn new(cache: Cache, key: Key, plan: Plan) -> Self {
        Self {
            cache,
            key,
            ttl: None,
            began: clock::instant(),
            plan,
        }
    }
}

impl<R, T> Found<R, T> {
    fn hit(self) -> Option<R> {
        match self {
            Self::Hit(value) => Some(value),
            Self::Miss(_) => None,
        }
    }
}

fn accepts(function: Option<&'static Function>) -> Accepts {
    Accepts {
        none: function.is_some_and(|function| function.none_ttl().is_some()),
        error: function.is_some_and(|function| function.error_ttl().is_some()),
    }
}

impl<R, T> Load<R, T> {
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
                self.keep(call, &value, shared, Some(landed));
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
            self.keep(call, &value, shared.clone(), None);
            drop(lead.land(shared));
        } else {
            let landed = lead.land(shared.clone());
            self.keep(call, &value, shared, landed);
        }
        value
    }

    fn look_again(&self, call: &Call) -> Option<R> {
        let mut found = None;
        let accepts = accepts(call.key.function());
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
        let (stored, entry) = match self.replace(call, identity, load(call, None, body).await) {
            Ok(replaced) => replaced,
            Err(value) => return value,
        };
        // The next reader finds the new value, in this process or another.
        call.cache.write(&call.key, entry).await;
        self.codec.close(stored)
    }

    /// The stored part of `value` and what to write for it; `value` itself if nothing needs to be
    /// waited for.
    fn replace(
        &self,
        call: &Call,
        identity: Result<Option<Identity>, Error>,
        value: R,
    ) -> Result<(T, Entry), R> {
        // Those that wait for an older load keep it; nobody joins it any more.
        call.cache.flights().detach(call.key.local());
        let entry = match identity {
            Ok(identity) => self.entry(call, &value, self.codec.share(&value), identity),
            Err(error) => {
                call.cache.count_store_error(call.key.function(), &error);
                None
            }
        };
        let Some(entry) = entry else {
            return Err(value);
        };
        match self.codec.open(value) {
            Ok(stored) => Ok((stored, entry)),
            Err(value) => {
                call.cache.settle(&call.key, Some(entry), None);
                Err(value)
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

/// The next call of `function` inside `call` loads and stores, whatever is there.
pub fn refreshing<F: Future>(
    function: &'static Function,
    call: F,
) -> impl Future<Output = F::Output> {
    scope::once(function, Mode::Refresh, call)
}

/// The next call of `function` inside `call` runs the body and touches no cache.
pub fn uncached<F: Future>(
    function: &'static Function,
    call: F,
) -> impl Future<Output = F::Output> {
    scope::once(function, Mode::Bypass, call)
}
