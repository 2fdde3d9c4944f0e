//! Admin pages: the health of the cache, and invalidation of a part of it.

use axum::extract::Query;
use axum::routing::{get, post};
use axum::{Json, Router};
use cached_axum::admin::InvalidationReport;
use cached_axum::health::{CacheStatistics, HealthReport};
use cached_axum::{BearerToken, InvalidBearerToken, RequireGuard};
use cached_core::Cache;
use serde::{Deserialize, Serialize};

use crate::Failure;

/// A part of what is cached.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum CacheType {
    All,
    Vocabulary,
    Translation,
}

/// A request to invalidate a part of the cache.
#[derive(Debug, Deserialize)]
struct Clear {
    cache_type: CacheType,
}

/// The health of the cache.
#[derive(Debug, Serialize)]
struct Report {
    status: &'static str,
    statistics: Figures,
}

/// Statistics: hits and misses of this process, and the server's own figures, `null` while it does not answer.
#[derive(Debug, Serialize)]
struct Figures {
    memory: Option<u64>,
    keys: Option<u64>,
    hits: u64,
    misses: u64,
    hit_rate: f64,
    clients: Option<u64>,
    uptime: Option<u64>,
}

pub(crate) fn health_routes() -> Router {
    Router::new().route("/health/cache", get(health))
}

/// Makes the routes, for whoever knows the token.
pub(crate) fn routes(token: &str) -> Result<Router, InvalidBearerToken> {
    let guard = RequireGuard::new(BearerToken::new(token)?);
    Ok(Router::new()
        .route("/admin/cache/clear", post(clear))
        .route_layer(guard))
}

/// Invalidates a part, at the same cost for ten entries and for ten million. While Redis is away it is postponed for the
/// other processes, and says so.
async fn clear(Query(Clear { cache_type }): Query<Clear>) -> Result<InvalidationReport, Failure> {
    let cache = Cache::current();
    let done = match cache_type {
        CacheType::All => cache.clear().await,
        CacheType::Vocabulary => cache.invalidate("vocabulary:*").await,
        CacheType::Translation => cache.invalidate("translation:*").await,
    };
    Ok(done?.into())
}

async fn health() -> Json<Report> {
    let cache = Cache::current();
    let HealthReport {
        status,
        cache_statistics:
            CacheStatistics {
                hits,
                misses,
                hit_rate_percent,
                ..
            },
        ..
    } = HealthReport::of(&cache).await;
    let server = cache.server_info().await.unwrap_or_default();
    Json(Report {
        status: status.as_str(),
        statistics: Figures {
            memory: server.used_memory,
            keys: server.keys,
            hits,
            misses,
            hit_rate: hit_rate_percent,
            clients: server.connected_clients,
            uptime: server.uptime.map(|uptime| uptime.as_secs()),
        },
    })
}
