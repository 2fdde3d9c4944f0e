//! One call of an annotated function: the look-up.
//!
//! What depends on the caller's types is here and in [`load`](crate::load), and short; the rest is
//! [`Cache`]'s.

use std::{sync::Arc, time::Instant};

use crate::{
    Cache, Error, Key,
    cache::{Backend, Ground},
    clock,
    codec::Codec,
    function::Function,
    hit::{self, Accepts, Miss},
    load::{Call, Load, Plan, Start},
    scope::{self, Mode, Surroundings},
    store::Reply,
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

/// What has to be known of a call before its read is sent.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub(crate) began: Instant,
    pub(crate) trusted: bool,
}

impl Look {
    pub(crate) fn now(cache: &Cache, key: &Key) -> Self {
        Self {
            began: clock::instant(),
            trusted: cache.trusts(key),
        }
    }
}

/// What a read showed one call.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) reply: Reply,
    /// Whether that may be a hit: not if an invalidation that covers the key was on its way to the store
    /// when the read was sent, also if it is confirmed by now.
    pub(crate) trusted: bool,
}

impl Seen {
    /// What a store inside the process shows is always true.
    pub(crate) fn local() -> Box<Self> {
        Box::new(Self {
            reply: Reply::local(None, None),
            trusted: true,
        })
    }
}

/// Why a read did not answer a call.
pub(crate) enum NoHit {
    /// This is what it showed.
    Seen(Miss, Box<Seen>),
    /// The store did not answer.
    Failed(Error),
}

/// What a look inside the process found.
enum Looked<R> {
    Hit(R),
    /// Run the body alone, as if there were no cache.
    Uncached,
    Miss(Cache, Start),
    /// The store has to be asked.
    Ask(Cache),
}

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    /// A call, which is answered in any case.
    Call,
    /// Somebody who wants to know what a call would find.
    Peek,
}

// A return type need not be `Send` for its function's future to be: an error may hold an `Rc`. So
// no `R` is alive here across an `await`, not even inside a scrutinee or an argument.
impl<R, T> Codec<R, T> {
    /// Looks `key` up in the cache of this task. On a miss the key is taken.
    ///
    /// The key is borrowed, not moved, and the way to a store outside the process is boxed: a hit
    /// in memory copies neither.
    pub async fn find(&self, key: &mut Key) -> Found<R, T> {
        let looks =
            |cache: &Cache, around: Surroundings<'_>| self.look(cache, around, key, Asks::Call);
        let cache = match scope::with_current(looks) {
            Looked::Hit(value) => return Found::Hit(value),
            Looked::Uncached => return self.alone(),
            Looked::Miss(cache, start) => return self.miss(cache, key.take(), start),
            Looked::Ask(cache) => cache,
        };
        Box::pin(self.ask(cache, key.take(), Asks::Call)).await
    }

    /// As [`find`](Self::find), in `cache`.
    pub async fn find_in(&self, cache: &Cache, key: &mut Key) -> Found<R, T> {
        self.seek_in(cache, key, Asks::Call).await
    }

    /// What a call would return now without loading.
    pub async fn peek(&self, key: &mut Key) -> Option<R> {
        let cache = Cache::current();
        self.peek_in(&cache, key).await
    }

    /// As [`peek`](Self::peek), in `cache`.
    pub async fn peek_in(&self, cache: &Cache, key: &mut Key) -> Option<R> {
        self.seek_in(cache, key, Asks::Peek).await.hit()
    }

    async fn seek_in(&self, cache: &Cache, key: &mut Key, asks: Asks) -> Found<R, T> {
        let cache = match scope::with_surroundings(|around| self.look(cache, around, key, asks)) {
            Looked::Hit(value) => return Found::Hit(value),
            Looked::Uncached => return self.alone(),
            Looked::Miss(cache, start) => return self.miss(cache, key.take(), start),
            Looked::Ask(cache) => cache,
        };
        Box::pin(self.ask(cache, key.take(), asks)).await
    }

    fn look(&self, cache: &Cache, around: Surroundings<'_>, key: &Key, asks: Asks) -> Looked<R> {
        let function = key.function();
        if !cache.is_on() {
            return Looked::Uncached;
        }
        let mode = around.mode(function, cache);
        if mode == Some(Mode::Bypass) {
            return Looked::Uncached;
        }
        if key.fault().is_some() {
            cache.count_unkeyable(function);
            return Looked::Uncached;
        }
        match cache.ground(function) {
            Ground::Usual if mode == Some(Mode::Refresh) => {
                Looked::Miss(cache.clone(), Start::usual(Plan::Refresh))
            }
            Ground::Usual => self.look_on(cache, cache.usual(), None, key),
            ground => self.look_elsewhere(cache, ground, mode, key, asks),
        }
    }

