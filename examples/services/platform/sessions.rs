//! Sessions of agents: what one remembers while it teaches a user.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use cached_axum::sessions::CacheStore;
use cached_core::Cache;
use examples::{Database, Failure, settings};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{self, CachingSessionStore};

use crate::archive::Archive;

/// The store of sessions, and the lifetime of one that nobody updates. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Sessions {
    store: Arc<dyn SessionStore>,
    lasts: Duration,
}

/// A new session.
#[derive(Debug, Deserialize)]
pub(crate) struct Begin {
    user_id: i64,
    scenario_id: i64,
}

/// A session as its agent sees it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Session {
    user_id: i64,
    scenario_id: i64,
    memory: Value,
}

/// The new memory of a session.
#[derive(Debug, Deserialize)]
pub(crate) struct Update {
    memory: Value,
}

impl Sessions {
    /// Keeps sessions in the cache; with `SESSION_COPY=true`, with a copy in the database.
    pub(crate) fn from_env(cache: &Cache, database: &Database) -> anyhow::Result<Self> {
        let front = CacheStore::new(cache.clone()).with_prefix("agent:session");
        let store: Arc<dyn SessionStore> = if settings::or("SESSION_COPY", false)? {
            Arc::new(CachingSessionStore::new(front, Archive::of(database)))
        } else {
            Arc::new(front)
        };
        let lasts = settings::duration_or("SESSION_TTL", Duration::from_secs(30 * 60))?;
        Ok(Self { store, lasts })
    }

    async fn load(&self, id: &str) -> Result<Record, Failure> {
        let missing = || Failure::not_found("no such session, or it has expired");
        let id: Id = id.parse().map_err(|_| missing())?;
        let found = self.store.load(&id).await.map_err(|error| failed(&error))?;
        found.ok_or_else(missing)
    }

    /// Returns the expiry of a session that is updated now.
    fn expiry(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc() + self.lasts
    }
}

/// Converts an error: 503 if the store did not answer, 413 for what it will not keep.
fn failed(error: &session_store::Error) -> Failure {
    match error {
        session_store::Error::Encode(why) => {
            Failure::new(StatusCode::PAYLOAD_TOO_LARGE, why.clone())
        }
        _ => Failure::unavailable(),
    }
}

pub(crate) async fn create(
    State(sessions): State<Sessions>,
    Json(Begin {
        user_id,
        scenario_id,
    }): Json<Begin>,
) -> Result<(StatusCode, Json<Value>), Failure> {
    let mut record = Record {
        id: Id::default(),
        data: HashMap::from([
            ("user_id".to_owned(), user_id.into()),
            ("scenario_id".to_owned(), scenario_id.into()),
            ("memory".to_owned(), json!({})),
        ]),
        expiry_date: sessions.expiry(),
    };
    sessions
        .store
        .create(&mut record)
        .await
        .map_err(|error| failed(&error))?;
    let created =
        json!({ "id": record.id.to_string(), "expires_in_seconds": sessions.lasts.as_secs() });
    Ok((StatusCode::CREATED, Json(created)))
}

pub(crate) async fn read(
    State(sessions): State<Sessions>,
    Path(id): Path<String>,
) -> Result<Json<Session>, Failure> {
    let record = sessions.load(&id).await?;
    let session = serde_json::from_value(Value::from_iter(record.data));
    let foreign = |_| Failure::not_found("no session of an agent");
    session.map(Json).map_err(foreign)
}

/// Replaces the memory of a session, which then lasts for the whole time again.
pub(crate) async fn update(
    State(sessions): State<Sessions>,
    Path(id): Path<String>,
    Json(Update { memory }): Json<Update>,
) -> Result<StatusCode, Failure> {
    let mut record = sessions.load(&id).await?;
    record.data.insert("memory".to_owned(), memory);
    record.expiry_date = sessions.expiry();
    sessions
        .store
        .save(&record)
        .await
        .map_err(|error| failed(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn end(
    State(sessions): State<Sessions>,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    let record = sessions.load(&id).await?;
    sessions
        .store
        .delete(&record.id)
        .await
        .map_err(|error| failed(&error))?;
    Ok(StatusCode::NO_CONTENT)
}
