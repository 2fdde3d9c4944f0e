//! Statistics of a user: of one day, and of all days.

use std::time::Duration;

use cached_core::cached;
use serde::{Deserialize, Serialize};
use sqlx::SqlitePool;
use time::{Date, OffsetDateTime};

/// One day of one user.
#[derive(Clone, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub(crate) struct Daily {
    minutes: i64,
    messages: i64,
    goal: i64,
}

/// All days of one user.
#[derive(Clone, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub(crate) struct Progress {
    days: i64,
    minutes: i64,
    words: i64,
    known: i64,
}

/// A day's statistics are kept until midnight, in UTC.
#[cached(
    ttl = |_: &Daily| until_midnight(OffsetDateTime::now_utc()),
    prefix = "stats:{user_id}:daily:{date}"
)]
pub(crate) async fn daily(
    user_id: i64,
    date: Date,
    #[cached(skip)] db: &SqlitePool,
) -> Result<Daily, sqlx::Error> {
    sqlx::query_as(
        "SELECT coalesce(sum(minutes), 0) AS minutes, coalesce(sum(messages), 0) AS messages,
            coalesce((SELECT CAST(value AS INTEGER) FROM setting WHERE user_id = ?1 AND name = 'daily_goal'), 0) AS goal
         FROM practice WHERE user_id = ?1 AND day = ?2",
    )
    .bind(user_id)
    .bind(date.to_string())
    .fetch_one(db)
    .await
}

#[cached(
    ttl = "15m",
    ttl_env = "REDIS_TTL_STATS",
    prefix = "stats:{user_id}:progress"
)]
pub(crate) async fn progress(
    user_id: i64,
    #[cached(skip)] db: &SqlitePool,
) -> Result<Progress, sqlx::Error> {
    sqlx::query_as(
        "SELECT count(*) AS days, coalesce(sum(minutes), 0) AS minutes,
            (SELECT count(*) FROM user_word WHERE user_id = ?1) AS words,
            (SELECT count(*) FROM user_word WHERE user_id = ?1 AND known) AS known
         FROM practice WHERE user_id = ?1",
    )
    .bind(user_id)
    .fetch_one(db)
    .await
}

/// Returns the time until the day of `now` ends: never zero, and at most 24 hours.
fn until_midnight(now: OffsetDateTime) -> Duration {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let (hours, minutes, seconds, nanoseconds) = now.to_hms_nano();
    let seconds = (u64::from(hours) * 60 + u64::from(minutes)) * 60 + u64::from(seconds);
    DAY.saturating_sub(Duration::new(seconds, nanoseconds))
}
