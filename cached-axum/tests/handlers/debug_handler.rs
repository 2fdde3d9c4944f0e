//! `#[axum::debug_handler]`, above and below the attributes, with each kind of extractor.

use axum::{
    Extension, Json, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    routing,
};
use cached_axum::{cached, invalidates};
use tests::every_store;

use super::{Db, Service, User, get, put};

#[axum::debug_handler]
#[cached(prefix = "debug:{id}", ttl = "5m")]
async fn above(
    Path(id): Path<u64>,
    Query(page): Query<Vec<(String, String)>>,
    #[cached(skip)] State(_db): State<Db>,
    #[cached(skip)] headers: HeaderMap,
    #[cached(skip)] perhaps: Option<Extension<Db>>,
) -> Result<Json<User>, StatusCode> {
    let _ = (page, headers, perhaps);
    Ok(Json(User { id }))
}

#[cached(prefix = "debug:{id}", ttl = "5m")]
#[axum::debug_handler(state = Db)]
async fn below(
    #[cached(skip)] State(_db): State<Db>,
    Path(id): Path<u64>,
) -> Result<Json<User>, StatusCode> {
    Ok(Json(User { id }))
}

#[axum::debug_handler(state = Db)]
#[invalidates("debug:{id}", tags = ["debug:{id}"])]
async fn change_above(Path(id): Path<u64>, State(_db): State<Db>) -> StatusCode {
    if id == 0 {
        StatusCode::NOT_FOUND
    } else {
        StatusCode::NO_CONTENT
    }
}

#[invalidates(above(..), below(Path(id)))]
#[axum::debug_handler]
async fn change_below(Path(id): Path<u64>) -> Result<StatusCode, StatusCode> {
    if id == 0 {
        Err(StatusCode::NOT_FOUND)
    } else {
        Ok(StatusCode::NO_CONTENT)
    }
}

#[tokio::test]
async fn above_and_below() {
    every_store("handler-debug", async |cache| {
        let router = Router::new()
            .route("/above/{id}", routing::get(above).put(change_above))
            .route("/below/{id}", routing::get(below).put(change_below));
        let service = Service::new(&cache, router);
        for changing in ["/above", "/below"] {
            for reading in ["/above", "/below"] {
                let read = format!("{reading}/1");
                service.loads_once(|| get(&read)).await;
                let change = service.send(put(&format!("{changing}/0"))).await;
                assert_eq!(change.status, StatusCode::NOT_FOUND);
                let loads = service.loads();
                service.get(&read).await;
                assert_eq!(service.loads(), loads, "{changing} {reading}");
                let change = service.send(put(&format!("{changing}/1"))).await;
                assert_eq!(change.status, StatusCode::NO_CONTENT);
            }
        }
    })
    .await;
}
