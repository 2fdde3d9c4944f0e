//! One call of an annotated function: the look-up.
//!
//! What depends on the caller's types is here and in [`load`](crate::call::load), and short; the rest is
//! [`Cache`]'s.

use std::sync::Arc;

use crate::{
    call::{
        load::{Load, Plan, Start},
        revalidate::{FoundStale, Stale},
    },
    clock,
    codec::Codec,
    engine::{
        Cache,
        backend::{Backend, Ground},
        context::{self, Mode, Surroundings},
        hit_test::Miss,
        read::{Asks, NoHit, Seen, read},
    },
    key::{Key, function::Function},
    telemetry::observer::{Caller, Observer},
};

mod fast_path;
pub(crate) mod invalidates;
pub(crate) mod load;
mod local;
pub(crate) mod owned_args;
pub(crate) mod revalidate;

use local::{Place, look_in};

/// What a look-up found: a value, or what it takes to load one.
#[derive(Debug)]
#[must_use]
pub enum Found<R, T> {
    /// The call is answered.
    Hit(R),
    /// The body has to run, or another call's.
    Miss(Load<R, T>),
}

/// What a look inside the process found.
pub(crate) enum Looked<R> {
    Hit(R),
    /// Past its ttl, and to be loaded anew.
    Stale(R, Cache, Box<Seen>),
    /// Run the body alone, as if there were no cache.
    Uncached,
    Miss(Cache, Start),
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
        let looks =
            |cache: &Cache, around: Surroundings<'_>| self.look(cache, around, key, Asks::Call);
        let cache = match context::with_current(looks) {
            Looked::Hit(value) | Looked::Stale(value, ..) => return Found::Hit(value),
            Looked::Uncached => return Found::Miss(self.alone()),
            Looked::Miss(cache, start) => return Found::Miss(self.miss(cache, key.take(), start)),
            Looked::Ask(cache) => cache,
        };
        let found = Box::pin(self.ask(cache, key.take(), Asks::Call));
        found.await.settled()
    }

    /// As [`find`](Self::find), in `cache`.
    pub async fn find_in(&self, cache: &Cache, key: &mut Key) -> Found<R, T> {
        self.seek_in(cache, key, Asks::Call).await.settled()
    }

    /// What a call would return now without loading.
    pub async fn peek(self, key: Key) -> Option<R> {
        let cache = context::current();
        self.peek_in(&cache, key).await
    }

    /// As [`peek`](Self::peek), in `cache`.
    pub async fn peek_in(self, cache: &Cache, mut key: Key) -> Option<R> {
        self.seek_in(cache, &mut key, Asks::Peek).await.value()
    }

    pub(crate) async fn seek_in(
        &self,
        cache: &Cache,
        key: &mut Key,
        asks: Asks,
    ) -> FoundStale<R, T> {
        if asks != Asks::Peek
            && let Some(value) = self.hit_in(cache, key)
        {
            return FoundStale::Hit(value);
        }
        let looks = |around: Surroundings<'_>| self.look(cache, around, key, asks);
        let cache = match self.known(context::with_surroundings(looks), key) {
            Ok(found) => return found,
            Err(cache) => cache,
        };
        Box::pin(self.ask(cache, key.take(), asks)).await
    }

    pub(crate) fn look(
        &self,
        cache: &Cache,
        around: Surroundings<'_>,
        key: &Key,
        asks: Asks,
    ) -> Looked<R> {
        let function = key.function();
        let observer = around.observer().filter(|_| asks != Asks::Peek);
        let uncached = || {
            if let Some(observer) = observer {
                observer.bypassed(self.caller(function));
            }
            Looked::Uncached
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
            return Looked::Miss(cache.clone(), Start::usual(Plan::Revalidate(ticket)));
        }
        match cache.ground(function) {
            Ground::Usual if mode == Some(Mode::Refresh) => {
                Looked::Miss(cache.clone(), Start::usual(Plan::Refresh))
            }
            Ground::Usual => self.look_on(cache, cache.usual(), None, key, asks, observer),
            ground => self.look_elsewhere(cache, ground, mode, key, asks, observer),
        }
    }

    fn caller(&self, function: Option<&'static Function>) -> Caller {
        Caller {
            function,
            // Not in the codec itself, which every call copies.
            is_response: self.taker().is_response,
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
        observer: Option<&Observer>,
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
                return self.look_on(cache, &backend, Some(&backend), key, asks, observer);
            }
            Ground::Unavailable(error) if asks != Asks::Peek => {
                if let Some(fail) = self.fails {
                    return Looked::Hit(fail(error));
                }
            }
            Ground::Usual | Ground::Origin | Ground::Unavailable(_) => {}
        }
        cache.count_miss(key.function(), cache.store().kind(), Miss::Absent);
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
        asks: Asks,
        observer: Option<&Observer>,
    ) -> Looked<R> {
        let place = Place {
            cache,
            backend,
            emergency,
        };
        match observer {
            None => look_in(self, place, key, asks, None),
            Some(observer) => self.look_observed(place, key, asks, observer),
        }
    }

    /// By the codec without its types: of code that few calls take there is one.
    #[cold]
    fn look_observed(
        &self,
        place: Place<'_>,
        key: &Key,
        asks: Asks,
        observer: &Observer,
    ) -> Looked<R> {
        let seen_by = Some((observer, self.caller(key.function())));
        let alone = || Looked::Miss(place.cache.clone(), Start::usual(Plan::Alone));
        match look_in(&self.taker(), place, key, asks, seen_by) {
            Looked::Hit(shared) => self.take(shared).map_or_else(alone, Looked::Hit),
            Looked::Stale(shared, cache, seen) => match self.take(shared) {
                Some(value) => Looked::Stale(value, cache, seen),
                None => alone(),
            },
            Looked::Uncached => Looked::Uncached,
            Looked::Miss(cache, start) => Looked::Miss(cache, start),
            Looked::Ask(cache) => Looked::Ask(cache),
        }
    }

    pub(crate) async fn ask(&self, cache: Cache, key: Key, asks: Asks) -> FoundStale<R, T> {
        let began = clock::instant();
        let (function, store) = (key.function(), cache.store().kind());
        let observer = context::observer().filter(|_| asks != Asks::Peek);
        let observer = observer.as_ref();
        let closely = observer.is_some();
        let is_too_old = |age, kept| observer.is_some_and(|observer| !observer.takes(age, kept));
        let start = match read(self, &cache, &key, began, asks, closely).await {
            Ok((_, age, kept, _)) if is_too_old(age, kept) => {
                cache.count_miss(function, store, Miss::Absent);
                Start::usual(Plan::Refresh)
            }
            Ok((value, age, kept, seen)) => {
                if let Some(observer) = observer {
                    observer.found(self.caller(function), age, kept);
                }
                let Some(seen) = seen else {
                    cache.count_hit(function, store);
                    return FoundStale::Hit(value);
                };
                cache.count_stale_hit(function, store);
                return FoundStale::Stale(Stale::new(value, cache, key, seen, began));
            }
            Err(NoHit::Seen(miss, seen)) => {
                cache.count_miss(function, store, miss);
                Start::usual(Plan::Share(Some(seen)))
            }
            Err(NoHit::Failed(error)) => match cache.ground_after(function, error) {
                Ground::Usual => {
                    cache.count_miss(function, store, Miss::Absent);
                    Start::usual(Plan::Share(None))
                }
                ground => match self.look_elsewhere(&cache, ground, None, &key, asks, observer) {
                    Looked::Hit(value) | Looked::Stale(value, ..) => {
                        return FoundStale::Hit(value);
                    }
                    Looked::Miss(_, start) => start,
                    Looked::Uncached | Looked::Ask(_) => Start::usual(Plan::Alone),
                },
            },
        };
        FoundStale::Miss(Load::new(*self, cache, key, start, began))
    }

    pub(crate) fn miss(&self, cache: Cache, key: Key, start: Start) -> Load<R, T> {
        Load::new(*self, cache, key, start, clock::instant())
    }

    pub(crate) fn alone(&self) -> Load<R, T> {
        Load::alone(*self)
    }
}

/// The next call of `function` inside `call` loads and stores, whatever is there.
pub fn refresh<F: Future>(function: &'static Function, call: F) -> impl Future<Output = F::Output> {
    context::once(function, Mode::Refresh, call)
}

/// The next call of `function` inside `call` runs the body and touches no cache.
pub fn uncached<F: Future>(
    function: &'static Function,
    call: F,
) -> impl Future<Output = F::Output> {
    context::once(function, Mode::Bypass, call)
}
