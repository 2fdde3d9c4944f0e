//! The routes: they know HTTP, and nothing of a cache. Where an answer came from, a layer tells the client.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use cached_axum::CacheLayer;
use examples::Failure;
use serde::Deserialize;

use crate::lessons::{self, Answer, Lessons};
use crate::status;

/// A learner's answer to an exercise.
#[derive(Debug, Deserialize)]
struct Attempt {
    exercise: i64,
    answer: String,
}

/// The new text of an exercise.
#[derive(Debug, Deserialize)]
struct Text {
    text: String,
}

pub(crate) fn routes(lessons: &Lessons) -> Router {
    Router::new()
        .route("/api/ai/feedback", post(feedback))
        .route("/api/ai/hints/{exercise}", get(hint))
        .route("/api/ai/insights/{learner}", get(insight))
        .route("/api/exercises/{exercise}", put(rewrite))
        .layer(CacheLayer::new())
        .route("/api/ai/statistics", get(status::statistics))
        .route("/api/ai/costs", get(status::costs))
        .route("/api/health/ai", get(status::health))
        .with_state(lessons.clone())
}

async fn feedback(
    State(lessons): State<Lessons>,
    Json(Attempt { exercise, answer }): Json<Attempt>,
) -> Result<Json<Answer>, Failure> {
    lessons::feedback(exercise, &answer, &lessons)
        .await
        .map(Json)
}

async fn hint(
    Path(exercise): Path<i64>,
    State(lessons): State<Lessons>,
) -> Result<Json<Answer>, Failure> {
    lessons::hint(exercise, &lessons).await.map(Json)
}

async fn insight(
    Path(learner): Path<i64>,
    State(lessons): State<Lessons>,
) -> Result<Json<Answer>, Failure> {
    lessons::insight(learner, &lessons).await.map(Json)
}

async fn rewrite(
    Path(exercise): Path<i64>,
    State(lessons): State<Lessons>,
    Json(Text { text }): Json<Text>,
) -> Result<StatusCode, Failure> {
    lessons::rewrite(exercise, &text, &lessons).await?;
    Ok(StatusCode::NO_CONTENT)
}
