//! The words, in a real SQLite file.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use examples::Line;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};

/// A word and what the book says of it: the value that is cached.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    word: String,
    senses: Vec<Sense>,
    see_also: Vec<String>,
}

/// One meaning of a word.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Sense {
    part: String,
    definition: String,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.word)?;
        for sense in &self.senses {
            write!(f, "\n  {}: {}", sense.part, sense.definition)?;
        }
        write!(f, "\n  see also: {}", self.see_also.join(", "))
    }
}

/// An open book. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Dictionary {
    pool: SqlitePool,
    file: PathBuf,
    frequencies: Arc<[(String, u32)]>,
}

const SCHEMA: &str = "
    CREATE TABLE sense (word TEXT NOT NULL, part TEXT NOT NULL, uses INTEGER NOT NULL, definition TEXT NOT NULL);
    CREATE INDEX sense_word ON sense (word);
    CREATE TABLE mention (term TEXT NOT NULL, word TEXT NOT NULL, PRIMARY KEY (term, word)) WITHOUT ROWID;
    CREATE INDEX mention_word ON mention (word);
    CREATE TABLE term (term TEXT PRIMARY KEY, weight REAL NOT NULL) WITHOUT ROWID;";

impl Dictionary {
    /// Writes `lines` into a new file in the folder for temporary files, telling `progress` how many are done.
    pub(crate) async fn create(lines: &[Line], progress: impl Fn(u64)) -> anyhow::Result<Self> {
        let file = std::env::temp_dir().join(format!("dictionary-{}.sqlite", std::process::id()));
        // Left by a run that was killed and had the same number.
        let _ = std::fs::remove_file(&file);
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true);
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options)
            .await?;

        let mut uses: HashMap<&str, u32> = HashMap::new();
        let mut mentions: HashMap<String, u32> = HashMap::new();
        let mut transaction = pool.begin().await?;
        sqlx::raw_sql(SCHEMA).execute(&mut *transaction).await?;
        for (done, line) in (1..).zip(lines) {
            sqlx::query("INSERT INTO sense VALUES (?, ?, ?, ?)")
                .bind(line.word)
                .bind(line.part)
                .bind(line.uses)
                .bind(line.definition)
                .execute(&mut *transaction)
                .await?;
            for term in terms(line.definition) {
                sqlx::query("INSERT OR IGNORE INTO mention VALUES (?, ?)")
                    .bind(&term)
                    .bind(line.word)
                    .execute(&mut *transaction)
                    .await?;
                *mentions.entry(term).or_default() += 1;
            }
            *uses.entry(line.word).or_default() += line.uses;
            progress(done);
        }
        // What few definitions mention says most about those that do.
        for (term, count) in mentions {
            sqlx::query("INSERT INTO term VALUES (?, ?)")
                .bind(term)
                .bind((lines.len() as f64 / f64::from(count)).ln())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;

        let mut frequencies: Vec<_> = uses
            .into_iter()
            .map(|(word, uses)| (word.to_owned(), uses))
            .collect();
        frequencies.sort_by(|(a, a_uses), (b, b_uses)| b_uses.cmp(a_uses).then_with(|| a.cmp(b)));
        Ok(Self {
            pool,
            file,
            frequencies: frequencies.into(),
        })
    }

    /// Lists every word with the number of times it was used, most used first.
    pub(crate) fn frequencies(&self) -> &[(String, u32)] {
        &self.frequencies
    }

    /// Finds the entry of `word`; `None` if the book has none.
    ///
    /// The second query is the slow one: it goes through every definition that has a word in common with this one,
    /// thousands for a definition with "that" in it, and ranks them by how rare those words are.
    pub(crate) async fn entry(&self, word: &str) -> Result<Option<Entry>, sqlx::Error> {
        let senses: Vec<(String, String)> =
            sqlx::query_as("SELECT part, definition FROM sense WHERE word = ? ORDER BY uses DESC")
                .bind(word)
                .fetch_all(&self.pool)
                .await?;
        let senses: Vec<_> = senses
            .into_iter()
            .map(|(part, definition)| Sense { part, definition })
            .collect();
        if senses.is_empty() {
            return Ok(None);
        }
        let see_also = sqlx::query_scalar(
            "SELECT other.word FROM mention AS own
             JOIN mention AS other ON other.term = own.term AND other.word <> own.word
             JOIN term ON term.term = own.term
             WHERE own.word = ?
             GROUP BY other.word ORDER BY sum(term.weight) DESC, other.word LIMIT 5",
        )
        .bind(word)
        .fetch_all(&self.pool)
        .await?;
        Ok(Some(Entry {
            word: word.to_owned(),
            senses,
            see_also,
        }))
    }

    /// Closes the book and deletes its file.
    pub(crate) async fn remove(self) -> anyhow::Result<()> {
        self.pool.close().await;
        std::fs::remove_file(self.file)?;
        Ok(())
    }
}

/// Splits a definition into its words, each once.
fn terms(definition: &str) -> BTreeSet<String> {
    definition
        .split(|letter: char| !letter.is_alphabetic())
        .filter(|term| !term.is_empty())
        .map(str::to_lowercase)
        .collect()
}
