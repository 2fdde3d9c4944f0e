//! The routes of the admin page, of which those that change something take turns.

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

use super::{
    AdminRejection, HealthDetails, InvalidationReport, PurgeReport, SelfTest, ServerReport,
    StatsReport,
    request::{AdminRequest, Invalidate, Purge},
};
use crate::{
    guard::{Guard, RequireGuard},
    health,
};

/// The largest body: above the longest glob, so that one that is too long is told so itself.
const MAX_BODY: usize = 16 * 1024;

/// Creates the admin page of `cache`, for those whom `guard` lets pass: see [the module](super).
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
