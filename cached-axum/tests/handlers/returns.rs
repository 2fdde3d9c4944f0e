//! Return types of handlers: stored as what they hold, and answered alike.

use std::{borrow::Cow, sync::Arc};

use axum::{
    Json, Router,
    extract::Path,
    response::{Html, IntoResponse, Response},
    routing,
};
use cached_axum::cached;
use http::{StatusCode, header};
use tests::every_store;

use super::{Db, Service, User, get};

#[cached(prefix = "returns:json:{id}")]
async fn json(Path(id): Path<u64>) -> Json<User> {
    Json(User { id })
}

#[cached]
async fn shared(Path(id): Path<u64>) -> Json<Arc<Vec<User>>> {
    Json(Arc::new(vec![User { id }]))
}

#[cached]
async fn value(Path(id): Path<u64>) -> Json<serde_json::Value> {
    Json(serde_json::json!({ "id": id, "rate": 0.1, "none": null }))
}

#[cached]
async fn html(Path(id): Path<u64>) -> Html<String> {
    Html(format!("<p>{id}</p>"))
}

#[cached]
async fn text(Path(id): Path<u64>) -> String {
    format!("user {id}")
}

#[cached]
async fn lent(Path(id): Path<u64>) -> Cow<'static, str> {
    if id == 0 {
        "nobody".into()
    } else {
        format!("user {id}").into()
    }
}

#[cached]
async fn bytes(Path(id): Path<u64>) -> Vec<u8> {
    id.to_string().into_bytes()
}

#[cached]
async fn nothing(Path(id): Path<u64>) {
    let _ = id;
}

#[cached]
async fn fallible(Path(id): Path<u64>) -> Result<Json<User>, AppError> {
    if id == 0 {
        Err(AppError::NotFound)
    } else {
        Ok(Json(User { id }))
    }
}

#[cached]
async fn fallible_text(Path(id): Path<u64>) -> Result<String, (StatusCode, &'static str)> {
    if id == 0 {
        return Err((StatusCode::NOT_FOUND, "nobody"));
    }
    Ok(format!("user {id}"))
}

/// An error with neither `Clone` nor serde.
#[derive(Debug)]
enum AppError {
    NotFound,
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let Self::NotFound = self;
        (StatusCode::NOT_FOUND, "nobody").into_response()
    }
}

type Answered<T> = Result<Json<T>, AppError>;

#[cached]
async fn alias(Path(id): Path<u64>) -> Answered<User> {
    fallible(Path(id)).await
}

fn router() -> Router<Db> {
    Router::new()
        .route("/json/{id}", routing::get(json))
        .route("/shared/{id}", routing::get(shared))
        .route("/value/{id}", routing::get(value))
        .route("/html/{id}", routing::get(html))
        .route("/text/{id}", routing::get(text))
        .route("/lent/{id}", routing::get(lent))
        .route("/bytes/{id}", routing::get(bytes))
        .route("/nothing/{id}", routing::get(nothing))
        .route("/fallible/{id}", routing::get(fallible))
        .route("/fallible_text/{id}", routing::get(fallible_text))
        .route("/alias/{id}", routing::get(alias))
        .route("/page/{id}", routing::get(page))
}

#[tokio::test]
async fn a_hit_is_answered_like_a_miss() {
    every_store("handler-returns", async |cache| {
        let service = Service::new(&cache, router());
        for (handler, kind, body) in [
            ("json", "application/json", r#"{"id":1}"#),
            ("shared", "application/json", r#"[{"id":1}]"#),
            (
                "value",
                "application/json",
                r#"{"id":1,"none":null,"rate":0.1}"#,
            ),
            ("html", "text/html; charset=utf-8", "<p>1</p>"),
            ("text", "text/plain; charset=utf-8", "user 1"),
            ("lent", "text/plain; charset=utf-8", "user 1"),
            ("bytes", "application/octet-stream", "1"),
            ("fallible", "application/json", r#"{"id":1}"#),
            ("fallible_text", "text/plain; charset=utf-8", "user 1"),
        ] {
            let uri = format!("/{handler}/1");
            let answer = service.loads_once(|| get(&uri)).await;
            assert_eq!(answer.status, 200, "{handler}");
            assert_eq!(answer.headers[header::CONTENT_TYPE], kind, "{handler}");
            assert_eq!(answer.body, body, "{handler}");
        }
        let nothing = service.loads_once(|| get("/nothing/1")).await;
        assert_eq!((nothing.status, &*nothing.body), (StatusCode::OK, ""));
    })
    .await;
}

#[tokio::test]
async fn an_error_is_answered_and_not_stored() {
    every_store("handler-error", async |cache| {
        let service = Service::new(&cache, router());
        for uri in ["/fallible/0", "/fallible_text/0"] {
            for loads in [1, 2] {
                let before = service.loads();
                let answer = service.get(uri).await;
                assert_eq!(
                    (answer.status, &*answer.body),
                    (StatusCode::NOT_FOUND, "nobody")
                );
                assert_eq!(service.loads(), before + 1, "{loads}");
            }
        }
        assert_eq!(cache.stats().total.stores, 0);
    })
    .await;
}

#[tokio::test]
async fn a_handler_may_call_another_one() {
    every_store("handler-nested", async |cache| {
        let service = Service::new(&cache, router());
        assert_eq!(service.get("/alias/1").await.body, r#"{"id":1}"#);
        assert_eq!(service.loads(), 2);
        assert_eq!(service.get("/fallible/1").await.body, r#"{"id":1}"#);
        assert_eq!(service.get("/alias/1").await.body, r#"{"id":1}"#);
        assert_eq!(service.loads(), 2);
    })
    .await;
}

/// A handler that is no cached function, because it returns a whole response: it calls one.
async fn page(Path(id): Path<u64>) -> Response {
    let Json(user) = json(Path(id)).await;
    (StatusCode::ACCEPTED, [("x-id", user.id.to_string())]).into_response()
}

#[tokio::test]
async fn what_has_to_be_a_response_calls_a_cached_function() {
    every_store("handler-response", async |cache| {
        let service = Service::new(&cache, router());
        let answer = service.loads_once(|| get("/page/1")).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED);
        assert_eq!(answer.headers["x-id"], "1");
        assert_eq!(service.get("/json/1").await.body, r#"{"id":1}"#);
        assert_eq!(service.loads(), 1);
    })
    .await;
}
