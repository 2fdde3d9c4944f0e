//! Sessions of `tower-sessions`, kept in a [`Cache`].

use std::{
    borrow::Cow,
    collections::HashMap,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use cached_core::{
    Cache, Error, ErrorKind, Key,
    integration::{self, RecordChange},
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tower_sessions_core::{
    SessionStore,
    session::{Id, Record},
    session_store,
};

/// The most ids that `create` tries. None is ever in use unless somebody chose it.
const CREATE_ATTEMPTS: usize = 8;

/// The most times that `delete` begins anew while requests save the session all the time, each time with eight attempts.
const DELETE_ATTEMPTS: usize = 32;

/// The time for which a deleted session is known as such: longer than a request takes.
const ENDED_TTL: Duration = Duration::from_secs(10 * 60);

/// A session store of `tower-sessions`, on a [`Cache`].
///
/// All processes with the same Redis and namespace share the sessions. A key holds a digest of the session's id,
/// and the id is in no entry: who can read Redis cannot take over a session. Sessions end by themselves, so there is
/// nothing to clean up.
///
/// - [`create`](SessionStore::create) never takes an id that is in use, in whatever process: it draws another.
/// - [`save`](SessionStore::save) keeps the last of several at once.
/// - [`delete`](SessionStore::delete) also ends it for requests that have loaded the session before: one that saves it later
///   gets an error, in whatever process, for ten minutes. Who has logged out stays so. If Redis does not answer, the caller gets an
///   error, this process does not take the session any more, and it is deleted as soon as Redis answers.
/// - [`bypass`](Cache::bypass) and [`refresh`](Cache::refresh) do not reach sessions.
///
/// A load takes one round trip to Redis, a save and a delete take two, and a new session three.
///
/// A cache is no storage: sessions end when Redis restarts, when it evicts them, and by [`Cache::clear`] (a request
/// that is under way then may save its session again). Give them a cache with a namespace of its own if that is cleared
/// at times, and a copy in the database, by [`CachingSessionStore`](session_store::CachingSessionStore), if they have to
/// outlive a Redis. Who has logged out stays so only if the `save` of that copy writes no row that is not there; while it
/// has one that was ended here, a load is an error.
///
/// # Errors
///
/// - [`Backend`](session_store::Error::Backend) if Redis does not answer, or the cache is turned off: no session is
///   invented meanwhile, and none is lost; and for a session that was deleted since it was loaded.
/// - [`Encode`](session_store::Error::Encode) if a session cannot be read back from JSON unchanged, or is larger than an
///   entry may be.
///
/// An entry that cannot be read as a session counts as none.
///
/// # Examples
///
/// ```
/// use axum::{Router, http::StatusCode, routing::get};
/// use cached_axum::sessions::CacheStore;
/// use cached_core::Cache;
/// use tower_sessions::{Session, SessionManagerLayer, session::Error};
///
/// async fn visits(session: Session) -> Result<String, StatusCode> {
///     count(&session).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)
/// }
///
/// async fn count(session: &Session) -> Result<String, Error> {
///     let visits: u32 = session.get("visits").await?.unwrap_or(0);
///     session.insert("visits", visits.saturating_add(1)).await?;
///     Ok(format!("{visits} visits before this one"))
/// }
///
/// # fn main() -> Result<(), cached_core::Error> {
/// let sessions = CacheStore::new(Cache::from_env()?);
/// let app: Router = Router::new()
///     .route("/", get(visits))
///     .layer(SessionManagerLayer::new(sessions));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct CacheStore {
    cache: Cache,
    prefix: Cow<'static, str>,
}

/// The value that the cache keeps of a session. Its id is in the key.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Stored {
    Lasts {
        /// Seconds and nanoseconds since 1970.
        expires: (i64, u32),
        data: HashMap<String, serde_json::Value>,
    },
    /// A session that was deleted: a request that has loaded it before may not save it again.
    Ended,
}

impl CacheStore {
    /// Creates a store that keeps sessions in `cache`.
    #[must_use]
    pub fn new(cache: Cache) -> Self {
        Self {
            cache,
            prefix: Cow::Borrowed("session"),
        }
    }