    /// Looks where calls go in an outage.
    fn look_elsewhere(
        &self,
        cache: &Cache,
        ground: Ground,
        mode: Option<Mode>,
        key: &Key,
        asks: Asks,
    ) -> Looked<R> {
        match ground {
            Ground::Emergency(backend) if mode == Some(Mode::Refresh) => {
                let start = Start {
                    plan: Plan::Refresh,
                    emergency: Some(backend),
                };
                return Looked::Miss(cache.clone(), start);
            }
            Ground::Emergency(backend) => {
                return self.look_on(cache, &backend, Some(&backend), key);
            }
            Ground::Unavailable(error) if asks == Asks::Call => {
                if let Some(fail) = self.fails {
                    return Looked::Hit(fail(error));
                }
            }
            Ground::Usual | Ground::Origin | Ground::Unavailable(_) => {}
        }
        cache.count_miss(key.function(), Miss::Absent);
        let plan = match mode {
            Some(Mode::Refresh) => Plan::Refresh,
            _ => Plan::Alone,
        };
        Looked::Miss(cache.clone(), Start::usual(plan))
    }

    fn look_on(
        &self,
        cache: &Cache,
        backend: &Backend,
        emergency: Option<&Arc<Backend>>,
        key: &Key,
    ) -> Looked<R> {
        let function = key.function();
        let mut found = Err(Miss::Absent);
        let accepts = Accepts::of(function);
        let looked = backend
            .store
            .look(key, &mut |shared| found = hit::typed(self, accepts, shared));
        match (looked, found) {
            (None, _) => Looked::Ask(cache.clone()),
            (Some(_), Ok(value)) => {
                cache.count_hit(function);
                Looked::Hit(value)
            }
            (Some(_), Err(miss)) => {
                cache.count_miss(function, miss);
                let start = Start {
                    plan: Plan::Share(Some(Seen::local())),
                    emergency: emergency.cloned(),
                };
                Looked::Miss(cache.clone(), start)
            }
        }
    }

    async fn ask(&self, cache: Cache, key: Key, asks: Asks) -> Found<R, T> {
        let began = clock::instant();
        let function = key.function();
        let start = match self.read(&cache, &key, began).await {
            Ok(value) => {
                cache.count_hit(function);
                return Found::Hit(value);
            }
            Err(NoHit::Seen(miss, seen)) => {
                cache.count_miss(function, miss);
                Start::usual(Plan::Share(Some(seen)))
            }
            Err(NoHit::Failed(error)) => {
                let ground = cache.ground_after(function, error);
                match self.look_elsewhere(&cache, ground, None, &key, asks) {
                    Looked::Hit(value) => return Found::Hit(value),
                    Looked::Miss(_, start) => start,
                    Looked::Uncached | Looked::Ask(_) => Start::usual(Plan::Alone),
                }
            }
        };
        Found::Miss(Load::new(*self, Call::new(cache, key, start, began)))
    }

    /// One read of the store for one call.
    pub(crate) async fn read(&self, cache: &Cache, key: &Key, began: Instant) -> Result<R, NoHit> {
        // Decided before the read is sent: what is invalidated later is none of this read's business,
        // and what is known to be applied later does not make its reply any newer.
        let trusted = cache.trusts(key);
        let function = key.function();
        let reply = match cache.store().read(key).await {
            Ok(reply) => reply,
            Err(error) => {
                cache.count_read_error(function, &error);
                return Err(NoHit::Failed(error));
            }
        };
        let look = Look { began, trusted };
        self.found(cache, key, &reply, look, Accepts::of(function))
            .map_err(|miss| NoHit::Seen(miss, Box::new(Seen { reply, trusted })))
    }

    /// What `reply` holds, or what is on its way to the store.
    pub(crate) fn found(
        &self,
        cache: &Cache,
        key: &Key,
        reply: &Reply,
        look: Look,
        accepts: Accepts,
    ) -> Result<R, Miss> {
        self.answer(cache, reply, look.trusted, accepts)
            .or_else(|miss| {
                let coming = cache.on_its_way(key, look.began, reply);
                coming
                    .and_then(|shared| hit::typed(self, accepts, &shared).ok())
                    .ok_or(miss)
            })
    }

    /// The hit test.
    pub(crate) fn answer(
        &self,
        cache: &Cache,
        reply: &Reply,
        trusted: bool,
        accepts: Accepts,
    ) -> Result<R, Miss> {
        if !trusted {
            return Err(Miss::Absent);
        }
        hit::judge(self, accepts, reply, cache.max_entry_size())
    }

    fn miss(&self, cache: Cache, key: Key, start: Start) -> Found<R, T> {
        let call = Call::new(cache, key, start, clock::instant());
        Found::Miss(Load::new(*self, call))
    }

    fn alone(&self) -> Found<R, T> {
        Found::Miss(Load::alone(*self))
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

/// The next call of `function` inside `call` loads and stores, whatever is there.
pub fn refresh<F: Future>(function: &'static Function, call: F) -> impl Future<Output = F::Output> {
    scope::once(function, Mode::Refresh, call)
}

/// The next call of `function` inside `call` runs the body and touches no cache.
pub fn uncached<F: Future>(
    function: &'static Function,
    call: F,
) -> impl Future<Output = F::Output> {
    scope::once(function, Mode::Bypass, call)
}
