//! Words that a user learns.

use cached_core::{cached, invalidates};
use examples::Failure;
use serde::{Deserialize, Serialize};
use sqlx::SqlitePool;

/// A word, and how well a user knows it.
#[derive(Clone, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub(crate) struct Card {
    word: String,
    known: bool,
    /// The day when it is due.
    due: String,
}

#[cached(
    ttl = "1h",
    ttl_env = "REDIS_TTL_DEFAULT",
    prefix = "words:{user_id}:all"
)]
pub(crate) async fn all(
    user_id: i64,
    #[cached(skip)] db: &SqlitePool,
) -> Result<Vec<Card>, sqlx::Error> {
    sqlx::query_as(
        "SELECT word, known, due FROM user_word JOIN word ON word.id = word_id
         WHERE user_id = ? ORDER BY word",
    )
    .bind(user_id)
    .fetch_all(db)
    .await
}

/// Returns the words that are due today, longest overdue first. After midnight it may take an hour to be tomorrow's.
#[cached(
    ttl = "1h",
    ttl_env = "REDIS_TTL_DEFAULT",
    prefix = "words:{user_id}:due"
)]
pub(crate) async fn due(
    user_id: i64,
    #[cached(skip)] db: &SqlitePool,
) -> Result<Vec<Card>, sqlx::Error> {
    sqlx::query_as(
        "SELECT word, known, due FROM user_word JOIN word ON word.id = word_id
         WHERE user_id = ? AND due <= date() ORDER BY due, word",
    )
    .bind(user_id)
    .fetch_all(db)
    .await
}

/// Stores whether a user knew a word, which took them a minute.
#[invalidates("words:{user_id}:*", "stats:{user_id}:*")]
pub(crate) async fn review(
    user_id: i64,
    word: &str,
    knew: bool,
    db: &SqlitePool,
) -> Result<(), Failure> {
    let mut transaction = db.begin().await?;
    let done = sqlx::query(
        "UPDATE user_word SET known = ?1, due = date('now', iif(?1, '+7 days', '+1 day'))
         WHERE user_id = ?2 AND word_id = (SELECT id FROM word WHERE word = ?3)",
    )
    .bind(knew)
    .bind(user_id)
    .bind(word)
    .execute(&mut *transaction)
    .await?;
    if done.rows_affected() == 0 {
        return Err(Failure::not_found("they do not learn that word"));
    }
    sqlx::query(
        "INSERT INTO practice VALUES (?, date(), 1, 0)
         ON CONFLICT DO UPDATE SET minutes = minutes + 1",
    )
    .bind(user_id)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(())
}
