//! The admin page: [`router`], and its parts for pages of a service's own.
//!
//! | request | response |
//! |---|---|
//! | `GET /stats` | [`StatsReport`]: the counts, in total and by function |
//! | `GET /health` | [`HealthDetails`]: the health page, with the problem if there is one |
//! | `GET /server` | [`ServerReport`]: the server's own figures |
//! | `POST /test` | [`SelfTest`]: sets, gets and deletes a key of its own, and reports each; 503 if one failed |
//! | `POST /invalidate`, `{"pattern": "user:42:*"}` or `{"tag": "course:7"}` | [`InvalidationReport`] |
//! | `POST /purge`, `{"glob": "*:profile:*"}` | [`PurgeReport`]: how many keys were deleted |
//! | `POST /clear` | [`InvalidationReport`]: everything in the namespace is unusable |
//!
//! Responses are JSON, the [`AdminRejection`]s too, except for those of the guard; none has a value or a secret in it.
//!
//! **An admin page cannot hurt the server.** Of all `POST`s of one router, one runs at a time: others are answered with
//! `429 Too Many Requests` and `Retry-After`. A purge goes through the keyspace in batches, each with a deadline of its
//! own, and ends when its caller hangs up; the rest is of constant cost. Bodies are at most 16 KiB, patterns, tags and
//! globs at most 512 bytes, without control characters; a glob has at most four `*`, and something beside its
//! wildcards: for everything there is `/clear`.
//!
//! `/test` and `/clear` take no body, so any page can have a browser send them: a guard that goes by cookies has to look
//! at `Sec-Fetch-Site` or `Origin`, too. A bearer token is not sent by itself.

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    middleware::map_response,
    response::Response,
    routing::{get, post},
};
use cached_core::{Cache, Pattern, Tag};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    guard::{Guard, RequireGuard},
    health,
};

mod health_details;
mod rejection;
mod report;
mod request;
mod self_test;
mod server;
mod stats;

pub use health_details::HealthDetails;
pub use rejection::AdminRejection;
pub use report::{InvalidationReport, PurgeReport};
use request::{AdminRequest, Invalidate, Purge};
pub use self_test::{SelfTest, StepReport};
pub use server::ServerReport;
pub use stats::{CountsReport, StatsReport};

/// The largest body: above the longest glob, so that one that is too long is told so itself.
const MAX_BODY: usize = 16 * 1024;

/// Creates the admin page of `cache`, for those whom `guard` lets pass: see [the module](self).
///
/// # Examples
///
/// ```
/// use axum::{Router, body::Body, http::{Request, StatusCode}};
/// use cached_axum::{BearerToken, admin};
/// use cached_core::Cache;
/// use tower::ServiceExt as _;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let secret = "Vq3mRz8KxP0aT5yD"; // from the environment, in a service
/// let cache = Cache::in_memory()?;
/// let app: Router = Router::new().nest("/admin/cache", admin::router(cache, BearerToken::new(secret)?));
///
/// let stranger = Request::post("/admin/cache/clear").body(Body::empty())?;
/// assert_eq!(app.clone().oneshot(stranger).await?.status(), StatusCode::UNAUTHORIZED);
///
/// let operator = Request::post("/admin/cache/clear")
///     .header("authorization", format!("Bearer {secret}"))
///     .body(Body::empty())?;
/// assert_eq!(app.oneshot(operator).await?.status(), StatusCode::OK);
/// # Ok(())
/// # }
/// ```
///
/// Without a guard it does not compile:
///
/// ```compile_fail
/// # use axum::Router;
/// # use cached_axum::admin;
/// # use cached_core::Cache;
/// # let cache = Cache::in_memory().unwrap();
/// let app: Router = admin::router(cache);
/// ```
pub fn router<S: Clone + Send + Sync + 'static>(cache: Cache, guard: impl Guard) -> Router<S> {
    let state = AdminState {
        cache,
        turns: Arc::new(Semaphore::new(1)),
    };
    Router::new()
        .route("/stats", get(show_stats))
        .route("/health", get(show_health))
        .route("/server", get(show_server))
        .route("/test", post(run_self_test))
        .route("/invalidate", post(invalidate))
        .route("/purge", post(purge))
        .route("/clear", post(clear))
        .route_layer(DefaultBodyLimit::max(MAX_BODY))
        .route_layer(map_response(forbid_storing))
        .route_layer(RequireGuard::new(guard))
        .with_state(state)
}

/// The state that the handlers share.
#[derive(Clone)]
struct AdminState {
    cache: Cache,
    /// One permit, for the request that changes something.
    turns: Arc<Semaphore>,
}

impl AdminState {
    /// Takes the turn of a request, once all of it is there: a client that sends slowly holds up nobody.
    fn take_turn(&self) -> Result<OwnedSemaphorePermit, AdminRejection> {
        let turns = Arc::clone(&self.turns);
        turns.try_acquire_owned().map_err(|_| AdminRejection::Busy)
    }
}

type AdminResult<T> = Result<T, AdminRejection>;

async fn show_stats(State(state): State<AdminState>) -> StatsReport {
    StatsReport::of(&state.cache)
}

async fn show_health(State(state): State<AdminState>) -> HealthDetails {
    HealthDetails::of(&state.cache).await
}

async fn show_server(State(state): State<AdminState>) -> AdminResult<ServerReport> {
    Ok(ServerReport::of(&state.cache).await?)
}

async fn run_self_test(State(state): State<AdminState>) -> AdminResult<SelfTest> {
    let _turn = state.take_turn()?;
    Ok(SelfTest::run(&state.cache).await)
}

async fn invalidate(
    State(state): State<AdminState>,
    AdminRequest(request): AdminRequest<Invalidate>,
) -> AdminResult<InvalidationReport> {
    let _turn = state.take_turn()?;
    let outcome = match request {
        Invalidate::Pattern(pattern) => state.cache.invalidate(Pattern::from(pattern)).await?,
        Invalidate::Tag(tag) => state.cache.invalidate_tag(Tag::from(tag)).await?,
    };
    Ok(outcome.into())
}

async fn purge(
    State(state): State<AdminState>,
    AdminRequest(Purge { glob }): AdminRequest<Purge>,
) -> AdminResult<PurgeReport> {
    let _turn = state.take_turn()?;
    let deleted = state.cache.purge(&glob).await?;
    Ok(PurgeReport { deleted })
}

async fn clear(State(state): State<AdminState>) -> AdminResult<InvalidationReport> {
    let _turn = state.take_turn()?;
    Ok(state.cache.clear().await?.into())
}

async fn forbid_storing(mut response: Response) -> Response {
    let (name, value) = health::NO_STORE;
    response.headers_mut().insert(name, value);
    response
}
