//! The promises of the crates, one module per behaviour.
// A test says what is wrong by panicking.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod by_key;
mod context;
mod corrupt_entries;
mod deadlines;
mod fixture;
mod identity;
mod invalidation;
mod journal;
mod layout;
mod lifetimes;
mod nested;
mod observer;
mod outage;
mod overtaken_loads;
mod races;
mod round_trips;
mod sharing;
mod single_flight;
mod stale;
mod telemetry;
mod tracking;
mod unavailable_redis;
mod unstorable;
mod user_input;

/// Waits until `cache` has written `entries` entries: what a function returned is written in the background.
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
