//! The health page.

use std::time::{Duration, Instant};

use axum::Router;
use cached_axum::{cached, health};
use cached_core::{Cache, Outage};
use http::{Method, StatusCode, header};
use serde_json::{Value, json};
use tests::{RedisServer, namespace};

use super::{get, request, send};

#[cached(prefix = "number:{number}")]
async fn number(number: u64) -> u64 {
    number
}

fn app(cache: &Cache) -> Router {
    Router::new()
        .nest("/health", health::router(cache.clone()))
        .nest("/strict", health::strict_router(cache.clone()))
}

async fn page(app: &Router) -> Value {
    let answer = get(app, "/health").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header(&header::CACHE_CONTROL), "no-store");
    answer.json()
}

/// 2 misses and 6 hits.
async fn calls(cache: &Cache) {
    let calls = async {
        for call in 0..8 {
            number(call % 2).await;
        }
    };
    cache.scope(calls).await;
}

#[tokio::test]
async fn in_memory_only() {
    let cache = Cache::in_memory().unwrap();
    calls(&cache).await;
    let app = app(&cache);
    let expected = json!({
        "status": "healthy",
        "cache": {
            "redis": { "available": false, "healthy": false },
            "fallback": { "available": true, "size": 2 },
        },
        "cache_statistics": { "hits": 6, "misses": 2, "hit_rate_percent": 75.0, "total_requests": 8 },
    });
    assert_eq!(page(&app).await, expected);
    assert_eq!(get(&app, "/strict").await.json(), expected);
    let head = send(&app, request(Method::HEAD, "/health", "")).await;
    assert_eq!((head.status, &*head.body), (StatusCode::OK, ""));
    let post = send(&app, request(Method::POST, "/health", "")).await;
    assert_eq!(post.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn rates_have_two_decimals() {
    let cache = Cache::in_memory().unwrap();
    let calls = async {
        for call in [1, 1, 2] {
            number(call).await;
        }
    };
    cache.scope(calls).await;
    let page = page(&app(&cache)).await;
    assert_eq!(page["cache_statistics"]["hit_rate_percent"], 33.33);
}

#[tokio::test]
async fn on_redis_as_documented() {
    let cache = Cache::builder()
        .redis_url(RedisServer::shared().url())
        .namespace(namespace("health"))
        .op_timeout(Duration::from_secs(10))
        .build()
        .unwrap();
    calls(&cache).await;
    let answer = get(&app(&cache), "/health").await;
    // Word for word, and in this order: other programs read it.
    assert_eq!(
        answer.body,
        concat!(
            r#"{"status":"healthy","cache":{"redis":{"available":true,"healthy":true},"#,
            r#""fallback":{"available":true,"size":0}},"cache_statistics":{"hits":6,"misses":2,"#,
            r#""hit_rate_percent":75.0,"total_requests":8}}"#
        )
    );
}

#[tokio::test]
async fn turned_off() {
    let off = || Cache::builder().enabled(false);
    for builder in [off(), off().redis_url("redis://127.0.0.1:1")] {
        let app = app(&builder.build().unwrap());
        let page = page(&app).await;
        assert_eq!(page["status"], "disabled");
        let nothing = json!({
            "redis": { "available": false, "healthy": false },
            "fallback": { "available": false, "size": 0 },
        });
        assert_eq!(page["cache"], nothing);
        assert_eq!(page["cache_statistics"]["hit_rate_percent"], 0.0);
        assert_eq!(get(&app, "/strict").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn redis_stops_and_comes_back() {
    let server = RedisServer::start();
    let cache = Cache::builder().redis_url(server.url()).build().unwrap();
    calls(&cache).await;
    let app = app(&cache);
    assert_eq!(page(&app).await["status"], "healthy");
    server.kill();
    let down = page(&app).await;
    assert_eq!(down["status"], "degraded");
    assert_eq!(
        down["cache"]["redis"],
        json!({ "available": true, "healthy": false })
    );
    assert_eq!(down["cache"]["fallback"]["available"], true);
    let strict = get(&app, "/strict").await;
    assert_eq!(strict.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(strict.json()["status"], "degraded");
    let patience = Instant::now() + Duration::from_secs(20);
    while page(&app).await["cache"]["fallback"]["size"] != 2 {
        assert!(Instant::now() < patience, "this process kept nothing");
        calls(&cache).await;
    }
    server.restart();
    let patience = Instant::now() + Duration::from_secs(20);
    while page(&app).await["status"] != "healthy" {
        assert!(Instant::now() < patience, "it stayed degraded");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(get(&app, "/strict").await.status, StatusCode::OK);
    assert_eq!(page(&app).await["cache"]["fallback"]["size"], 0);
}

#[tokio::test]
async fn without_a_fallback() {
    let server = RedisServer::start();
    let builder = Cache::builder().redis_url(server.url());
    let cache = builder.outage(Outage::Origin).build().unwrap();
    let page = page(&app(&cache)).await;
    assert_eq!(
        page["cache"]["fallback"],
        json!({ "available": false, "size": 0 })
    );
}

#[tokio::test]
async fn a_frozen_redis_holds_up_the_page_for_one_deadline() {
    let server = RedisServer::start();
    let cache = Cache::builder().redis_url(server.url()).build().unwrap();
    calls(&cache).await;
    let app = app(&cache);
    server.freeze();
    let began = Instant::now();
    assert_eq!(page(&app).await["status"], "degraded");
    assert!(began.elapsed() < Duration::from_secs(5));
    server.thaw();
}
