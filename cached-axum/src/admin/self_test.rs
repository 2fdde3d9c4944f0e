//! [`SelfTest`]: a try of the store, on a key of its own.

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

/// The lifetime of the key of a test that could not delete it.
const TTL: Duration = Duration::from_secs(10);

/// A test that sets, gets and deletes a key. Each step is tried, whatever became of the one before.
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
    /// All steps succeeded.
    pub ok: bool,
    /// The step that stores a value.
    pub set: StepReport,
    /// The step that reads the value back.
    pub get: StepReport,
    /// The step that deletes it.
    pub delete: StepReport,
}

/// The outcome of one step of a [`SelfTest`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StepReport {
    /// The step succeeded.
    pub ok: bool,
    /// The time it took.
    pub milliseconds: f64,
    /// The error, if it failed; never a value or a secret.
    pub problem: Option<String>,
}

impl SelfTest {
    /// Runs the test on `cache`, with a key of its own: within three operation deadlines.
    ///
    /// It is about the store alone: inside [`bypass`](Cache::bypass) and [`refresh`](Cache::refresh) it is the same. Dropped at
    /// any moment, it still removes its key.
    pub async fn run(cache: &Cache) -> Self {
        // What is around a call does not reach into a task.
        let steps = tokio::spawn(run_steps(cache.clone()));
        steps.await.unwrap_or_else(|_| {
            let given_up = StepReport {
                ok: false,
                milliseconds: 0.0,
                problem: Some("the process is shutting down".to_owned()),
            };
            Self {
                ok: false,
                set: given_up.clone(),
                get: given_up.clone(),
                delete: given_up,
            }
        })
    }
}

async fn run_steps(cache: Cache) -> SelfTest {
    // Random: other processes may be at it, too.
    let value = RandomState::new().hash_one(TTL);
    let key = format!("self-test:{value:016x}");
    let set = run_step(cache.set(key.as_str(), &value, TTL), |()| true, "").await;
    let get = cache.get::<u64>(key.as_str());
    let is_right = |found| found == Some(value);
    let get = run_step(get, is_right, "the value did not come back").await;
    let delete = cache.delete(key.as_str());
    let delete = run_step(delete, |deleted| deleted, "there was nothing to delete").await;
    SelfTest {
        ok: set.ok && get.ok && delete.ok,
        set,
        get,
        delete,
    }
}

async fn run_step<T>(
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
