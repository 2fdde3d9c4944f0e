//! The admin pages, for those with the token: statistics, and invalidation.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use cached_axum::admin::{AdminRejection, InvalidationReport, ServerReport, StatsReport};
use cached_core::{Cache, Tag};
use examples::{Bill, Database, Failure, PaidModel};
use serde::Serialize;
use tokio::sync::Mutex;

use crate::archive::Archive;

/// Statistics of the cache, of Redis and of the model.
#[derive(Debug, Serialize)]
pub(crate) struct Stats {
    #[serde(flatten)]
    counted: StatsReport,
    redis: ServerReport,
    model: Bill,
}

/// The outcome of a clean-up.
#[derive(Debug, Serialize)]
pub(crate) struct Cleaned {
    expired_sessions: u64,
    purged_keys: u64,
}

pub(crate) async fn stats(
    State(cache): State<Cache>,
    State(model): State<PaidModel>,
) -> Result<Json<Stats>, Failure> {
    let counted = StatsReport::of(&cache);
    Ok(Json(Stats {
        redis: ServerReport::of(&cache).await?,
        model: model.bill(spared(&counted)),
        counted,
    }))
}

/// Counts the questions to the model that were answered without it.
fn spared(counted: &StatsReport) -> u64 {
    let of_model = |name: &&str| name.contains("::model::");
    let functions = counted.functions.iter();
    functions
        .filter(|(name, _)| of_model(name))
        .map(|(_, counts)| counts.statistics.hits + counts.shared)
        .sum()
}

pub(crate) async fn forget_user(
    State(cache): State<Cache>,
    Path(user_id): Path<i64>,
) -> Result<InvalidationReport, Failure> {
    forget(&cache, "user", user_id).await
}

pub(crate) async fn forget_scenario(
    State(cache): State<Cache>,
    Path(scenario_id): Path<i64>,
) -> Result<InvalidationReport, Failure> {
    forget(&cache, "scenario", scenario_id).await
}

async fn forget(cache: &Cache, what: &str, id: i64) -> Result<InvalidationReport, Failure> {
    let done = cache
        .invalidate_tag(Tag::from(format!("{what}:{id}")))
        .await?;
    Ok(done.into())
}

/// Deletes expired copies of sessions from the database, and all cached queries from Redis. One at a time, as on the
/// page of the cache itself: it goes through all keys.
pub(crate) async fn clean_up(
    State(cache): State<Cache>,
    State(database): State<Database>,
    State(cleaning): State<Arc<Mutex<()>>>,
) -> Response {
    let Ok(_turn) = cleaning.try_lock() else {
        return AdminRejection::Busy.into_response();
    };
    let cleaned = cleaned(&cache, &database).await;
    cleaned.map(Json).into_response()
}

async fn cleaned(cache: &Cache, database: &Database) -> Result<Cleaned, Failure> {
    Ok(Cleaned {
        expired_sessions: Archive::of(database).clean_up().await?,
        purged_keys: cache.purge("query:*").await?,
    })
}
