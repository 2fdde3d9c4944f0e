//! One call of an annotated function: the look-up.
//!
//! What depends on the caller's types is here and in [`load`](crate::call::load), and short; the rest is
//! [`Cache`]'s.

use std::sync::Arc;

use crate::{
    call::{
        load::{Load, LoadPlan, Start},
        revalidate::{FoundStale, Stale},
    },
    clock,
    codec::Codec,
    engine::{
        Cache,
        backend::{Backend, Route},
        context::{self, ContextRef, Mode},
        hit_test::MissReason,
        read::{ReadMiss, ReadPurpose, ReadView, read},
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

use local::{LookupSite, look_in};

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
pub(crate) enum LocalLookup<R> {
    Hit(R),
    /// Past its ttl, and to be loaded anew.
    Stale(R, Cache, Box<ReadView>),
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
        let looks = |cache: &Cache, around: ContextRef<'_>| {
            self.look(cache, around, key, ReadPurpose::Call)
        };
        let cache = match context::with_current(looks) {
            LocalLookup::Hit(value) | LocalLookup::Stale(value, ..) => return Found::Hit(value),
            LocalLookup::Uncached => return Found::Miss(self.alone()),
            LocalLookup::Miss(cache, start) => {
                return Found::Miss(self.miss(cache, key.take(), start));
            }
            LocalLookup::Ask(cache) => cache,
        };
        let found = Box::pin(self.ask(cache, key.take(), ReadPurpose::Call));
        found.await.settled()
    }

    /// As [`find`](Self::find), in `cache`.
    pub async fn find_in(&self, cache: &Cache, key: &mut Key) -> Found<R, T> {
        self.seek_in(cache, key, ReadPurpose::Call).await.settled()
    }

    /// What a call would return now without loading.
    pub async fn peek(self, key: Key) -> Option<R> {
        let cache = context::current();
        self.peek_in(&cache, key).await
    }

    /// As [`peek`](Self::peek), in `cache`.
    pub async fn peek_in(self, cache: &Cache, mut key: Key) -> Option<R> {
        self.seek_in(cache, &mut key, ReadPurpose::Peek)
            .await
            .value()
    }

    pub(crate) async fn seek_in(
        &self,
        cache: &Cache,
        key: &mut Key,
        asks: ReadPurpose,
    ) -> FoundStale<R, T> {
        if asks != ReadPurpose::Peek
            && let Some(value) = self.hit_in(cache, key)
        {
            return FoundStale::Hit(value);
        }
        let looks = |around: ContextRef<'_>| self.look(cache, around, key, asks);
        let cache = match self.known(context::with_task_context(looks), key) {
            Ok(found) => return found,
            Err(cache) => cache,
        };
        Box::pin(self.ask(cache, key.take(), asks)).await
    }

    pub(crate) fn look(
        &self,
        cache: &Cache,
        around: ContextRef<'_>,
        key: &Key,
        asks: ReadPurpose,
    ) -> LocalLookup<R> {
        let function = key.function();
        let observer = around.observer().filter(|_| asks != ReadPurpose::Peek);
        let uncached = || {
            if let Some(observer) = observer {
                observer.bypassed(self.caller(function));
            }
            LocalLookup::Uncached
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
            return LocalLookup::Miss(
                cache.clone(),
                Start::on_primary(LoadPlan::Revalidate(ticket)),
            );
        }
        match cache.route(function) {
            Route::Primary if mode == Some(Mode::Refresh) => {
                LocalLookup::Miss(cache.clone(), Start::on_primary(LoadPlan::Refresh))
            }
            Route::Primary => self.look_on(cache, cache.primary(), None, key, asks, observer),
            route => self.look_elsewhere(cache, route, mode, key, asks, observer),
        }
    }

    fn caller(&self, function: Option<&'static Function>) -> Caller {
        Caller {
            function,
            // Not in the codec itself, which every call copies.
            is_response: self.erased().is_response,
        }
    }

    /// Looks where calls go in an outage.
    fn look_elsewhere(
        &self,
        cache: &Cache,
        route: Route,
        mode: Option<Mode>,
        key: &Key,
        asks: ReadPurpose,
        observer: Option<&Observer>,
    ) -> LocalLookup<R> {
        match route {
            Route::Fallback(backend) if mode == Some(Mode::Refresh) => {
                let start = Start {
                    plan: LoadPlan::Refresh,
                    fallback: Some(backend),
                };
                return LocalLookup::Miss(cache.clone(), start);
            }
            Route::Fallback(backend) => {
                return self.look_on(cache, &backend, Some(&backend), key, asks, observer);
            }
            Route::Unavailable(error) if asks != ReadPurpose::Peek => {
                if let Some(fail) = self.fails {
                    return LocalLookup::Hit(fail(error));
                }
            }
            Route::Primary | Route::Origin | Route::Unavailable(_) => {}
        }
        cache.count_miss(key.function(), cache.store().kind(), MissReason::Absent);
        let plan = match mode {
            Some(Mode::Refresh) => LoadPlan::Refresh,
            _ => LoadPlan::Alone,
        };
        LocalLookup::Miss(cache.clone(), Start::on_primary(plan))
    }

    fn look_on(
        &self,
        cache: &Cache,
        backend: &Backend,
        fallback: Option<&Arc<Backend>>,
        key: &Key,
        asks: ReadPurpose,
        observer: Option<&Observer>,
    ) -> LocalLookup<R> {
        let place = LookupSite {
            cache,
            backend,
            fallback,
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
        place: LookupSite<'_>,
        key: &Key,
        asks: ReadPurpose,
        observer: &Observer,
    ) -> LocalLookup<R> {
        let seen_by = Some((observer, self.caller(key.function())));
        let alone = || LocalLookup::Miss(place.cache.clone(), Start::on_primary(LoadPlan::Alone));
        match look_in(&self.erased(), place, key, asks, seen_by) {
            LocalLookup::Hit(shared) => self.take(shared).map_or_else(alone, LocalLookup::Hit),
            LocalLookup::Stale(shared, cache, seen) => match self.take(shared) {
                Some(value) => LocalLookup::Stale(value, cache, seen),
                None => alone(),
            },
            LocalLookup::Uncached => LocalLookup::Uncached,
            LocalLookup::Miss(cache, start) => LocalLookup::Miss(cache, start),
            LocalLookup::Ask(cache) => LocalLookup::Ask(cache),
        }
    }

    pub(crate) async fn ask(&self, cache: Cache, key: Key, asks: ReadPurpose) -> FoundStale<R, T> {
        let began = clock::instant();
        let (function, store) = (key.function(), cache.store().kind());
        let observer = context::observer().filter(|_| asks != ReadPurpose::Peek);
        let observer = observer.as_ref();
        let with_ttl = observer.is_some();
        let is_too_old = |age, kept| observer.is_some_and(|observer| !observer.takes(age, kept));
        let start = match read(self, &cache, &key, began, asks, with_ttl).await {
            Ok((_, age, kept, _)) if is_too_old(age, kept) => {
                cache.count_miss(function, store, MissReason::Absent);
                Start::on_primary(LoadPlan::Refresh)
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
            Err(ReadMiss::Seen(miss, seen)) => {
                cache.count_miss(function, store, miss);
                Start::on_primary(LoadPlan::Share(Some(seen)))
            }
            Err(ReadMiss::Failed(error)) => match cache.route_after(function, error) {
                Route::Primary => {
                    cache.count_miss(function, store, MissReason::Absent);
                    Start::on_primary(LoadPlan::Share(None))
                }
                route => match self.look_elsewhere(&cache, route, None, &key, asks, observer) {
                    LocalLookup::Hit(value) | LocalLookup::Stale(value, ..) => {
                        return FoundStale::Hit(value);
                    }
                    LocalLookup::Miss(_, start) => start,
                    LocalLookup::Uncached | LocalLookup::Ask(_) => {
                        Start::on_primary(LoadPlan::Alone)
                    }
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
