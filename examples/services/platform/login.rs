//! Logins through somebody else: the state that comes back is good once, for minutes.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use cached_axum::UseCache;
use cached_core::Key;
use examples::{Failure, settings};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower_sessions::session::Id;

/// The time that a login may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Valid(Duration);

/// The user who logs in, and the page they go to then.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Login {
    user_id: i64,
    back_to: String,
}

/// The query that comes back from the provider.
#[derive(Debug, Deserialize)]
pub(crate) struct Returned {
    state: String,
}

impl Valid {
    pub(crate) fn from_env() -> anyhow::Result<Self> {
        let minutes = Duration::from_secs(10 * 60);
        Ok(Self(settings::duration_or("OAUTH_STATE_TTL", minutes)?))
    }
}

/// Returns the key of a state. It is of one provider: another one cannot answer for it.
fn key(provider: &str, state: &str) -> Key {
    Key::from_segments(["oauth", provider, state])
}

pub(crate) async fn begin(
    UseCache(cache): UseCache,
    State(Valid(ttl)): State<Valid>,
    Path(provider): Path<String>,
    Json(login): Json<Login>,
) -> Result<(StatusCode, Json<Value>), Failure> {
    // As hard to guess as the id of a session.
    let state = Id::default().to_string();
    cache.set(key(&provider, &state), &login, ttl).await?;
    let begun = json!({ "state": state, "valid_seconds": ttl.as_secs() });
    Ok((StatusCode::CREATED, Json(begun)))
}

/// Ends a login. Of all who come with one state, in whatever process, the first is let in.
pub(crate) async fn callback(
    UseCache(cache): UseCache,
    Path(provider): Path<String>,
    Query(Returned { state }): Query<Returned>,
) -> Result<Json<Login>, Failure> {
    let login = cache.take::<Login>(key(&provider, &state)).await?;
    let over =
        || Failure::refused("this login was used already, or has taken too long: begin again");
    login.map(Json).ok_or_else(over)
}
