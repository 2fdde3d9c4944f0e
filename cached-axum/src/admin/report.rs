//! [`InvalidationReport`] and [`PurgeReport`]: what a change of the cache has done.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use cached_core::Invalidated;
use http::StatusCode;
use serde::Serialize;

/// The outcome of an invalidation: `{"outcome": "applied"}`, or `postponed`.
///
/// As a response, 200 if it holds in every process, and 202 if Redis has not confirmed it yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct InvalidationReport {
    /// `applied` or `postponed`.
    pub outcome: &'static str,
}

impl From<Invalidated> for InvalidationReport {
    fn from(outcome: Invalidated) -> Self {
        let outcome = if outcome.is_applied() {
            "applied"
        } else {
            "postponed"
        };
        Self { outcome }
    }
}

impl IntoResponse for InvalidationReport {
    fn into_response(self) -> Response {
        let status = if self.outcome == "applied" {
            StatusCode::OK
        } else {
            StatusCode::ACCEPTED
        };
        (status, Json(self)).into_response()
    }
}

/// The outcome of a purge: `{"deleted": 12}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PurgeReport {
    /// The number of keys deleted.
    pub deleted: u64,
}

impl IntoResponse for PurgeReport {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}
