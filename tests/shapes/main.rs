//! Every shape of function that the attribute accepts, compiled under strict lints, run, and checked for a hit.

#![forbid(unsafe_code, unreachable_pub)]
#![deny(warnings, clippy::pedantic, missing_docs, unused)]
// A test says what is wrong by panicking.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod arguments;
mod attributes;
mod blocks;
mod bodies;
mod calls;
mod companions;
mod crates;
mod futures;
mod generics;
mod identity;
mod invalidates;
mod items;
mod names;
mod outage;
mod receivers;
mod returns;
mod settings;
mod stale;
mod table;
mod tags;
mod traits;

use std::cell::Cell;
use std::fmt::Debug;
use std::pin::Pin;
use std::time::Duration;

use cached_core::Cache;
use tests::{Store, namespace};

/// The number of runs of a body on this thread: each test has its own, and so do its futures.
struct Runs;

thread_local! {
    static COUNT: Cell<u32> = const { Cell::new(0) };
}

impl Runs {
    /// Counts a run and returns its number, from 1.
    fn add() -> u32 {
        COUNT.set(COUNT.get() + 1);
        COUNT.get()
    }

    fn count() -> u32 {
        COUNT.get()
    }
}

/// Runs `calls` with a cache of its own.
async fn in_cache<R>(calls: impl Future<Output = R>) -> R {
    // Futures grow with each that they are wrapped in.
    let calls = Box::pin(calls);
    Cache::in_memory().unwrap().scope(calls).await
}

/// The first call runs the body and stores, an equal one gives the same without it, on every store: on Redis in
/// another cache, as in another process.
async fn check<R: PartialEq + Debug>(call: impl AsyncFn() -> R) {
    for store in Store::ALL {
        let before = Runs::count();
        let (cache, first) = called(store, &call).await;
        assert_eq!(Runs::count() - before, 1, "a miss, on {store:?}");
        let second: Boxed<'_, R> = Box::pin(call());
        assert_eq!(cache.scope(second).await, first, "on {store:?}");
        assert_eq!(Runs::count() - before, 1, "a hit, on {store:?}");
    }
}

/// As [`check`], of a function that names its cache.
async fn check_in_its_cache<R: PartialEq + Debug>(call: impl AsyncFn() -> R) {
    let before = Runs::count();
    let first = in_cache(call()).await;
    assert_eq!(in_cache(call()).await, first);
    assert_eq!(Runs::count() - before, 1, "one run for two equal calls");
}

/// The first call runs the body and stores, the other runs its body all the same, on every store.
async fn check_miss<A, B>(one: impl AsyncFn() -> A, other: impl AsyncFn() -> B) {
    for store in Store::ALL {
        let before = Runs::count();
        let (cache, _) = called(store, &one).await;
        let other: Boxed<'_, B> = Box::pin(other());
        cache.scope(other).await;
        let runs = Runs::count() - before;
        assert_eq!(runs, 2, "two different calls, on {store:?}");
    }
}

/// Futures grow with each that they are wrapped in, and so does what the compiler has to do.
type Boxed<'a, R> = Pin<Box<dyn Future<Output = R> + 'a>>;

/// Returns the result of a call in a new cache, and a cache that finds what it stored.
async fn called<R>(store: Store, call: &impl AsyncFn() -> R) -> (Cache, R) {
    let namespace = namespace("shapes");
    let cache = store.cache(&namespace);
    let call: Boxed<'_, R> = Box::pin(call());
    let returned = cache.scope(call).await;
    let stored = async {
        while cache.stats().total.stores == 0 {
            tokio::task::yield_now().await;
        }
    };
    let stored = tokio::time::timeout(Duration::from_secs(10), stored).await;
    assert!(stored.is_ok(), "not stored, on {store:?}");
    let cache = match store {
        Store::Memory => cache,
        Store::Redis => store.cache(&namespace),
    };
    (cache, returned)
}

/// Both calls run their bodies: they share no entry.
async fn check_apart<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) {
    in_cache(async {
        let before = Runs::count();
        one.await;
        other.await;
        assert_eq!(Runs::count() - before, 2, "two different calls");
    })
    .await;
}

/// `call` is answered from the cache until `write` is done, and then anew.
async fn check_invalidates<R, W>(call: impl AsyncFn() -> R, write: impl Future<Output = W>) -> W {
    let (runs, written) = runs_around(call, write).await;
    assert_eq!(runs, 2, "one run before the write, one after it");
    written
}

/// `call` is answered from the cache, whatever `write` does.
async fn check_keeps<R, W>(call: impl AsyncFn() -> R, write: impl Future<Output = W>) -> W {
    let (runs, written) = runs_around(call, write).await;
    assert_eq!(runs, 1, "one run for all calls");
    written
}

/// Returns the number of runs of the body of `call`.
async fn runs_around<R, W>(call: impl AsyncFn() -> R, write: impl Future<Output = W>) -> (u32, W) {
    in_cache(async {
        let before = Runs::count();
        call().await;
        call().await;
        let loaded = Runs::count();
        assert_eq!(loaded - before, 1, "one run for two equal calls");
        let written = write.await;
        let write_ran = Runs::count() - loaded;
        call().await;
        (Runs::count() - before - write_ran, written)
    })
    .await
}

/// Nothing is stored: every call runs the body.
async fn check_uncached<R>(call: impl AsyncFn() -> R) {
    in_cache(async {
        let before = Runs::count();
        call().await;
        call().await;
        assert_eq!(Runs::count() - before, 2, "every call runs");
    })
    .await;
}
