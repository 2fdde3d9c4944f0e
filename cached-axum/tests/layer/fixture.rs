//! A router behind the layer, and requests to it.

use std::time::{Duration, Instant};

use axum::{
    Json, Router,
    body::Body,
    extract::Path,
    http::{Method, Request, Response, StatusCode},
    response::Html,
    routing::get,
};
use cached_axum::{CacheLayer, cached, invalidates};
use cached_core::Cache;
use http_body_util::BodyExt as _;
use serde::{Deserialize, Serialize};
use tower::ServiceExt as _;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Word {
    pub(crate) id: u64,
    pub(crate) text: String,
}

/// A handler that is its own cached function.
#[cached(ttl = "1m", prefix = "word:{id}")]
pub(crate) async fn word(Path(id): Path<u64>) -> Json<Word> {
    let text = format!("word {id}");
    Json(Word { id, text })
}

#[cached(ttl = "1m", prefix = "page:{name}")]
async fn page(Path(name): Path<String>) -> Html<String> {
    Html(format!("<p>{name}</p>"))
}

/// A cached function that is no handler.
#[cached(ttl = "1m", prefix = "length:{text}")]
pub(crate) async fn length(text: &str) -> usize {
    text.len()
}

#[cached(ttl = "1m", prefix = "even:{id}")]
async fn even(Path(id): Path<u64>) -> Result<Json<u64>, StatusCode> {
    let even = id.is_multiple_of(2).then_some(Json(id));
    even.ok_or(StatusCode::NOT_FOUND)
}

#[invalidates("word:{id}")]
async fn rename(Path(id): Path<u64>) -> StatusCode {
    StatusCode::NO_CONTENT
}

async fn lengths() -> String {
    format!("{} {}", length("ab").await, length("abc").await)
}

pub(crate) fn routes() -> Router {
    Router::new()
        .route("/words/{id}", get(word).post(word).put(rename))
        .route("/pages/{name}", get(page))
        .route("/even/{id}", get(even))
        .route("/lengths", get(lengths))
        .route("/plain", get(async || "plain"))
}

/// The routes behind a layer that uses the cache of the test's scope.
pub(crate) fn app() -> Router {
    routes().layer(CacheLayer::new())
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) response: Response<()>,
    pub(crate) body: String,
}

impl Answer {
    /// The header of this name, of which there is at most one.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let all: Vec<_> = self.response.headers().get_all(name).iter().collect();
        assert!(all.len() <= 1, "{name}: {all:?}");
        all.first().map(|value| value.to_str().unwrap())
    }

    pub(crate) fn cache_status(&self) -> &str {
        self.header("cache-status").unwrap_or("none")
    }
}

/// Waits until all that was loaded is stored: until then nothing is known of a value but that it is new.
pub(crate) async fn stored(cache: &Cache) {
    let began = Instant::now();
    let is_stored = || {
        let total = cache.stats().total;
        total.stores == total.loads
    };
    while !is_stored() {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "it is not stored"
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

pub(crate) async fn send(app: &Router, request: Request<Body>) -> Answer {
    let response = app.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: head.status,
        response: Response::from_parts(head, ()),
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

pub(crate) async fn ask(app: &Router, uri: &str, headers: &[(&str, &str)]) -> Answer {
    ask_by(&Method::GET, app, uri, headers).await
}

pub(crate) async fn ask_by(
    method: &Method,
    app: &Router,
    uri: &str,
    headers: &[(&str, &str)],
) -> Answer {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(app, request.body(Body::empty()).unwrap()).await
}
