//! Requests that change something, one at a time.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes};
use cached_core::Cache;
use http::{StatusCode, header};
use http_body::Frame;
use serde_json::json;
use tests::{Proxy, RedisServer, Way};
use tokio::task::JoinSet;

use super::{
    admin::{app, done},
    get, post,
};

/// A cache that waits for a server that hangs.
fn patient(server: &RedisServer) -> Cache {
    Cache::builder()
        .redis_url(server.url())
        .op_timeout(Duration::from_secs(20))
        .build()
        .unwrap()
}

#[tokio::test]
async fn of_two_clears_at_once_one_is_told_to_come_again() {
    let server = RedisServer::start();
    let cache = patient(&server);
    cache.ready(Duration::from_secs(20)).await.unwrap();
    let app = app(&cache);
    done(&app, "/admin/clear", json!({})).await;
    server.freeze();
    let (first, others) = tokio::join!(post(&app, "/admin/clear", ""), async {
        tokio::task::yield_now().await;
        let mut others = vec![];
        for (path, body) in [
            ("/admin/clear", ""),
            ("/admin/purge", r#"{"glob":"a:*"}"#),
            ("/admin/invalidate", r#"{"tag":"team:1"}"#),
            ("/admin/test", ""),
        ] {
            others.push(post(&app, path, body).await);
        }
        // Reading goes on.
        assert_eq!(get(&app, "/admin/stats").await.status, StatusCode::OK);
        server.thaw();
        others
    });
    assert_eq!(first.json(), json!({ "outcome": "applied" }));
    for other in others {
        assert_eq!(other.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(other.header(&header::RETRY_AFTER), "1");
        assert!(!other.error().is_empty());
    }
    done(&app, "/admin/clear", json!({})).await;
}

#[tokio::test]
async fn who_hangs_up_gives_up_its_turn() {
    let server = RedisServer::start();
    let cache = patient(&server);
    let app = app(&cache);
    done(&app, "/admin/test", json!({})).await;
    server.freeze();
    let purge = post(&app, "/admin/purge", r#"{"glob":"a:*"}"#);
    let gone = tokio::time::timeout(Duration::from_millis(50), purge).await;
    assert!(gone.is_err());
    server.thaw();
    done(&app, "/admin/clear", json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_clears_at_once_the_server_sees_one() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let cache = Cache::builder()
        .redis_url(proxy.url())
        .op_timeout(Duration::from_secs(20))
        .build()
        .unwrap();
    let app = app(&cache);
    done(&app, "/admin/test", json!({})).await;
    proxy.set(Way::Held);
    let mut clears = JoinSet::new();
    for _ in 0..50 {
        let app = app.clone();
        clears.spawn(async move { post(&app, "/admin/clear", "").await.status });
    }
    for _ in 0..49 {
        let status = clears.join_next().await.unwrap().unwrap();
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    }
    proxy.set(Way::Open);
    let last = clears.join_next().await.unwrap().unwrap();
    assert_eq!(last, StatusCode::OK);
    assert_eq!(cache.stats().total.invalidations, 1);
}

#[tokio::test]
async fn who_sends_slowly_holds_up_nobody() {
    let cache = Cache::in_memory().unwrap();
    let app = app(&cache);
    let begun = Endless(Some(r#"{"glob":"#));
    let slow = post(&app, "/admin/purge", Body::new(begun));
    tokio::pin!(slow);
    let waiting = tokio::time::timeout(Duration::from_millis(20), slow.as_mut()).await;
    assert!(waiting.is_err(), "the body has no end");
    done(&app, "/admin/clear", json!({})).await;
}

/// A body that begins, and never ends.
struct Endless(Option<&'static str>);

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.0.take() {
            Some(beginning) => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(
                beginning.as_bytes(),
            ))))),
            None => Poll::Pending,
        }
    }
}
