//! [`SelfTest`]: whether the store does what it is there for.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher as _,
    time::{Duration, Instant},
};

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use cached_core::{Cache, Error};
use http::StatusCode;
use serde::Serialize;

/// How long the key of a test stays that could not delete it.
const TTL: Duration = Duration::from_secs(10);

/// Whether a cache sets, gets and deletes a key: each step is tried, whatever became of the one before.
///
/// As a response, 200 if all went well, and 503 if not.
///
/// # Examples
///
/// ```
/// use cached_axum::admin::SelfTest;
/// use cached_core::Cache;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cached_core::Error> {
/// let test = SelfTest::run(&Cache::in_memory()?).await;
/// assert!(test.ok);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SelfTest {
    /// All steps went well.
    pub ok: bool,
    /// A value was stored.
    pub set: StepReport,
    /// That value came back.
    pub get: StepReport,
    /// It was deleted.
    pub delete: StepReport,
}

/// What became of one step of a [`SelfTest`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StepReport {
    /// It did what it should.
    pub ok: bool,
    /// How long it took.
    pub milliseconds: f64,
    /// What went wrong; never a value or a secret.
    pub problem: Option<String>,
}

impl SelfTest {
    /// Runs it on `cache`, with a key of its own: three operation deadlines at most.
    pub async fn run(cache: &Cache) -> Self {
        // Random: other processes may be at it, too.
        let value = RandomState::new().hash_one(TTL);
        let key = format!("self-test:{value:016x}");
        let set = step(cache.set(key.as_str(), &value, TTL), |()| true, "").await;
        let get = step(
            cache.get::<u64>(key.as_str()),
            |found| found == Some(value),
            "the value did not come back",
        );
        let get = get.await;
        let delete = step(
            cache.delete(key.as_str()),
            |deleted| deleted,
            "there was nothing to delete",
        );
        let delete = delete.await;
        Self {
            ok: set.ok && get.ok && delete.ok,
            set,
            get,
            delete,
        }
    }
}

async fn step<T>(
    operation: impl Future<Output = Result<T, Error>>,
    is_right: impl FnOnce(T) -> bool,
    otherwise: &str,
) -> StepReport {
    let began = Instant::now();
    let problem = match operation.await {
        Ok(value) => (!is_right(value)).then(|| otherwise.to_owned()),
        Err(error) => Some(error.to_string()),
    };
    StepReport {
        ok: problem.is_none(),
        milliseconds: (began.elapsed().as_secs_f64() * 1e6).round() / 1e3,
        problem,
    }
}

impl IntoResponse for SelfTest {
    fn into_response(self) -> Response {
        let status = if self.ok {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        (status, Json(self)).into_response()
    }
}
