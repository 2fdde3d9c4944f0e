//! The status page: the state of the cache, and what it saves.

use axum::Json;
use axum::extract::State;
use cached_axum::health::{CacheStatistics, HealthReport};
use cached_core::Cache;
use examples::Bill;
use serde::Serialize;

use crate::lessons::Lessons;

/// Statistics, and the place where answers are kept at the moment.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Statistics {
    #[serde(flatten)]
    counted: CacheStatistics,
    backend: &'static str,
}

/// Answers those who watch the service. It works without Redis, so the status is always 200.
pub(crate) async fn health() -> HealthReport {
    HealthReport::of(&Cache::current()).await
}

pub(crate) async fn statistics() -> Json<Statistics> {
    let HealthReport {
        cache,
        cache_statistics,
        ..
    } = health().await;
    let backend = match (cache.redis.healthy, cache.fallback.available) {
        (true, _) => "redis",
        (false, true) => "memory",
        (false, false) => "none",
    };
    Json(Statistics {
        counted: cache_statistics,
        backend,
    })
}

/// The costs of the model, with the cache and without.
pub(crate) async fn costs(State(lessons): State<Lessons>) -> Json<Bill> {
    Json(bill(&Cache::current(), &lessons))
}

/// Each hit, and each call that shared another one's load, is a call of the model that nobody paid for.
pub(crate) fn bill(cache: &Cache, lessons: &Lessons) -> Bill {
    let counted = cache.stats().total;
    lessons.model.bill(counted.hits + counted.shared)
}
