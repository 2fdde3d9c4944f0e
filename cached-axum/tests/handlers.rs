//! Attributes directly on handlers.
// A test says what is wrong by panicking.
#![allow(clippy::unwrap_used)]

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
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

#[invalidates("user:{id}")]
async fn status(Path((id, status)): Path<(u64, u16)>) -> StatusCode {
    StatusCode::from_u16(status).unwrap()
}

#[invalidates("user:{id}")]
async fn response(Path((id, status)): Path<(u64, u16)>) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, "done").into_response()
}

#[invalidates("user:{id}")]
async fn anything(Path((id, status)): Path<(u64, u16)>) -> impl IntoResponse {
    (StatusCode::from_u16(status).unwrap(), Json("done"))
}

#[invalidates("user:{id}")]
async fn result(Path((id, status)): Path<(u64, u16)>) -> Result<StatusCode, String> {
    Ok(StatusCode::from_u16(status).unwrap())
}

#[tokio::test]
async fn only_a_response_that_succeeded_invalidates() {
    let cache = Cache::in_memory().unwrap();
    let of = |status| Path((1, status));
    cache
        .scope(async {
            for (code, invalidates) in [
                (200, true),
                (204, true),
                (303, true),
                (301, false),
                (404, false),
                (500, false),
            ] {
                for handler in 0..4 {
                    let _ = user(Path(1), State(Db)).await;
                    match handler {
                        0 => drop(status(of(code)).await),
                        1 => drop(response(of(code)).await),
                        2 => drop(anything(of(code)).await),
                        _ => drop(result(of(code)).await),
                    }
                    let is_gone = user::peek(Path(1)).await.is_none();
                    assert_eq!(is_gone, invalidates, "{code} by handler {handler}");
                }
            }
        })
        .await;
}
