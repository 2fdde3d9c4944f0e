//! `#[axum::debug_handler]`, above and below.

#![allow(clippy::unused_async, reason = "what `debug_handler` adds is")]

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

/// Neither serde nor in the key.
#[derive(Clone)]
struct Db;

#[axum::debug_handler]
#[cached(prefix = "user:{id}")]
async fn below_it(Path(id): Path<u64>, #[cached(skip)] State(_db): State<Db>) -> String {
    Runs::add();
    format!("user {id}")
}

#[cached(prefix = "user:{id}")]
#[axum::debug_handler(state = Db)]
async fn above_it(#[cached(skip)] State(db): State<Db>, Path(id): Path<u64>) -> String {
    let Db = db;
    Runs::add();
    format!("user {id}")
}

#[axum::debug_handler]
#[invalidates("user:{id}")]
async fn change(Path(id): Path<u64>) {}

#[invalidates("user:{id}")]
#[axum::debug_handler]
async fn delete(Path(id): Path<u64>) -> String {
    String::new()
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| below_it(Path(1), State(Db))).await;
    check(|| above_it(State(Db), Path(1))).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(
        || below_it(Path(1), State(Db)),
        || below_it(Path(2), State(Db)),
    )
    .await;
    check_miss(
        || above_it(State(Db), Path(1)),
        || above_it(State(Db), Path(2)),
    )
    .await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| below_it(Path(1), State(Db)), change(Path(1))).await;
    check_invalidates(|| above_it(State(Db), Path(1)), delete(Path(1))).await;
}

#[test]
fn they_are_handlers() {
    let _routes: Router = Router::new()
        .route("/below/{id}", get(below_it).put(change).delete(delete))
        .route("/above/{id}", get(above_it))
        .with_state(Db);
}
