//! The health page: [`router`], and its parts for pages of a service's own.
//!
//! ```
//! use axum::Json;
//! use cached_axum::health::{CacheStatistics, HealthReport};
//! use cached_core::{Cache, HealthStatus};
//! use serde::Serialize;
//!
//! #[derive(Serialize)]
//! struct Page {
//!     ready: bool,
//!     redis: &'static str, // healthy, unavailable or disabled
//!     statistics: CacheStatistics,
//! }
//!
//! async fn page() -> Json<Page> {
//!     let report = HealthReport::of(&Cache::current()).await;
//!     Json(Page {
//!         ready: report.status != HealthStatus::Degraded,
//!         redis: report.cache.redis.as_str(),
//!         statistics: report.cache_statistics,
//!     })
//! }
//! ```

use axum::response::{IntoResponse, Response};
use axum::{Json, Router, extract::State, routing::get};
use cached_core::{Cache, Health, HealthStatus};
use http::{HeaderValue, StatusCode, header};
use serde::{Serialize, Serializer};

mod statistics;

pub use statistics::CacheStatistics;

/// Creates a router that answers `GET /` with the [`HealthReport`] of `cache`.
///
/// Its status is 200 whatever it says: a service without Redis works, and a balancer must not take it out. Where it must,
/// take [`strict_router`].
///
/// # Examples
///
/// ```
/// use axum::Router;
/// use cached_axum::health;
/// use cached_core::Cache;
///
/// # fn main() -> Result<(), cached_core::Error> {
/// let cache = Cache::in_memory()?;
/// let app: Router = Router::new().nest("/health", health::router(cache));
/// # Ok(())
/// # }
/// ```
pub fn router<S: Clone + Send + Sync + 'static>(cache: Cache) -> Router<S> {
    async fn page(State(cache): State<Cache>) -> HealthReport {
        HealthReport::of(&cache).await
    }
    Router::new().route("/", get(page)).with_state(cache)
}

/// Creates a [`router`] that answers with `503 Service Unavailable` while the cache is [degraded](HealthStatus::Degraded):
/// for services that are of no use without Redis.
pub fn strict_router<S: Clone + Send + Sync + 'static>(cache: Cache) -> Router<S> {
    async fn page(State(cache): State<Cache>) -> (StatusCode, HealthReport) {
        let report = HealthReport::of(&cache).await;
        let status = match report.status {
            HealthStatus::Degraded => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::OK,
        };
        (status, report)
    }
    Router::new().route("/", get(page)).with_state(cache)
}

/// The health of a cache, and its hits and misses, as [`router`] answers them.
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
