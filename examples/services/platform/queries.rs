//! Queries of the database, and writes. Every answer about a user or a scenario has a tag of it, which admins name, and
//! whoever rewrites a scenario. A result makes less stale, and names just that.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use cached_axum::{cached, invalidates};
use examples::{Database, Failure};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

type Answer<T> = Result<Json<T>, Failure>;

/// The progress of a user.
#[derive(Clone, Debug, FromRow, Serialize, Deserialize)]
pub(crate) struct Progress {
    simulations: i64,
    scenarios: i64,
    average: f64,
}

/// One attempt of one user at one scenario.
#[derive(Clone, Debug, FromRow, Serialize, Deserialize)]
pub(crate) struct Attempt {
    id: i64,
    score: f64,
}

/// A situation to talk in.
#[derive(Clone, Debug, FromRow, Serialize, Deserialize)]
pub(crate) struct Scenario {
    id: i64,
    title: String,
    page: String,
}

/// A row of the list of scenarios.
#[derive(Clone, Debug, FromRow, Serialize, Deserialize)]
pub(crate) struct Title {
    id: i64,
    title: String,
}

/// A page of a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Part {
    limit: u32,
    offset: u32,
}

impl Default for Part {
    fn default() -> Self {
        Self {
            limit: 10,
            offset: 0,
        }
    }
}

#[cached(ttl = "5m", ttl_env = "USER_QUERY_TTL", prefix = "query:user:{user_id}:progress", tags = ["user:{user_id}"])]
pub(crate) async fn progress(
    Path(user_id): Path<i64>,
    #[cached(skip)] State(database): State<Database>,
) -> Answer<Progress> {
    let progress = sqlx::query_as(
        "SELECT count(*) AS simulations, count(DISTINCT scenario_id) AS scenarios, coalesce(avg(score), 0.0) AS average
         FROM simulation WHERE user_id = ?",
    )
    .bind(user_id)
    .fetch_one(database.pool())
    .await?;
    Ok(Json(progress))
}

#[cached(
    ttl = "5m",
    ttl_env = "USER_QUERY_TTL",
    prefix = "query:user:{user_id}:scenario:{scenario_id}",
    tags = ["user:{user_id}", "scenario:{scenario_id}"]
)]
pub(crate) async fn attempts(
    Path((user_id, scenario_id)): Path<(i64, i64)>,
    #[cached(skip)] State(database): State<Database>,
) -> Answer<Vec<Attempt>> {
    let attempts = sqlx::query_as(
        "SELECT id, score FROM simulation WHERE user_id = ? AND scenario_id = ? ORDER BY id",
    )
    .bind(user_id)
    .bind(scenario_id)
    .fetch_all(database.pool())
    .await?;
    Ok(Json(attempts))
}

#[cached(ttl = "1h", ttl_env = "STATIC_QUERY_TTL", prefix = "query:scenario:{scenario_id}", tags = ["scenario:{scenario_id}"])]
pub(crate) async fn scenario(
    Path(scenario_id): Path<i64>,
    #[cached(skip)] State(database): State<Database>,
) -> Answer<Scenario> {
    let scenario = sqlx::query_as("SELECT id, title, page FROM scenario WHERE id = ?")
        .bind(scenario_id)
        .fetch_optional(database.pool())
        .await?;
    scenario.map(Json).ok_or_else(no_such_scenario)
}

#[cached(
    ttl = "10m",
    ttl_env = "LIST_QUERY_TTL",
    prefix = "query:list:scenarios"
)]
pub(crate) async fn scenarios(
    Query(part): Query<Part>,
    #[cached(skip)] State(database): State<Database>,
) -> Answer<Vec<Title>> {
    let titles = sqlx::query_as("SELECT id, title FROM scenario ORDER BY id LIMIT ? OFFSET ?")
        .bind(part.limit.min(100))
        .bind(part.offset)
        .fetch_all(database.pool())
        .await?;
    Ok(Json(titles))
}

/// Counts the attempts at a scenario.
#[cached(ttl = "10m", ttl_env = "LIST_QUERY_TTL", prefix = "query:count:{scenario_id}", tags = ["scenario:{scenario_id}"])]
pub(crate) async fn count(
    Path(scenario_id): Path<i64>,
    #[cached(skip)] State(database): State<Database>,
) -> Answer<i64> {
    let count = sqlx::query_scalar("SELECT count(*) FROM simulation WHERE scenario_id = ?")
        .bind(scenario_id)
        .fetch_one(database.pool())
        .await?;
    Ok(Json(count))
}

/// The result of an attempt.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Outcome {
    user_id: i64,
    score: f64,
}

/// Stores the result of an attempt. The model's answers about the scenario stay: they were paid for, and no result changes them.
#[invalidates(
    progress(Path(outcome.user_id)),
    attempts(Path((outcome.user_id, scenario_id))),
    count(Path(scenario_id))
)]
pub(crate) async fn record(
    Path(scenario_id): Path<i64>,
    State(database): State<Database>,
    Json(outcome): Json<Outcome>,
) -> Result<StatusCode, Failure> {
    let recorded = sqlx::query(
        "INSERT INTO simulation (scenario_id, user_id, score) SELECT id, ?, ? FROM scenario WHERE id = ?",
    )
    .bind(outcome.user_id)
    .bind(outcome.score)
    .bind(scenario_id)
    .execute(database.pool())
    .await?;
    match recorded.rows_affected() {
        0 => Err(no_such_scenario()),
        _ => Ok(StatusCode::CREATED),
    }
}

/// The new content of a scenario.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Rewritten {
    title: String,
    page: String,
}

#[invalidates(scenarios(..), tags = ["scenario:{scenario_id}"])]
pub(crate) async fn rewrite(
    Path(scenario_id): Path<i64>,
    State(database): State<Database>,
    Json(new): Json<Rewritten>,
) -> Result<StatusCode, Failure> {
    let rewritten = sqlx::query("UPDATE scenario SET title = ?, page = ? WHERE id = ?")
        .bind(&new.title)
        .bind(&new.page)
        .bind(scenario_id)
        .execute(database.pool())
        .await?;
    match rewritten.rows_affected() {
        0 => Err(no_such_scenario()),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

fn no_such_scenario() -> Failure {
    Failure::not_found("no such scenario")
}
