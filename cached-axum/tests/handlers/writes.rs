//! `#[invalidates]` on handlers: if the answer is a success.

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{Html, IntoResponse, Redirect, Response},
    routing,
};
use cached_axum::{cached, invalidates};
use tests::every_store;

use super::{Db, Service, User, get, put};

type Wanted = Path<(u64, u16)>;

fn of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap()
}

#[cached(prefix = "user:{id}")]
async fn user(Path(id): Path<u64>, #[cached(skip)] State(db): State<Db>) -> Json<User> {
    let Db = db;
    Json(User { id })
}

#[invalidates("user:{id}")]
async fn status(Path((id, code)): Wanted) -> StatusCode {
    of(code)
}

#[invalidates("user:{id}")]
async fn response(Path((id, code)): Wanted) -> Response {
    (of(code), "done").into_response()
}

#[invalidates("user:{id}")]
async fn opaque(Path((id, code)): Wanted) -> impl IntoResponse {
    (of(code), Json("done"))
}

#[invalidates("user:{id}")]
async fn with_json(Path((id, code)): Wanted) -> (StatusCode, Json<User>) {
    (of(code), Json(User { id }))
}

#[invalidates("user:{id}")]
async fn with_headers(
    Path((id, code)): Wanted,
) -> (
    StatusCode,
    HeaderMap,
    [(&'static str, &'static str); 1],
    Html<String>,
) {
    (
        of(code),
        HeaderMap::new(),
        [("x", "y")],
        Html(String::new()),
    )
}

#[invalidates("user:{id}")]
async fn result(Path((id, code)): Wanted) -> Result<StatusCode, String> {
    Ok(of(code))
}

#[invalidates("user:{id}")]
async fn result_of_response(Path((id, code)): Wanted) -> Result<Response, StatusCode> {
    Ok(of(code).into_response())
}

#[invalidates("user:{id}")]
async fn result_of_opaque(Path((id, code)): Wanted) -> Result<impl IntoResponse, StatusCode> {
    Ok((of(code), "done"))
}

#[invalidates("user:{id}")]
async fn result_of_json(Path((id, code)): Wanted) -> axum::response::Result<Json<User>> {
    if code < 300 {
        return Ok(Json(User { id }));
    }
    Err(of(code).into())
}

#[tokio::test]
async fn only_an_answer_that_succeeded_invalidates() {
    every_store("handler-status", async |cache| {
        let router = Router::new()
            .route("/{id}", routing::get(user))
            .route("/status/{id}/{code}", routing::put(status))
            .route("/response/{id}/{code}", routing::put(response))
            .route("/opaque/{id}/{code}", routing::put(opaque))
            .route("/with_json/{id}/{code}", routing::put(with_json))
            .route("/with_headers/{id}/{code}", routing::put(with_headers))
            .route("/result/{id}/{code}", routing::put(result))
            .route(
                "/result_of_response/{id}/{code}",
                routing::put(result_of_response),
            )
            .route(
                "/result_of_opaque/{id}/{code}",
                routing::put(result_of_opaque),
            )
            .route("/result_of_json/{id}/{code}", routing::put(result_of_json));
        let service = Service::new(&cache, router);
        for handler in [
            "status",
            "response",
            "opaque",
            "with_json",
            "with_headers",
            "result",
            "result_of_response",
            "result_of_opaque",
            "result_of_json",
        ] {
            for (code, invalidates) in [
                (200, true),
                (204, true),
                (301, false),
                (400, false),
                (404, false),
                (500, false),
            ] {
                service.get("/1").await;
                let loads = service.loads();
                service.send(put(&format!("/{handler}/1/{code}"))).await;
                service.get("/1").await;
                let loaded = service.loads() > loads;
                assert_eq!(loaded, invalidates, "{handler} with {code}");
            }
        }
    })
    .await;
}

#[invalidates("user:{id}")]
async fn saved(Path(id): Path<u64>) -> Redirect {
    Redirect::to(&format!("/{id}"))
}

#[invalidates("user:{ret.1.0.id}")]
async fn created(Path(id): Path<u64>) -> (StatusCode, Json<User>) {
    (StatusCode::CREATED, Json(User { id: id + 1 }))
}

#[invalidates("user:{id}", on = "always")]
async fn tried(Path(id): Path<u64>) -> StatusCode {
    let _ = id;
    StatusCode::BAD_GATEWAY
}

#[invalidates("user:{id}", on = |status| *status != StatusCode::NOT_MODIFIED)]
async fn decided(Path((id, code)): Wanted) -> StatusCode {
    of(code)
}

#[tokio::test]
async fn after_a_redirect_of_what_was_made_always_or_as_decided() {
    every_store("handler-on", async |cache| {
        let router = Router::new()
            .route("/{id}", routing::get(user))
            .route("/saved/{id}", routing::put(saved))
            .route("/created/{id}", routing::put(created))
            .route("/tried/{id}", routing::put(tried))
            .route("/decided/{id}/{code}", routing::put(decided));
        let service = Service::new(&cache, router);
        for (uri, invalidates) in [
            ("/saved/2", true),
            ("/saved/3", false),
            ("/created/1", true),
            ("/created/2", false),
            ("/tried/2", true),
            ("/decided/2/500", true),
            ("/decided/2/304", false),
        ] {
            service.get("/2").await;
            let loads = service.loads();
            service.send(put(uri)).await;
            service.get("/2").await;
            assert_eq!(service.loads() > loads, invalidates, "{uri}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_request_that_is_rejected_invalidates_nothing() {
    every_store("handler-bad-write", async |cache| {
        let router = Router::new()
            .route("/{id}", routing::get(user))
            .route("/saved/{id}", routing::put(saved));
        let service = Service::new(&cache, router);
        service.loads_once(|| get("/1")).await;
        assert_eq!(service.send(put("/saved/one")).await.status, 400);
        assert_eq!(service.send(get("/saved/1")).await.status, 405);
        service.get("/1").await;
        assert_eq!(service.loads(), 1);
        assert_eq!(cache.stats().total.invalidations, 0);
    })
    .await;
}
