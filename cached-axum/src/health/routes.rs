//! The routes of the health page.

use axum::{Router, extract::State, routing::get};
use cached_core::{Cache, HealthStatus};
use http::StatusCode;

use super::HealthReport;

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
