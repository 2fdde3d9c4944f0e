//! Users of the coach: profile, settings, and messages.

use cached_core::{cached, invalidates};
use examples::Failure;
use serde::{Deserialize, Serialize};
use sqlx::SqlitePool;

/// The profile of a user.
#[derive(Clone, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub(crate) struct Profile {
    #[serde(default)]
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) language: String,
    pub(crate) level: String,
}

/// The settings of a user.
#[derive(Clone, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub(crate) struct Settings {
    pub(crate) voice: String,
    /// Minutes a day.
    pub(crate) daily_goal: u32,
}

/// A message of a user or of the coach.
#[derive(Clone, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub(crate) struct Message {
    pub(crate) role: String,
    pub(crate) text: String,
}

#[cached(
    ttl = "1h",
    ttl_env = "REDIS_TTL_USER",
    prefix = "user:{telegram_id}:profile"
)]
pub(crate) async fn profile(
    telegram_id: i64,
    #[cached(skip)] db: &SqlitePool,
) -> Result<Profile, Failure> {
    sqlx::query_as("SELECT id, name, language, level FROM user WHERE telegram_id = ?")
        .bind(telegram_id)
        .fetch_optional(db)
        .await?
        .ok_or_else(no_such_user)
}

#[cached(
    ttl = "1h",
    ttl_env = "REDIS_TTL_USER",
    prefix = "user:{telegram_id}:settings"
)]
pub(crate) async fn settings(
    telegram_id: i64,
    #[cached(skip)] db: &SqlitePool,
) -> Result<Settings, Failure> {
    sqlx::query_as(
        "SELECT voice.value AS voice, CAST(goal.value AS INTEGER) AS daily_goal FROM user
         JOIN setting AS voice ON voice.user_id = user.id AND voice.name = 'voice'
         JOIN setting AS goal ON goal.user_id = user.id AND goal.name = 'daily_goal'
         WHERE telegram_id = ?",
    )
    .bind(telegram_id)
    .fetch_optional(db)
    .await?
    .ok_or_else(no_such_user)
}

/// Returns the last `limit` messages, newest first.
#[cached(
    ttl = "1h",
    ttl_env = "REDIS_TTL_USER",
    prefix = "user:{telegram_id}:history:{limit}"
)]
pub(crate) async fn history(
    telegram_id: i64,
    limit: u32,
    #[cached(skip)] db: &SqlitePool,
) -> Result<Vec<Message>, sqlx::Error> {
    sqlx::query_as(
        "SELECT role, text FROM message JOIN user ON user.id = message.user_id
         WHERE telegram_id = ? ORDER BY message.id DESC LIMIT ?",
    )
    .bind(telegram_id)
    .bind(limit)
    .fetch_all(db)
    .await
}

/// Changes a profile. Settings, history and statistics stay cached: nothing in them comes from the profile. Nor is anything
/// cleared if there is no such user: what returns an `Err` has changed nothing.
#[invalidates(profile(telegram_id))]
pub(crate) async fn change_profile(
    telegram_id: i64,
    new: &Profile,
    db: &SqlitePool,
) -> Result<(), Failure> {
    let done =
        sqlx::query("UPDATE user SET name = ?, language = ?, level = ? WHERE telegram_id = ?")
            .bind(&new.name)
            .bind(&new.language)
            .bind(&new.level)
            .bind(telegram_id)
            .execute(db)
            .await?;
    match done.rows_affected() {
        0 => Err(no_such_user()),
        _ => Ok(()),
    }
}

/// Changes settings and returns the user's id. The goal is part of the statistics of each day, and those go by that id,
/// which is known only afterwards.
#[invalidates(settings(telegram_id), "stats:{ret}:daily:*")]
pub(crate) async fn change_settings(
    telegram_id: i64,
    new: &Settings,
    db: &SqlitePool,
) -> Result<i64, Failure> {
    let mut transaction = db.begin().await?;
    let user: i64 = sqlx::query_scalar("SELECT id FROM user WHERE telegram_id = ?")
        .bind(telegram_id)
        .fetch_optional(&mut *transaction)
        .await?
        .ok_or_else(no_such_user)?;
    sqlx::query(
        "UPDATE setting SET value = CASE name WHEN 'voice' THEN ? ELSE ? END
         WHERE user_id = ? AND name IN ('voice', 'daily_goal')",
    )
    .bind(&new.voice)
    .bind(new.daily_goal.to_string())
    .bind(user)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(user)
}

/// Keeps a question and its reply: the history is stale in all its lengths, and so are the statistics.
#[invalidates("user:{telegram_id}:history:*", "stats:{user_id}:*")]
pub(crate) async fn record(
    telegram_id: i64,
    user_id: i64,
    question: &str,
    reply: &str,
    db: &SqlitePool,
) -> Result<(), sqlx::Error> {
    let mut transaction = db.begin().await?;
    sqlx::query("INSERT INTO message (user_id, role, text, sent_at) VALUES (?1, 'user', ?2, datetime()), (?1, 'coach', ?3, datetime())")
        .bind(user_id)
        .bind(question)
        .bind(reply)
        .execute(&mut *transaction)
        .await?;
    sqlx::query(
        "INSERT INTO practice VALUES (?, date(), 0, 1)
         ON CONFLICT DO UPDATE SET messages = messages + 1",
    )
    .bind(user_id)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}

fn no_such_user() -> Failure {
    Failure::not_found("no such user")
}
