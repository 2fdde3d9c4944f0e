//! [`CacheStatistics`]: hits and misses of a cache.

use cached_core::{Cache, Counts};
use serde::Serialize;

/// Hits and misses of cached functions since the process started, as health pages show them.
///
/// # Examples
///
/// ```
/// use axum::Json;
/// use cached_axum::health::CacheStatistics;
/// use cached_core::Cache;
///
/// async fn statistics() -> Json<CacheStatistics> {
///     Json(CacheStatistics::of(&Cache::current()))
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CacheStatistics {
    /// Calls answered from the cache.
    pub hits: u64,
    /// Calls not answered from the cache.
    pub misses: u64,
    /// The share of hits, from 0 to 100, to two decimals; 0 before the first call.
    pub hit_rate_percent: f64,
    /// Hits and misses.
    pub total_requests: u64,
}

impl CacheStatistics {
    /// Counts all calls on `cache`.
    #[must_use]
    pub fn of(cache: &Cache) -> Self {
        Self::from(&cache.stats().total)
    }
}

impl From<&Counts> for CacheStatistics {
    fn from(counts: &Counts) -> Self {
        Self {
            hits: counts.hits,
            misses: counts.misses,
            hit_rate_percent: (counts.hit_rate() * 10_000.0).round() / 100.0,
            total_requests: counts.hits.saturating_add(counts.misses),
        }
    }
}
