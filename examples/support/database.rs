//! A real database: SQLite, in a file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions};

use crate::{settings, shipped_words};

/// Words, people, series, courses: seed/schema.sql says which tables, seed/rows.sql what is in them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    pool: SqlitePool,
    _temporary: Option<Arc<Temporary>>,
}

/// A folder that is deleted with all that is in it once nobody uses it: a service that fails leaves nothing, either.
#[derive(Debug)]
struct Temporary(PathBuf);

impl Temporary {
    fn new() -> anyhow::Result<Self> {
        let name = format!("cached-examples-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        // It may be there: left by a run that was killed and had the same number.
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        Ok(Self(folder))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "cannot delete a temporary folder");
        }
    }
}

impl Database {
    /// Opens `DATABASE_FILE`, and fills it if it is new; without that variable, fills a temporary file, which is gone
    /// with the last clone of this.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub async fn open() -> anyhow::Result<Self> {
        let (file, temporary) = if let Some(file) = settings::text("DATABASE_FILE") {
            (PathBuf::from(file), None)
        } else {
            let folder = Temporary::new()?;
            (folder.0.join("rows.sqlite"), Some(Arc::new(folder)))
        };
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal);
        let pool = SqlitePoolOptions::new()
            .max_connections(8)
            .connect_with(options)
            .await
            .with_context(|| format!("cannot open the database {}", file.display()))?;
        fill(&pool).await.context("cannot fill the database")?;
        Ok(Self {
            pool,
            _temporary: temporary,
        })
    }

    /// Returns the pool that queries run on.
    #[must_use]
    pub fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// Ends its connections, so that all that was written is in the file.
    pub async fn close(self) {
        self.pool.close().await;
    }
}

/// Writes all rows into a file that has none. Whole tables at a time: SQLite reads the JSON itself.
async fn fill(pool: &SqlitePool) -> anyhow::Result<()> {
    // Of two processes that open one new file, the second one waits here.
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema")
        .fetch_one(&mut *transaction)
        .await?;
    if tables > 0 {
        return Ok(());
    }
    let lines = shipped_words();
    let mut uses: BTreeMap<&str, u32> = BTreeMap::new();
    let mut mentions: BTreeSet<(String, &str)> = BTreeSet::new();
    for line in &lines {
        *uses.entry(line.word).or_default() += line.uses;
        mentions.extend(terms(line.definition).map(|term| (term, line.word)));
    }
    let mut weights: BTreeMap<&str, f64> = BTreeMap::new();
    for (term, _) in &mentions {
        *weights.entry(term).or_default() += 1.0;
    }
    // What few definitions mention says most about those that do.
    for weight in weights.values_mut() {
        *weight = (lines.len() as f64 / *weight).ln();
    }
    let senses: Vec<_> = lines
        .iter()
        .map(|line| (line.word, line.part, line.uses, line.definition))
        .collect();

    sqlx::raw_sql(include_str!("seed/schema.sql"))
        .execute(&mut *transaction)
        .await?;
    let tables = [
        (WORDS, serde_json::to_string(&Vec::from_iter(uses))?),
        (SENSES, serde_json::to_string(&senses)?),
        (MENTIONS, serde_json::to_string(&mentions)?),
        (TERMS, serde_json::to_string(&Vec::from_iter(weights))?),
    ];
    for (insert, rows) in tables {
        sqlx::query(insert)
            .bind(rows)
            .execute(&mut *transaction)
            .await?;
    }
    sqlx::raw_sql(include_str!("seed/rows.sql"))
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}

/// The words, by number and level: the most used word is number 1, and a level is where it stands among the others.
const WORDS: &str = "
    WITH ranked AS (
        SELECT row_number() OVER (ORDER BY value ->> 1 DESC, value ->> 0) AS rank, value ->> 0 AS word, value ->> 1 AS uses
        FROM json_each(?))
    INSERT INTO word
    SELECT rank, word, uses, CASE WHEN rank <= 500 THEN 'A1' WHEN rank <= 1200 THEN 'A2' WHEN rank <= 2400 THEN 'B1' ELSE 'B2' END
    FROM ranked";

const SENSES: &str = "
    INSERT INTO sense
    SELECT word.id, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?) JOIN word ON word.word = value ->> 0";

const MENTIONS: &str = "
    INSERT INTO mention SELECT value ->> 0, word.id FROM json_each(?) JOIN word ON word.word = value ->> 1";

const TERMS: &str = "INSERT INTO term SELECT value ->> 0, value ->> 1 FROM json_each(?)";

/// Splits a definition into its words.
fn terms(definition: &str) -> impl Iterator<Item = String> {
    definition
        .split(|letter: char| !letter.is_alphabetic())
        .filter(|term| !term.is_empty())
        .map(str::to_lowercase)
}
