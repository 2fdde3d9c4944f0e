//! Words, one by one and by level.

use std::str::FromStr;

use cached_core::cached;
use serde::{Deserialize, Serialize};

use crate::{Failure, Vocabulary};

/// The level of a learner.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Level {
    A1,
    A2,
    B1,
    B2,
}

/// A word on a list.
#[derive(Clone, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub(crate) struct Listed {
    pub(crate) id: i64,
    word: String,
}

/// All about a word.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Word {
    #[serde(flatten)]
    listed: Listed,
    level: String,
    senses: Vec<Sense>,
    see_also: Vec<String>,
}

/// One meaning of a word.
#[derive(Clone, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub(crate) struct Sense {
    part: String,
    definition: String,
}

impl Vocabulary {
    /// Finds the word with this number.
    ///
    /// The last query is the slow one: it compares this word's definitions with all that have a term in common with
    /// them, thousands where that is "the", each term counting for as much as it is rare (Salton and Buckley, 1988).
    #[cached(ttl = "1h", prefix = "vocabulary:word:{id}")]
    pub(crate) async fn word(&self, id: i64) -> Result<Word, Failure> {
        let pool = self.database.pool();
        let (word, level) = sqlx::query_as("SELECT word, level FROM word WHERE id = ?")
            .bind(id)
            .fetch_optional(pool)
            .await?
            .ok_or_else(|| Failure::not_found("no such word"))?;
        let senses = sqlx::query_as(
            "SELECT part, definition FROM sense WHERE word_id = ? ORDER BY uses DESC",
        )
        .bind(id)
        .fetch_all(pool)
        .await?;
        let see_also = sqlx::query_scalar(
            "SELECT word.word FROM mention AS own
             JOIN mention AS other ON other.term = own.term AND other.word_id <> own.word_id
             JOIN term ON term.term = own.term
             JOIN word ON word.id = other.word_id
             WHERE own.word_id = ?
             GROUP BY word.id
             ORDER BY sum(term.weight * term.weight) * sum(term.weight * term.weight) / (
                 SELECT sum(weight * weight) FROM mention JOIN term USING (term) WHERE word_id = word.id) DESC, word.id
             LIMIT 5",
        )
        .bind(id)
        .fetch_all(pool)
        .await?;
        Ok(Word {
            listed: Listed { id, word },
            level,
            senses,
            see_also,
        })
    }

    /// Lists one page of the words of a level, the most used first.
    #[cached(ttl = "1h", prefix = "vocabulary:level:{level}")]
    pub(crate) async fn words_of_level(
        &self,
        level: Level,
        limit: u32,
        offset: u32,
    ) -> Result<Vec<Listed>, Failure> {
        let page = sqlx::query_as(
            "SELECT id, word FROM word WHERE level = ? ORDER BY id LIMIT ? OFFSET ?",
        )
        .bind(level.as_str())
        .bind(limit)
        .bind(offset)
        .fetch_all(self.database.pool())
        .await?;
        Ok(page)
    }
}

impl Level {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::A1 => "A1",
            Self::A2 => "A2",
            Self::B1 => "B1",
            Self::B2 => "B2",
        }
    }
}

impl FromStr for Level {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let levels = [Self::A1, Self::A2, Self::B1, Self::B2];
        levels
            .into_iter()
            .find(|level| level.as_str() == text)
            .ok_or_else(|| Failure::refused("a level is A1, A2, B1 or B2"))
    }
}
