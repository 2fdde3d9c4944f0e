//! [`HealthDetails`]: the health page for operators.

use std::error::Error as _;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use cached_core::{Cache, Error};
use serde::Serialize;

use crate::health::HealthReport;

/// A [`HealthReport`], with the problem if there is one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HealthDetails {
    /// The public part.
    #[serde(flatten)]
    pub report: HealthReport,
    /// `redis` or `memory`.
    pub store: &'static str,
    /// The error, its causes, and what to do about it; never a value or a secret.
    pub problem: Option<String>,
}

impl HealthDetails {
    /// Asks `cache` and reports, as [`HealthReport::of`] does.
    pub async fn of(cache: &Cache) -> Self {
        let health = cache.health().await;
        Self {
            store: health.store,
            problem: health.problem.as_ref().map(format_with_causes),
            report: HealthReport::from_health(cache, &health).await,
        }
    }
}

/// Formats `error` with all of its causes, each said once.
fn format_with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut said = text.clone();
    let mut source = error.source();
    while let Some(cause) = source {
        let says = cause.to_string();
        if says != said {
            text.push_str(": ");
            text.push_str(&says);
            said = says;
        }
        source = cause.source();
    }
    text
}

impl IntoResponse for HealthDetails {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}