    /// Sets the prefix of the keys, below the cache's namespace; `session` by default.
    ///
    /// Two kinds of sessions need two prefixes: the cookie of one would else be one of the other.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<Cow<'static, str>>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Puts `stored` in the place of what is there, if `condition` is true of that.
    async fn replace_if(
        &self,
        id: Id,
        stored: &Stored,
        ttl: Duration,
        condition: fn(Option<&Stored>) -> bool,
    ) -> session_store::Result<RecordChange> {
        let key = self.key(id);
        let change =
            integration::replace_record_if(&self.cache, &key, stored, ttl, condition).await;
        change.map_err(|error| convert_error(&error))
    }

    /// Returns the key of a session: the id itself would give the session to everybody who can list keys.
    fn key(&self, id: Id) -> Key {
        let digest = blake3::hash(&id.0.to_le_bytes());
        Key::from(format!("{}:{}", self.prefix, digest.to_hex()))
    }
}

impl Stored {
    fn of(record: &Record) -> Self {
        let expires = record.expiry_date;
        Self::Lasts {
            expires: (expires.unix_timestamp(), expires.nanosecond()),
            data: record.data.clone(),
        }
    }

    fn into_record(self, id: Id) -> Option<Record> {
        let Self::Lasts { expires, data } = self else {
            return None;
        };
        let (seconds, nanoseconds) = expires;
        let whole = OffsetDateTime::from_unix_timestamp(seconds).ok()?;
        let expiry_date = whole.replace_nanosecond(nanoseconds).ok()?;
        Some(Record {
            id,
            data,
            expiry_date,
        })
    }
}

/// Returns the time that `record` still lasts; `None` if it is over.
fn remaining_ttl(record: &Record) -> Option<Duration> {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .ok()?;
    let expires = u128::try_from(record.expiry_date.unix_timestamp_nanos()).ok()?;
    let left = expires.checked_sub(now.as_nanos())?;
    let left = Duration::from_nanos(u64::try_from(left).unwrap_or(u64::MAX));
    // Shorter is no time to the cache.
    (left >= Duration::from_millis(1)).then_some(left)
}

#[async_trait]
impl SessionStore for CacheStore {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        let Some(ttl) = remaining_ttl(record) else {
            return Ok(());
        };
        let stored = Stored::of(record);
        for _ in 0..CREATE_ATTEMPTS {
            let created = self.replace_if(record.id, &stored, ttl, |there| there.is_none());
            if created.await? == RecordChange::Stored {
                return Ok(());
            }
            record.id = Id::default();
        }
        Err(session_store::Error::Backend(format!(
            "none of {CREATE_ATTEMPTS} ids could be had: sessions are being invalidated all the time"
        )))
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let Some(ttl) = remaining_ttl(record) else {
            return self.delete(&record.id).await;
        };
        let stored = Stored::of(record);
        let saved = self.replace_if(record.id, &stored, ttl, |there| {
            !matches!(there, Some(Stored::Ended))
        });
        match saved.await? {
            RecordChange::Stored | RecordChange::Overtaken => Ok(()),
            RecordChange::Refused => Err(session_store::Error::Backend(
                "the session was ended since it was loaded".to_owned(),
            )),
        }
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let key = self.key(*id);
        let stored: Option<Stored> = integration::load_record(&self.cache, &key)
            .await
            .map_err(|error| convert_error(&error))?;
        let record = stored.and_then(|stored| stored.into_record(*id));
        Ok(record.filter(|record| remaining_ttl(record).is_some()))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        for _ in 0..DELETE_ATTEMPTS {
            let ended = self.replace_if(*id, &Stored::Ended, ENDED_TTL, |there| {
                matches!(there, Some(Stored::Lasts { .. }))
            });
            match ended.await {
                Ok(RecordChange::Stored | RecordChange::Refused) => return Ok(()),
                Ok(RecordChange::Overtaken) => {}
                Err(_) => break,
            }
        }
        // What cannot be replaced now is removed now, or as soon as Redis answers.
        let deleted = self.cache.delete(self.key(*id)).await;
        deleted.map_err(|error| convert_error(&error)).map(drop)
    }
}

fn convert_error(error: &Error) -> session_store::Error {
    let kind = match error.kind() {
        ErrorKind::Unstorable | ErrorKind::TooLarge => session_store::Error::Encode,
        _ => session_store::Error::Backend,
    };
    kind(error.to_string())
}
