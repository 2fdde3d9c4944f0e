//! A handler that writes, and the one whose answers it makes stale.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use cached_axum::{cached, invalidates};
use examples::{Database, Failure};
use serde::{Deserialize, Serialize};

/// One user.
#[derive(Clone, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub(crate) struct User {
    name: String,
    level: String,
    /// The number of users at that level, so that a change of one user makes the pages of others stale.
    at_level: i64,
}

/// The fields that can be changed.
#[derive(Debug, Deserialize)]
pub(crate) struct Change {
    level: String,
}

#[cached(ttl = "5m", prefix = "user:{user_id}")]
pub(crate) async fn user(
    Path(user_id): Path<i64>,
    #[cached(skip)] State(database): State<Database>,
) -> Result<Json<User>, Failure> {
    let user: Option<User> = sqlx::query_as(
        "SELECT name, level, (SELECT count(*) FROM user AS other WHERE other.level = user.level) AS at_level
         FROM user WHERE id = ?",
    )
    .bind(user_id)
    .fetch_optional(database.pool())
    .await?;
    user.map(Json).ok_or_else(no_such_user)
}

/// Clears `user:*` if it succeeds: neither after an `Err`, nor if the request did not get as far as this.
#[invalidates("user:*")]
pub(crate) async fn change(
    Path(user_id): Path<i64>,
    State(database): State<Database>,
    Json(Change { level }): Json<Change>,
) -> Result<StatusCode, Failure> {
    if !["A1", "A2", "B1", "B2"].contains(&level.as_str()) {
        return Err(Failure::refused("a level is A1, A2, B1 or B2"));
    }
    let changed = sqlx::query("UPDATE user SET level = ? WHERE id = ?")
        .bind(level)
        .bind(user_id)
        .execute(database.pool())
        .await?;
    match changed.rows_affected() {
        0 => Err(no_such_user()),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

fn no_such_user() -> Failure {
    Failure::not_found("no such user")
}
