//! The baseline in memory: moka under the caller's own hands.

use std::time::Duration;

use moka::sync::Cache;

use crate::contestant::Contestant;
use crate::subject::{Subject, load};

#[derive(Clone)]
pub(crate) struct Moka<V: Subject> {
    cache: Cache<u64, V>,
}

impl<V: Subject> Moka<V> {
    pub(crate) fn new() -> Self {
        let cache = Cache::builder()
            .max_capacity(10_000)
            .time_to_live(Duration::from_hours(1))
            .build();
        Self { cache }
    }
}

impl<V: Subject> Contestant<V> for Moka<V> {
    async fn call(&self, id: u64) -> anyhow::Result<V> {
        if let Some(value) = self.cache.get(&id) {
            return Ok(value);
        }
        let value: V = load(id).await;
        self.cache.insert(id, value.clone());
        Ok(value)
    }
}
