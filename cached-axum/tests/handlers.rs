//! Attributes directly on handlers.

use axum::{Json, extract::Path, extract::State};
use cached_axum::{cached, invalidates};
use cached_core::Cache;
use serde::{Deserialize, Serialize};

#[derive(Clone)]
struct Db;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct User {
    id: u64,
}

#[cached(prefix = "user:{id}")]
async fn user(Path(id): Path<u64>, #[cached(skip)] State(db): State<Db>) -> Json<User> {
    let Db = db;
    Json(User { id })
}

#[invalidates("user:{id}")]
async fn change(Path(id): Path<u64>) {}

#[tokio::test]
async fn json_is_stored_as_what_it_holds() {
    let cache = Cache::in_memory().unwrap();
    cache
        .scope(async {
            let Json(first) = user(Path(1), State(Db)).await;
            let Json(again) = user(Path(1), State(Db)).await;
            assert_eq!(first, again);
            assert_eq!(cache.stats().total.hits, 1);
            change(Path(1)).await;
            let _ = user(Path(1), State(Db)).await;
            assert_eq!(cache.stats().total.loads, 2);
        })
        .await;
}
