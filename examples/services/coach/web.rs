//! The routes: each takes a request apart, calls what is cached or what writes, and answers.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::{Method, StatusCode, request::Parts},
    routing::{get, post},
};
use cached_axum::{CacheLayer, health::HealthReport};
use cached_core::Cache;
use examples::{Bill, Failure};
use serde::Deserialize;
use serde_json::{Value, json};
use time::Date;

use crate::Coach;
use crate::model::{self, Sentence, Voice};
use crate::statistics::{self, Daily, Progress};
use crate::users::{self, Message, Profile, Settings};
use crate::words::{self, Card};

type Answer<T> = Result<Json<T>, Failure>;

pub(crate) fn routes() -> Router<Coach> {
    Router::new()
        .route(
            "/users/{telegram_id}/profile",
            get(profile).put(change_profile),
        )
        .route(
            "/users/{telegram_id}/settings",
            get(settings).put(change_settings),
        )
        .route("/users/{telegram_id}/history/{limit}", get(history))
        .route("/users/{telegram_id}/messages", post(say))
        .route("/stats/{user_id}/daily/{date}", get(daily))
        .route("/stats/{user_id}/progress", get(progress))
        .route("/words/{user_id}/all", get(all_words))
        .route("/words/{user_id}/due", get(due_words))
        .route("/words/{user_id}/reviews", post(review))
        .route("/transcripts", post(transcribe))
        .route("/speech", post(speak))
        .route("/health", get(health))
        .route("/bill", get(bill))
        .layer(CacheLayer::new().allow_bypass(true).allow_if(is_read))
}

/// Allows `Cache-Control: no-store` for reads: a caller goes past the cache once, and nobody makes the model work twice by
/// it.
fn is_read(request: &Parts) -> bool {
    request.method == Method::GET
}

async fn profile(Path(telegram_id): Path<i64>, State(coach): State<Coach>) -> Answer<Profile> {
    Ok(Json(users::profile(telegram_id, coach.db()).await?))
}

async fn change_profile(
    Path(telegram_id): Path<i64>,
    State(coach): State<Coach>,
    Json(new): Json<Profile>,
) -> Result<StatusCode, Failure> {
    users::change_profile(telegram_id, &new, coach.db()).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn settings(Path(telegram_id): Path<i64>, State(coach): State<Coach>) -> Answer<Settings> {
    Ok(Json(users::settings(telegram_id, coach.db()).await?))
}

async fn change_settings(
    Path(telegram_id): Path<i64>,
    State(coach): State<Coach>,
    Json(new): Json<Settings>,
) -> Result<StatusCode, Failure> {
    users::change_settings(telegram_id, &new, coach.db()).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn history(
    Path((telegram_id, limit)): Path<(i64, u32)>,
    State(coach): State<Coach>,
) -> Answer<Vec<Message>> {
    const LONGEST: u32 = 100;
    let history = users::history(telegram_id, limit.min(LONGEST), coach.db()).await?;
    Ok(Json(history))
}

/// Replies at the level of the profile. What somebody was told before costs nothing.
async fn say(
    Path(telegram_id): Path<i64>,
    State(coach): State<Coach>,
    Json(sentence): Json<Sentence>,
) -> Answer<Value> {
    if sentence.text.trim().is_empty() {
        return Err(Failure::refused("there is nothing to reply to"));
    }
    let profile = users::profile(telegram_id, coach.db()).await?;
    let reply = model::reply(&sentence, &profile.level, &coach.model).await?;
    users::record(telegram_id, profile.id, &sentence.text, &reply, coach.db()).await?;
    Ok(Json(json!({ "reply": reply })))
}

async fn daily(
    Path((user_id, date)): Path<(i64, Date)>,
    State(coach): State<Coach>,
) -> Answer<Daily> {
    Ok(Json(statistics::daily(user_id, date, coach.db()).await?))
}

async fn progress(Path(user_id): Path<i64>, State(coach): State<Coach>) -> Answer<Progress> {
    Ok(Json(statistics::progress(user_id, coach.db()).await?))
}

async fn all_words(Path(user_id): Path<i64>, State(coach): State<Coach>) -> Answer<Vec<Card>> {
    Ok(Json(words::all(user_id, coach.db()).await?))
}

async fn due_words(Path(user_id): Path<i64>, State(coach): State<Coach>) -> Answer<Vec<Card>> {
    Ok(Json(words::due(user_id, coach.db()).await?))
}

#[derive(Deserialize)]
struct Review {
    word: String,
    knew: bool,
}

async fn review(
    Path(user_id): Path<i64>,
    State(coach): State<Coach>,
    Json(Review { word, knew }): Json<Review>,
) -> Result<StatusCode, Failure> {
    words::review(user_id, &word, knew, coach.db()).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn transcribe(State(coach): State<Coach>, audio: Bytes) -> Answer<Value> {
    let text = model::transcript(&audio, &coach.model).await?;
    Ok(Json(json!({ "text": text })))
}

#[derive(Deserialize)]
struct Speak {
    #[serde(flatten)]
    sentence: Sentence,
    voice: Voice,
}

async fn speak(
    State(coach): State<Coach>,
    Json(Speak { sentence, voice }): Json<Speak>,
) -> Result<Vec<u8>, Failure> {
    model::speech(&sentence, voice, &coach.model).await
}

/// The health page: healthy whatever it says of Redis, which may be `healthy`, `unavailable` or `disabled`: the service
/// works without.
async fn health() -> Json<Value> {
    let report = HealthReport::of(&Cache::current()).await;
    Json(json!({ "status": "healthy", "redis": report.cache.redis.as_str() }))
}

/// The costs of the model so far, and the savings by the cache.
async fn bill(State(coach): State<Coach>) -> Json<Bill> {
    let stats = Cache::current().stats();
    let of_model = stats
        .functions
        .iter()
        .filter(|(name, _)| name.starts_with("coach::model::"));
    let avoided = of_model
        .map(|(_, counts)| counts.hits + counts.shared)
        .sum();
    Json(coach.model.bill(avoided))
}
