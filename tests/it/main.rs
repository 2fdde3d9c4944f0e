//! What the crates promise, one module per behaviour.
// A test says what is wrong by panicking.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod at_once;
mod by_key;
mod deadlines;
mod faults;
mod fixture;
mod foreign;
mod identity;
mod invalidation;
mod journal;
mod late;
mod layout;
mod lifetimes;
mod nested;
mod observer;
mod outage;
mod round_trips;
mod sharing;
mod single_flight;
mod stale;
mod surroundings;
mod user_input;
mod visible;
mod watched;

/// Waits until `cache` has written `entries` entries: what a function returned is written behind the answer.
async fn stored(cache: &cached_core::Cache, entries: u64) {
    let written = async {
        while cache.stats().total.stores < entries {
            tokio::task::yield_now().await;
        }
    };
    let patience = std::time::Duration::from_secs(10);
    let written = tokio::time::timeout(patience, written).await;
    assert!(written.is_ok(), "not stored: {:?}", cache.stats().total);
}
