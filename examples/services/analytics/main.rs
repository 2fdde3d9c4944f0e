//! Analytics of courses: the attributes directly on handlers, and pages that show the cache at work.
//!
//! ```text
//! cargo run -p examples --features services --bin analytics
//! curl -i localhost:3000/api/v3/analytics/courses/7
//! curl -i --json '{"level": "B2"}' localhost:3000/users/7
//! ```
//!
//! It prints
//!
//! ```text
//! listening on http://127.0.0.1:3000
//! ```
//!
//! With `REDIS_URL` all processes share the entries; without, or while Redis is away, it goes on. Where the key comes
//! from, how long an answer is good for and what a write makes stale stands on the handlers, in reports.rs and users.rs.
//!
//! | route | |
//! |---|---|
//! | `GET /api/v3/system/stats` | 30 s: how much there is in the database |
//! | `GET /api/v3/analytics/courses/{id}` | 60 s |
//! | `GET /api/v3/analytics/students/{id}` | 45 s |
//! | `GET`, `POST /users/{user_id}` | a change that succeeds clears `user:*` |
//! | `GET /health` | for a balancer |
//! | `GET /api/v3/system/health/detailed` | clients, memory, hit rate |
//! | `GET /api/v3/system/redis/stats` | version, uptime, clients, memory, commands, hit rate |
//! | `POST /api/v3/system/redis/test` | sets, gets, deletes, and reports each |
//! | `GET`, `PUT`, `DELETE /api/v3/cache/{key}`, `GET …/exists` | by key |
//! | `DELETE /api/v3/cache?pattern=report-*` | clears, and says how many |
//!
//! An item is `{"value": …, "ttl_seconds": 60}`, of which the second may be left out. The last three rows are for those
//! who send `Authorization: Bearer …` with the `ADMIN_TOKEN` of the environment, and for nobody if there is none.
//! Settings of Redis: `REDIS_URL`, `REDIS_MAX_CONNECTIONS`, `REDIS_SOCKET_TIMEOUT`, `REDIS_SOCKET_CONNECT_TIMEOUT`,
//! `REDIS_RETRY_ON_TIMEOUT`.

mod items;
mod reports;
mod system;
mod users;

use std::time::Duration;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::{delete, get, post};
use cached_axum::{BearerToken, CacheLayer, RequireGuard};
use cached_core::Cache;
use examples::{Database, settings};

/// The state of the handlers.
#[derive(Clone, FromRef)]
struct Analytics {
    cache: Cache,
    database: Database,
}

fn routes() -> Router<Analytics> {
    Router::new()
        .route("/api/v3/system/stats", get(reports::system))
        .route("/api/v3/analytics/courses/{id}", get(reports::course))
        .route("/api/v3/analytics/students/{id}", get(reports::student))
        .route("/users/{user_id}", get(users::user).post(users::change))
        .route("/health", get(system::health))
        .route("/api/v3/system/health/detailed", get(system::detailed))
        .route("/api/v3/system/redis/stats", get(system::redis))
        // Clients may keep reports, and ask whether they still hold: a change is seen at once.
        .layer(CacheLayer::new().revalidate())
}

fn guarded(token: BearerToken) -> Router<Analytics> {
    let item = get(items::get).put(items::set).delete(items::delete);
    Router::new()
        .route("/api/v3/system/redis/test", post(system::test))
        .route("/api/v3/cache", delete(items::clear))
        .route("/api/v3/cache/{key}", item)
        .route("/api/v3/cache/{key}/exists", get(items::exists))
        .route_layer(RequireGuard::new(token))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    examples::log()?;
    let cache = Cache::builder()
        .namespace("analytics")
        .with_env()?
        .build()?;
    cache.install()?;
    // Connects. Whether that works makes no difference to those who ask for reports.
    if let Err(error) = cache.ready(Duration::from_secs(2)).await {
        tracing::warn!(%error, "starting without Redis");
    }
    let service = Analytics {
        cache: cache.clone(),
        database: Database::open().await?,
    };
    let mut routes = routes();
    if let Some(token) = settings::text("ADMIN_TOKEN") {
        routes = routes.merge(guarded(BearerToken::new(token)?));
    }
    examples::serve(&cache, routes.with_state(service.clone())).await?;
    service.database.close().await;
    Ok(())
}
