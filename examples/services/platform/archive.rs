//! The copy of sessions in the database.

use async_trait::async_trait;
use examples::Database;
use serde_json::Value;
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

/// Sessions as rows.
#[derive(Clone, Debug)]
pub(crate) struct Archive {
    database: Database,
}

impl Archive {
    pub(crate) fn of(database: &Database) -> Self {
        let database = database.clone();
        Self { database }
    }

    /// Deletes what has expired, and returns how many rows that were.
    pub(crate) async fn clean_up(&self) -> sqlx::Result<u64> {
        let deleted = sqlx::query("DELETE FROM agent_session WHERE expires_at <= ?")
            .bind(milliseconds(OffsetDateTime::now_utc()))
            .execute(self.database.pool())
            .await?;
        Ok(deleted.rows_affected())
    }

    /// Writes a new row, which replaces none; returns whether it did.
    async fn insert(&self, record: &Record) -> Result<bool> {
        let number = |name: &str| record.data.get(name).and_then(Value::as_i64);
        let insert = "INSERT INTO agent_session VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING";
        let written = sqlx::query(insert)
            .bind(record.id.to_string())
            .bind(number("user_id").unwrap_or_default())
            .bind(number("scenario_id").unwrap_or_default())
            .bind(data(record)?)
            .bind(milliseconds(record.expiry_date))
            .execute(self.database.pool())
            .await
            .map_err(|error| failed(&error))?;
        Ok(written.rows_affected() > 0)
    }
}

fn data(record: &Record) -> Result<String> {
    serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))
}

/// Nanoseconds of one millisecond.
const NANOSECONDS: i128 = 1_000_000;

/// Converts a time to milliseconds since 1970, as rows have it.
fn milliseconds(moment: OffsetDateTime) -> i64 {
    i64::try_from(moment.unix_timestamp_nanos() / NANOSECONDS).unwrap_or(i64::MAX)
}

/// Converts an error of the database: the client learns that it failed, the log learns why.
fn failed(error: &sqlx::Error) -> Error {
    tracing::error!(%error, "the database failed");
    Error::Backend("the database failed".to_owned())
}

#[async_trait]
impl SessionStore for Archive {
    async fn create(&self, record: &mut Record) -> Result<()> {
        while !self.insert(record).await? {
            record.id = Id::default();
        }
        Ok(())
    }

    /// Updates a row that is there, and adds none: a request that is late brings back no session that was ended.
    async fn save(&self, record: &Record) -> Result<()> {
        sqlx::query("UPDATE agent_session SET data = ?, expires_at = ? WHERE id = ?")
            .bind(data(record)?)
            .bind(milliseconds(record.expiry_date))
            .bind(record.id.to_string())
            .execute(self.database.pool())
            .await
            .map_err(|error| failed(&error))?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let row: Option<(String, i64)> = sqlx::query_as(
            "SELECT data, expires_at FROM agent_session WHERE id = ? AND expires_at > ?",
        )
        .bind(id.to_string())
        .bind(milliseconds(OffsetDateTime::now_utc()))
        .fetch_optional(self.database.pool())
        .await
        .map_err(|error| failed(&error))?;
        let Some((data, expires_at)) = row else {
            return Ok(None);
        };
        let expires_at = i128::from(expires_at) * NANOSECONDS;
        let expiry_date = OffsetDateTime::from_unix_timestamp_nanos(expires_at);
        Ok(Some(Record {
            id: *id,
            data: serde_json::from_str(&data).map_err(|error| Error::Decode(error.to_string()))?,
            expiry_date: expiry_date.map_err(|error| Error::Decode(error.to_string()))?,
        }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        sqlx::query("DELETE FROM agent_session WHERE id = ?")
            .bind(id.to_string())
            .execute(self.database.pool())
            .await
            .map_err(|error| failed(&error))?;
        Ok(())
    }
}
