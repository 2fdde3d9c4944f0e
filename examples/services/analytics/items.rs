//! Calls by key: get, set with a ttl, exists, delete, and clear by pattern.
//!
//! All keys lie below `item:`, so a caller reaches nothing that the handlers cache. There is no function whose body
//! could run instead, so while Redis is away, and with the cache turned off, these answer 503.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use cached_axum::UseCache;
use cached_core::Key;
use examples::Failure;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A value to store.
#[derive(Debug, Deserialize)]
pub(crate) struct Item {
    value: Value,
    /// The lifetime; absent, the cache's default, `REDIS_CACHE_TTL`.
    ttl_seconds: Option<u64>,
}

/// A value that was stored.
#[derive(Debug, Serialize)]
pub(crate) struct Stored {
    value: Value,
    ttl_seconds: u64,
}

/// The values to clear, by a pattern of their names.
#[derive(Debug, Deserialize)]
pub(crate) struct Clear {
    pattern: String,
}

/// A `:` or a `*` in a name is part of the name.
fn key(name: &str) -> Key {
    Key::from_segments(["item", name])
}

pub(crate) async fn get(
    UseCache(cache): UseCache,
    Path(name): Path<String>,
) -> Result<Json<Stored>, Failure> {
    let key = key(&name);
    let value = cache.get(key.clone()).await?;
    let value = value.ok_or_else(|| Failure::not_found("no such item"))?;
    let left = cache.ttl(key).await?.unwrap_or_default();
    let ttl_seconds = left.as_secs();
    Ok(Json(Stored { value, ttl_seconds }))
}

pub(crate) async fn set(
    UseCache(cache): UseCache,
    Path(name): Path<String>,
    Json(Item { value, ttl_seconds }): Json<Item>,
) -> Result<StatusCode, Failure> {
    const LONGEST: u64 = 30 * 24 * 60 * 60;
    if ttl_seconds.is_some_and(|seconds| !(1..=LONGEST).contains(&seconds)) {
        let why = format!("`ttl_seconds` is from 1 to {LONGEST}");
        return Err(Failure::refused(why));
    }
    let ttl = ttl_seconds.map(Duration::from_secs);
    cache.set(key(&name), &value, ttl).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn exists(
    UseCache(cache): UseCache,
    Path(name): Path<String>,
) -> Result<Json<Value>, Failure> {
    let exists = cache.exists(key(&name)).await?;
    Ok(Json(json!({ "exists": exists })))
}

pub(crate) async fn delete(
    UseCache(cache): UseCache,
    Path(name): Path<String>,
) -> Result<Json<Value>, Failure> {
    let deleted = cache.delete(key(&name)).await?;
    Ok(Json(json!({ "deleted": deleted })))
}

/// Here, and only here, a `*` is a wildcard. One at the beginning at most, and one at the end: a server has to try all
/// the ways in which a key could match.
pub(crate) async fn clear(
    UseCache(cache): UseCache,
    Query(Clear { pattern }): Query<Clear>,
) -> Result<Json<Value>, Failure> {
    const LONGEST: usize = 128;
    let text = pattern.strip_prefix('*').unwrap_or(&pattern);
    let text = text.strip_suffix('*').unwrap_or(text);
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if pattern.is_empty() || pattern.len() > LONGEST || !text.chars().all(plain) {
        let why =
            "a pattern has letters, digits, `-`, `_` and `.`, at most 128, and a `*` at its ends";
        return Err(Failure::refused(why));
    }
    let deleted = cache.purge(&format!("item:{pattern}")).await?;
    Ok(Json(json!({ "deleted": deleted })))
}
