//! A platform for agents that teach: sessions, logins, answers of a paid model and queries, all of it in Redis, and
//! nothing of it elsewhere without anybody knowing.
//!
//! ```text
//! REDIS_PASSWORD=secret docker compose -f examples/compose.yaml up --detach
//! export REDIS_URL=redis://:secret@127.0.0.1 ADMIN_TOKEN=a-long-secret-of-yours
//! cargo run -p examples --features services --bin platform
//! curl -i localhost:3000/api/users/7/progress
//! curl -H "Authorization: Bearer $ADMIN_TOKEN" localhost:3000/api/cache/stats
//! ```
//!
//! Without a Redis that answers it does not start, and says what to do. While Redis is away it answers 503, and does
//! not pretend: what needs Redis fails, and so does `/health`. What is cached, for how long, and what makes it stale
//! stands on the handlers, in queries.rs and model.rs.
//!
//! | route | kept as | for |
//! |---|---|---|
//! | `POST /api/sessions`; `GET`, `PUT`, `DELETE /api/sessions/{id}` | `agent:session:{digest}` | `SESSION_TTL`, 30 min |
//! | `POST /api/oauth/{provider}`, `GET …/callback?state=` | `oauth:{provider}:{state}` | `OAUTH_STATE_TTL`, 10 min; read once |
//! | `POST /api/model/{operation}` | `model:{operation}:{model}:{digest}` | `ANSWER_TTL`, 24 h |
//! | `GET /api/scenarios/{id}/analysis` | `analysis:{id}` | `ANALYSIS_TTL`, 12 h |
//! | `POST /api/scenarios/{id}/simulate` | `simulation:{id}:{user_id}:{digest}` | `SIMULATION_TTL`, 1 h |
//! | `GET /api/users/{id}/progress`, `…/scenarios/{id}` | `query:user:{id}:…` | `USER_QUERY_TTL`, 5 min |
//! | `GET`, `PUT /api/scenarios/{id}` | `query:scenario:{id}` | `STATIC_QUERY_TTL`, 1 h |
//! | `GET /api/scenarios`, `…/{id}/count` | `query:list:…`, `query:count:{id}` | `LIST_QUERY_TTL`, 10 min |
//! | `POST /api/scenarios/{id}/results` | | |
//! | `GET /health` | | |
//!
//! Requests to them; an operation is `summarize`, `translate` or `grade`:
//!
//! ```text
//! curl --json '{"user_id": 7, "scenario_id": 3}' localhost:3000/api/sessions
//! curl -X PUT --json '{"memory": {"said": "hello"}}' localhost:3000/api/sessions/$ID
//! curl --json '{"user_id": 7, "back_to": "/lessons"}' localhost:3000/api/oauth/github
//! curl --json '{"model": "small", "input": "A text."}' localhost:3000/api/model/grade
//! curl --json '{"user_id": 7, "text": "Hello!"}' localhost:3000/api/scenarios/3/simulate
//! curl --json '{"user_id": 7, "score": 80}' localhost:3000/api/scenarios/3/results
//! curl -X PUT --json '{"title": "At the market", "page": "…"}' localhost:3000/api/scenarios/3
//! ```
//!
//! And for those who send `Authorization: Bearer …` with `ADMIN_TOKEN`: `GET /api/cache/stats`,
//! `POST /api/cache/invalidate/user/{user_id}`, `POST /api/cache/invalidate/scenario/{scenario_id}`,
//! `POST /api/cache/cleanup`. With `SESSION_COPY=true` sessions have a copy in the database, which survives a flush of
//! Redis.

mod admin;
mod archive;
mod login;
mod model;
mod queries;
mod sessions;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post};
use cached_axum::{BearerToken, CacheLayer, RequireGuard, health};
use cached_core::{Cache, Outage};
use examples::{Database, PaidModel, settings};
use tokio::sync::Mutex;

use crate::login::Valid;
use crate::sessions::Sessions;

const PATIENCE: Duration = Duration::from_secs(5);

const HELP: &str = "sessions and logins are kept in Redis and nowhere else, so the platform does not start without. \
    Start one, as in examples/compose.yaml, and set REDIS_URL=redis://:password@127.0.0.1:6379";

/// The state of the routes.
#[derive(Clone, FromRef)]
struct Platform {
    cache: Cache,
    database: Database,
    model: PaidModel,
    sessions: Sessions,
    login: Valid,
    cleaning: Arc<Mutex<()>>,
}

fn routes() -> Router<Platform> {
    let session = get(sessions::read)
        .put(sessions::update)
        .delete(sessions::end);
    Router::new()
        .route("/api/sessions", post(sessions::create))
        .route("/api/sessions/{id}", session)
        .route("/api/oauth/{provider}", post(login::begin))
        .route("/api/oauth/{provider}/callback", get(login::callback))
        .route("/api/model/{operation}", post(model::answer))
        .route("/api/users/{user_id}/progress", get(queries::progress))
        .route(
            "/api/users/{user_id}/scenarios/{scenario_id}",
            get(queries::attempts),
        )
        .route("/api/scenarios", get(queries::scenarios))
        .route(
            "/api/scenarios/{scenario_id}",
            get(queries::scenario).put(queries::rewrite),
        )
        .route("/api/scenarios/{scenario_id}/count", get(queries::count))
        .route(
            "/api/scenarios/{scenario_id}/results",
            post(queries::record),
        )
        .route(
            "/api/scenarios/{scenario_id}/analysis",
            get(model::analysis),
        )
        .route(
            "/api/scenarios/{scenario_id}/simulate",
            post(model::simulate),
        )
        // Clients may keep answers, and ask whether they still hold: a change is seen at once.
        .layer(CacheLayer::new().revalidate())
}

fn guarded(token: BearerToken) -> Router<Platform> {
    Router::new()
        .route("/api/cache/stats", get(admin::stats))
        .route(
            "/api/cache/invalidate/user/{user_id}",
            post(admin::forget_user),
        )
        .route(
            "/api/cache/invalidate/scenario/{scenario_id}",
            post(admin::forget_scenario),
        )
        .route("/api/cache/cleanup", post(admin::clean_up))
        .route_layer(RequireGuard::new(token))
}

/// Makes a cache that has reached its Redis.
async fn connected() -> anyhow::Result<Cache> {
    ensure!(
        settings::text("REDIS_URL").is_some(),
        "there is no REDIS_URL: {HELP}"
    );
    let builder = Cache::builder().namespace("platform").outage(Outage::Fail);
    let cache = builder.with_env()?.build()?;
    ensure!(cache.is_on(), "CACHE_ENABLED turns Redis off: {HELP}");
    cache
        .ready(PATIENCE)
        .await
        .with_context(|| format!("Redis cannot be used: {HELP}"))?;
    cache.install()?;
    Ok(cache)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    examples::log()?;
    let cache = connected().await?;
    let token = settings::text("ADMIN_TOKEN")
        .context("there is no ADMIN_TOKEN: set it to a secret of at least 16 characters")?;
    let token = BearerToken::new(token).context("ADMIN_TOKEN cannot be used")?;
    let database = Database::open().await?;
    let platform = Platform {
        cache: cache.clone(),
        database: database.clone(),
        model: PaidModel::from_env()?,
        sessions: Sessions::from_env(&cache, &database)?,
        login: Valid::from_env()?,
        cleaning: Arc::default(),
    };
    let routes = routes()
        .merge(guarded(token))
        .nest("/health", health::strict_router(cache.clone()));
    examples::serve(&cache, routes.with_state(platform)).await?;
    database.close().await;
    Ok(())
}
