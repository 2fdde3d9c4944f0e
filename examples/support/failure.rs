//! Errors of a service, as responses.

use std::borrow::Cow;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cached_core::ErrorKind;
use serde_json::json;

/// The answer to a request that failed: a status, and a sentence as `{"error": "…"}`.
///
/// It is `Clone`, so callers that wait for one load share its failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The status, on which a client can act.
    pub status: StatusCode,
    /// The sentence, which a person reads.
    pub message: Cow<'static, str>,
}

impl Failure {
    /// Creates a failure of any status.
    #[must_use]
    pub fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            message: message.into(),
        }
    }

    /// Creates a 404: it is not there.
    #[must_use]
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// Creates a 400: the client has to ask for something else.
    #[must_use]
    pub fn refused(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// Creates a 503: Redis is away, and this cannot be done without. What is wrong with it is in the log, and for nobody else.
    #[must_use]
    pub fn unavailable() -> Self {
        let message = "this cannot be done at the moment: try again later";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<sqlx::Error> for Failure {
    /// Converts an error of the database: the client learns that it failed, the log learns why.
    fn from(error: sqlx::Error) -> Self {
        tracing::error!(%error, "the database failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the database failed")
    }
}

impl From<cached_core::Error> for Failure {
    /// Converts an error of the cache: 400 for a key or a pattern that cannot be used, 413 for a value that cannot be kept,
    /// 503 for a store that does not answer.
    fn from(error: cached_core::Error) -> Self {
        match error.kind() {
            ErrorKind::Key | ErrorKind::Pattern => Self::refused(error.to_string()),
            ErrorKind::TooLarge | ErrorKind::Unstorable => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, error.to_string())
            }
            _ => Self::unavailable(),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.message }))).into_response()
    }
}
