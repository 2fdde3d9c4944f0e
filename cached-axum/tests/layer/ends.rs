//! Requests that end early, and services that fail.

use std::{convert::Infallible, future::pending, sync::Arc, time::Duration};

use axum::{Router, body::Body, http::Request, routing::get};
use cached_axum::{CacheLayer, cached};
use cached_core::Cache;
use tests::RedisServer;
use tokio::sync::Notify;
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::fixture::{ask, length, routes, stored};

#[tokio::test]
async fn error_of_the_service_passes() {
    let cache = Cache::in_memory().unwrap();
    let failing = service_fn(async |_: Request<Body>| {
        length("ab").await;
        Err::<axum::response::Response, _>(std::io::Error::other("broken"))
    });
    let service = CacheLayer::new().cache(cache.clone()).layer(failing);
    let error = service.oneshot(Request::new(Body::empty())).await;
    assert_eq!(error.unwrap_err().to_string(), "broken");
    assert_eq!(cache.stats().total.loads, 1);
}

/// Any body, any request: the layer needs no axum around it.
#[tokio::test]
async fn service_of_other_bodies_is_wrapped() {
    let service = service_fn(async |request: Request<u8>| {
        let text = length(&request.body().to_string()).await.to_string();
        let body = http_body_util::Full::<bytes::Bytes>::from(text);
        Ok::<_, Infallible>(axum::http::Response::new(body))
    });
    let layer = CacheLayer::new().cache(Cache::in_memory().unwrap());
    let response = layer
        .layer(service)
        .oneshot(Request::new(200))
        .await
        .unwrap();
    assert_eq!(response.headers()["cache-status"], "cached;fwd=miss;stored");
    assert!(response.headers().contains_key("etag"));
}

#[cached(prefix = "held:{id}")]
async fn held(id: u64, #[cached(skip)] hold: bool) -> u64 {
    if hold {
        pending::<()>().await;
    }
    id
}

#[tokio::test]
async fn client_that_goes_away_hands_its_load_over() {
    let cache = Cache::in_memory().unwrap();
    let entered = Arc::new(Notify::new());
    let began = Arc::clone(&entered);
    let app = Router::new()
        .route(
            "/held",
            get(async move || {
                began.notify_one();
                held(1, true).await.to_string()
            }),
        )
        .route("/free", get(async || held(1, false).await.to_string()))
        .layer(CacheLayer::new().cache(cache));
    let gone = tokio::spawn({
        let app = app.clone();
        async move { ask(&app, "/held", &[]).await.status }
    });
    entered.notified().await;
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    let answer = tokio::time::timeout(Duration::from_secs(10), ask(&app, "/free", &[]));
    assert_eq!(answer.await.unwrap().body, "1");
}

#[tokio::test]
async fn panic_of_a_handler_passes() {
    let cache = Cache::in_memory().unwrap();
    let panics = async || -> String { panic!("in the handler") };
    let app = Router::new()
        .route("/", get(panics))
        .layer(CacheLayer::new().cache(cache));
    let ended = tokio::spawn(async move { ask(&app, "/", &[]).await.status });
    assert!(ended.await.unwrap_err().is_panic());
}

#[tokio::test]
async fn redis_that_goes_away_takes_no_request_along() {
    let server = RedisServer::start();
    let cache = Cache::builder()
        .redis_url(server.url())
        .op_timeout(Duration::from_secs(5))
        .build()
        .unwrap();
    let app = routes().layer(CacheLayer::new().cache(cache.clone()));
    ask(&app, "/words/1", &[]).await;
    stored(&cache).await;
    let etag = ask(&app, "/words/1", &[]).await;
    let etag = etag.header("etag").unwrap();
    server.kill();
    for _ in 0..20 {
        let answer = ask(&app, "/words/1", &[]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("etag")),
            (200, Some(etag))
        );
        let again = ask(&app, "/words/1", &[("if-none-match", etag)]).await;
        assert_eq!(again.status, 304);
    }
    // Kept in this process, and no longer than it lets others write meanwhile.
    let answer = ask(&app, "/words/1", &[]).await;
    assert!(answer.cache_status().starts_with("cached;hit;ttl="));
    let control = answer.header("cache-control").unwrap();
    let seconds = control.strip_prefix("private, max-age=").unwrap();
    assert!(seconds.parse::<u64>().unwrap() <= 30, "{control}");
}
