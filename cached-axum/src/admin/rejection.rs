//! [`AdminRejection`]: the response of an admin page that did nothing.

use std::{borrow::Cow, error::Error as StdError, fmt, time::Duration};

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use cached_core::{Error, ErrorKind};
use headers::{HeaderMapExt as _, RetryAfter};
use http::StatusCode;
use serde_json::json;

/// The time after which a caller should try again whose turn it is not.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Rejection of a request by an admin page; as a response, `{"error": "…"}`.
///
/// The operator `?` makes it from an [`Error`], so that a service's own handlers can return it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AdminRejection {
    /// The body has another form than this route takes: 400, 413 if it is too large, 415 if it is not said to be JSON.
    Body(StatusCode, &'static str),
    /// The pattern, tag or glob cannot be used: 400, with the reason.
    Invalid(Cow<'static, str>),
    /// Another request changes something at this moment: 429, with `Retry-After`.
    Busy,
    /// The cache returned an error: 400 if it is about the pattern, else 503.
    Cache(Error),
}

impl AdminRejection {
    /// The status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Body(status, _) => *status,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Busy => StatusCode::TOO_MANY_REQUESTS,
            Self::Cache(error) => match error.kind() {
                ErrorKind::Pattern | ErrorKind::Key => StatusCode::BAD_REQUEST,
                _ => StatusCode::SERVICE_UNAVAILABLE,
            },
        }
    }
}

impl From<Error> for AdminRejection {
    fn from(error: Error) -> Self {
        Self::Cache(error)
    }
}

impl fmt::Display for AdminRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(_, problem) => f.write_str(problem),
            Self::Invalid(problem) => f.write_str(problem),
            Self::Busy => f.write_str("another request is changing the cache: try again later"),
            Self::Cache(error) => error.fmt(f),
        }
    }
}

impl StdError for AdminRejection {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Cache(error) => error.source(),
            _ => None,
        }
    }
}

impl IntoResponse for AdminRejection {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.to_string() });
        let mut response = (self.status(), Json(body)).into_response();
        if let Self::Busy = self {
            response
                .headers_mut()
                .typed_insert(RetryAfter::delay(RETRY_AFTER));
        }
        response
    }
}
