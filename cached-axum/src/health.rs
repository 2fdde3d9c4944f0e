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

mod report;
mod routes;
mod statistics;

pub(crate) use report::NO_STORE;
pub use report::{CacheHealth, FallbackHealth, HealthReport, RedisHealth};
pub use routes::{router, strict_router};
pub use statistics::CacheStatistics;
