//! Pages for operators: is it up, how is Redis, does the cache work.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use cached_axum::admin::{SelfTest, ServerReport};
use cached_axum::health::{HealthReport, RedisHealth};
use cached_core::{Cache, HealthStatus};
use examples::{Database, Failure};
use serde_json::{Value, json};

use crate::Analytics;

async fn of_database(database: &Database) -> &'static str {
    match sqlx::query("SELECT 1").execute(database.pool()).await {
        Ok(_) => "ok",
        Err(_) => "unavailable",
    }
}

fn of_redis(redis: RedisHealth) -> &'static str {
    match redis.as_str() {
        "healthy" => "ok",
        other => other,
    }
}

/// The health page for a balancer. Without Redis the service goes on, degraded; without its database it cannot.
pub(crate) async fn health(State(service): State<Analytics>) -> (StatusCode, Json<Value>) {
    let database = of_database(&service.database).await;
    let report = HealthReport::of(&service.cache).await;
    let (code, status) = match (database, report.status) {
        ("ok", HealthStatus::Degraded) => (StatusCode::OK, "degraded"),
        ("ok", _) => (StatusCode::OK, "healthy"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "unhealthy"),
    };
    let checks = json!({ "database": database, "redis": of_redis(report.cache.redis) });
    (code, Json(json!({ "status": status, "checks": checks })))
}

/// The health page in numbers: those of Redis are `null` while it is away.
pub(crate) async fn detailed(State(service): State<Analytics>) -> Json<Value> {
    let report = HealthReport::of(&service.cache).await;
    let server = service.cache.server_info().await.unwrap_or_default();
    Json(json!({
        "status": report.status.as_str(),
        "checks": {
            "database": of_database(&service.database).await,
            "redis": of_redis(report.cache.redis),
        },
        "connected_clients": server.connected_clients,
        "used_memory": server.used_memory,
        "cache": report.cache_statistics,
    }))
}

/// The server's own figures, all of its clients together.
pub(crate) async fn redis(State(cache): State<Cache>) -> Result<ServerReport, Failure> {
    Ok(ServerReport::of(&cache).await?)
}

/// Sets, gets and deletes, and reports each; 503 if one of them failed.
pub(crate) async fn test(State(cache): State<Cache>) -> SelfTest {
    SelfTest::run(&cache).await
}
