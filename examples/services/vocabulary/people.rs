//! Progress of users.

use cached_core::{cached, invalidates};
use serde::{Deserialize, Serialize};

use crate::{Failure, Vocabulary};

/// The progress of a user.
#[derive(Clone, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub(crate) struct Statistics {
    words: i64,
    known: i64,
    minutes: i64,
}

/// The part of a level that a user knows.
#[derive(Clone, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub(crate) struct Progress {
    level: String,
    words: i64,
    known: i64,
}

impl Vocabulary {
    /// Returns the progress in total.
    #[cached(ttl = "5m", prefix = "user:{user}:statistics")]
    pub(crate) async fn statistics(&self, user: i64) -> Result<Statistics, Failure> {
        sqlx::query_as(
            "SELECT (SELECT count(*) FROM user_word WHERE user_id = user.id) AS words,
                    (SELECT count(*) FROM user_word WHERE user_id = user.id AND known) AS known,
                    (SELECT sum(minutes) FROM practice WHERE user_id = user.id) AS minutes
             FROM user WHERE id = ?",
        )
        .bind(user)
        .fetch_optional(self.database.pool())
        .await?
        .ok_or_else(no_such_user)
    }

    /// Returns the progress by level.
    #[cached(ttl = "5m", prefix = "user:{user}:progress")]
    pub(crate) async fn progress(&self, user: i64) -> Result<Vec<Progress>, Failure> {
        let progress = sqlx::query_as(
            "SELECT level, count(*) AS words, sum(known) AS known
             FROM user_word JOIN word ON word.id = word_id WHERE user_id = ? GROUP BY level",
        )
        .bind(user)
        .fetch_all(self.database.pool())
        .await?;
        Ok(progress)
    }

    /// Marks a word as known. The counts of before are forgotten, for this user and nobody else.
    #[invalidates("user:{user}:*")]
    pub(crate) async fn mark_known(&self, user: i64, word: i64) -> Result<(), Failure> {
        let marked = sqlx::query(
            "INSERT INTO user_word SELECT user.id, word.id, true, date('now') FROM user, word WHERE user.id = ? AND word.id = ?
             ON CONFLICT DO UPDATE SET known = true",
        )
        .bind(user)
        .bind(word)
        .execute(self.database.pool())
        .await?;
        match marked.rows_affected() {
            0 => Err(Failure::not_found("no such user, or no such word")),
            _ => Ok(()),
        }
    }
}

fn no_such_user() -> Failure {
    Failure::not_found("no such user")
}
