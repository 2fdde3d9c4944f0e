//! [`HealthReport`]: the health of a cache, as a page.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use cached_core::{Cache, Health, HealthStatus};
use http::{HeaderValue, header};
use serde::{Serialize, Serializer};

use super::CacheStatistics;

/// The health of a cache, and its hits and misses, as [`router`](super::router) answers them.
///
/// ```json
/// {
///   "status": "healthy",
///   "cache": {
///     "redis": { "available": true, "healthy": true },
///     "fallback": { "available": true, "size": 0 }
///   },
///   "cache_statistics": { "hits": 150, "misses": 50, "hit_rate_percent": 75.0, "total_requests": 200 }
/// }
/// ```
///
/// As a response: this JSON, with status 200 and `no-store`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HealthReport {
    /// `healthy`; `degraded`, serving without Redis; or `disabled`, caching nothing.
    #[serde(serialize_with = "serialize_status")]
    pub status: HealthStatus,
    /// The places where values are kept.
    pub cache: CacheHealth,
    /// Hits and misses since the process started.
    pub cache_statistics: CacheStatistics,
}

/// The places where a cache keeps its values: part of a [`HealthReport`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CacheHealth {
    /// Redis, which all processes share.
    pub redis: RedisHealth,
    /// The memory of this process.
    pub fallback: FallbackHealth,
}

/// The state of the Redis of a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RedisHealth {
    /// The cache is on, and has a Redis to use.
    pub available: bool,
    /// Redis answered just now.
    pub healthy: bool,
}

impl RedisHealth {
    /// Returns the state in one word: `healthy`, `unavailable`, or `disabled` if there is no Redis to use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match (self.available, self.healthy) {
            (false, _) => "disabled",
            (true, false) => "unavailable",
            (true, true) => "healthy",
        }
    }
}

/// The state of the store inside this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FallbackHealth {
    /// Values are kept in this process: always without a Redis, else [while it is away](cached_core::Outage::Memory).
    pub available: bool,
    /// The number of entries in it.
    pub size: u64,
}

impl HealthReport {
    /// Asks `cache`, which asks Redis, and reports: within one operation deadline.
    pub async fn of(cache: &Cache) -> Self {
        Self::from_health(cache, &cache.health().await).await
    }

    pub(crate) async fn from_health(cache: &Cache, health: &Health) -> Self {
        let on = health.status != HealthStatus::Disabled;
        let redis = RedisHealth {
            available: on && health.store == "redis",
            healthy: health.store == "redis" && health.status == HealthStatus::Healthy,
        };
        let size = match health.fallback_entries {
            None if on && !redis.available => Some(count_entries(cache).await),
            size => size.filter(|_| on),
        };
        let fallback = FallbackHealth {
            available: size.is_some(),
            size: size.unwrap_or(0),
        };
        Self {
            status: health.status,
            cache: CacheHealth { redis, fallback },
            cache_statistics: CacheStatistics::of(cache),
        }
    }
}

/// Counts the entries of a store inside this process.
async fn count_entries(cache: &Cache) -> u64 {
    let info = cache.server_info().await.ok();
    info.and_then(|info| info.keys).unwrap_or(0)
}

impl IntoResponse for HealthReport {
    fn into_response(self) -> Response {
        ([NO_STORE], Json(self)).into_response()
    }
}

/// The header of pages that are true of one moment, so that no cache keeps them.
pub(crate) const NO_STORE: (header::HeaderName, HeaderValue) =
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
pub(crate) fn serialize_status<S: Serializer>(
    status: &HealthStatus,
    to: S,
) -> Result<S::Ok, S::Error> {
    to.serialize_str(status.as_str())
}
