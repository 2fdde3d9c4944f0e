//! The admin page: [`router`], and the parts of which services make their own.
//!
//! | | answers |
//! |---|---|
//! | `GET /stats` | [`StatsReport`]: what was counted, in total and by function |
//! | `GET /health` | [`HealthDetails`]: the health page, and what is wrong |
//! | `GET /server` | [`ServerReport`]: what the store says of itself |
//! | `POST /test` | [`SelfTest`]: sets, gets and deletes a key of its own, and reports each; 503 if one failed |
//! | `POST /invalidate` | of `{"pattern": "user:42:*"}` or `{"tag": "course:7"}`: [`InvalidationReport`] |
//! | `POST /purge` | of `{"glob": "*:profile:*"}`: [`PurgeReport`], how many keys were deleted |
//! | `POST /clear` | [`InvalidationReport`]: everything in the namespace is unusable |
//!
//! Answers are JSON, also the [`AdminRejection`]s, but for what the guard answers; none has a value or a secret in it.
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
mod request;
mod self_test;
mod server;
mod stats;

pub use health_details::HealthDetails;
pub use rejection::AdminRejection;
use request::{Invalidate, Order, Purge};
pub use request::{InvalidationReport, PurgeReport};
pub use self_test::{SelfTest, StepReport};
pub use server::ServerReport;
pub use stats::{CountsReport, StatsReport};

/// The largest body: a glob that is too long gets its own answer, and not that of a body.
const LARGEST_BODY: usize = 16 * 1024;

/// The admin page of `cache`, for whom `guard` lets pass: see [the module](self).
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
    let desk = Desk {
        cache,
        turns: Arc::new(Semaphore::new(1)),
    };
    Router::new()
        .route("/stats", get(stats))
        .route("/health", get(details))
        .route("/server", get(server))
        .route("/test", post(test))
        .route("/invalidate", post(invalidate))
        .route("/purge", post(purge))
        .route("/clear", post(clear))
        .route_layer(DefaultBodyLimit::max(LARGEST_BODY))
        .route_layer(map_response(kept_by_nobody))
        .route_layer(RequireGuard::new(guard))
        .with_state(desk)
}

/// What the handlers share.
#[derive(Clone)]
struct Desk {
    cache: Cache,
    turns: Arc<Semaphore>,
}

impl Desk {
    /// Taken when all of the request is there: who sends slowly holds up nobody.
    fn turn(&self) -> Result<OwnedSemaphorePermit, AdminRejection> {
        let turns = Arc::clone(&self.turns);
        turns.try_acquire_owned().map_err(|_| AdminRejection::Busy)
    }
}

type Answer<T> = Result<T, AdminRejection>;

async fn stats(State(desk): State<Desk>) -> StatsReport {
    StatsReport::of(&desk.cache)
}

async fn details(State(desk): State<Desk>) -> HealthDetails {
    HealthDetails::of(&desk.cache).await
}

async fn server(State(desk): State<Desk>) -> Answer<ServerReport> {
    Ok(ServerReport::of(&desk.cache).await?)
}

async fn test(State(desk): State<Desk>) -> Answer<SelfTest> {
    let _turn = desk.turn()?;
    Ok(SelfTest::run(&desk.cache).await)
}

async fn invalidate(
    State(desk): State<Desk>,
    Order(order): Order<Invalidate>,
) -> Answer<InvalidationReport> {
    let _turn = desk.turn()?;
    let outcome = match order {
        Invalidate::Pattern(pattern) => desk.cache.invalidate(Pattern::from(pattern)).await?,
        Invalidate::Tag(tag) => desk.cache.invalidate_tag(Tag::from(tag)).await?,
    };
    Ok(outcome.into())
}

async fn purge(
    State(desk): State<Desk>,
    Order(Purge { glob }): Order<Purge>,
) -> Answer<PurgeReport> {
    let _turn = desk.turn()?;
    let deleted = desk.cache.purge(&glob).await?;
    Ok(PurgeReport { deleted })
}

async fn clear(State(desk): State<Desk>) -> Answer<InvalidationReport> {
    let _turn = desk.turn()?;
    Ok(desk.cache.clear().await?.into())
}

async fn kept_by_nobody(mut response: Response) -> Response {
    let (name, value) = health::NOT_KEPT;
    response.headers_mut().insert(name, value);
    response
}
