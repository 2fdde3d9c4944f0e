//! Sessions of `tower-sessions` on a cache, and what may be read once.

#![cfg(feature = "sessions")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod contract;
mod cost;
mod layer;
mod one_time;
mod outage;
mod processes;
mod under_layer;

use std::collections::HashMap;

use cached_axum::sessions::CacheStore;
use cached_core::Cache;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
};

/// A session with `value` in it, which lasts half an hour.
fn record(value: &Value) -> Record {
    lasting(value, Duration::minutes(30))
}

fn lasting(value: &Value, left: Duration) -> Record {
    Record {
        id: Id::default(),
        data: HashMap::from([("value".to_owned(), value.clone())]),
        expiry_date: OffsetDateTime::now_utc() + left,
    }
}

/// A session that is in `store`.
async fn created(store: &CacheStore, value: &str) -> Record {
    let mut record = record(&json!(value));
    store.create(&mut record).await.unwrap();
    record
}

/// `count` caches on the same Redis, as other processes have them.
fn processes(name: &str, count: usize) -> Vec<Cache> {
    let namespace = tests::namespace(name);
    (0..count)
        .map(|_| tests::Store::Redis.cache(&namespace))
        .collect()
}
