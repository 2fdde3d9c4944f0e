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
mod blocks;
mod companions;
mod functions;
mod futures;
mod generics;
mod hygiene;
mod identity;
mod invalidates;
mod methods;
mod outage;
mod returns;
mod settings;
mod stale;
mod tags;

use std::cell::Cell;
use std::fmt::Debug;

use cached_core::Cache;

/// How often a body ran on this thread: each test has its own, and so do its futures.
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

/// Two equal calls give the same and run the body once.
async fn check<R: PartialEq + Debug>(call: impl AsyncFn() -> R) {
    in_cache(async {
        let before = Runs::count();
        let first = call().await;
        assert_eq!(first, call().await);
        assert_eq!(Runs::count() - before, 1, "one run for two equal calls");
    })
    .await;
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

/// How often the body of `call` ran.
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
