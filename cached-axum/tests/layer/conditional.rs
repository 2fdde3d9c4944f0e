//! `ETag`, `If-None-Match` and `304 Not Modified`.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{Router, body::Body, http::Method, response::IntoResponse, routing::get};
use bytes::Bytes;
use cached_axum::CacheLayer;
use cached_core::Cache;
use http_body::Frame;
use tests::every_store;

use super::fixture::{app, ask, ask_by, length, stored};

#[tokio::test]
async fn client_that_has_the_answer_gets_no_body() {
    every_store("conditional", async |cache| {
        let app = app();
        let first = ask(&app, "/words/1", &[]).await;
        let etag = first.header("etag").unwrap();
        stored(&cache).await;
        assert!(etag.starts_with("W/\"") && etag.len() == 36, "{etag}");
        for asked in [etag, "*", &format!("\"x\", {etag}")] {
            let again = ask(&app, "/words/1", &[("if-none-match", asked)]).await;
            assert_eq!((again.status.as_u16(), &*again.body), (304, ""), "{asked}");
            assert_eq!(again.header("etag"), Some(etag));
            assert_eq!(again.header("age"), Some("0"));
            assert_eq!(again.header("cache-control"), Some("private, max-age=60"));
            assert!(again.cache_status().starts_with("cached;hit"));
            assert_eq!(again.header("content-type"), None);
            assert_eq!(again.header("content-length"), None);
        }
        let other = ask(&app, "/words/2", &[("if-none-match", etag)]).await;
        assert_eq!(other.status, 200);
        assert_ne!(other.header("etag"), Some(etag));
    })
    .await;
}

#[tokio::test]
async fn tag_of_a_load_is_that_of_a_hit() {
    every_store("tags", async |_| {
        let app = app();
        let first = ask(&app, "/pages/a", &[]).await;
        let etag = first.header("etag").unwrap();
        ask_by(&Method::PUT, &app, "/words/1", &[]).await;
        let hit = ask(&app, "/pages/a", &[]).await;
        assert_eq!(hit.header("etag"), Some(etag));
        let composed = ask(&app, "/lengths", &[]).await;
        let etag = composed.header("etag").unwrap();
        let again = ask(&app, "/lengths", &[("if-none-match", etag)]).await;
        assert_eq!(again.status, 304);
        assert_eq!(again.header("cache-control"), None);
    })
    .await;
}

#[tokio::test]
async fn condition_of_a_write_is_none_of_ours() {
    let cache = Cache::in_memory().unwrap();
    let answer = cache.scope(async {
        let star = [("if-none-match", "*")];
        ask_by(&Method::POST, &app(), "/words/1", &star).await
    });
    let answer = answer.await;
    assert_eq!((answer.status.as_u16(), answer.header("etag")), (200, None));
    assert!(!answer.body.is_empty());
}

#[tokio::test]
async fn tag_of_the_handler_counts_and_stays() {
    let own = async || {
        length("ab").await;
        let headers = [
            ("etag", "\"v1\""),
            ("vary", "accept"),
            ("content-location", "/v1"),
            ("date", "Thu, 01 Dec 1994 16:00:00 GMT"),
            ("expires", "Thu, 01 Dec 1994 17:00:00 GMT"),
            ("content-language", "de"),
        ];
        // One that streams: a `304` needs none of it.
        (headers, Body::new(Never)).into_response()
    };
    let cache = Cache::in_memory().unwrap();
    let app = Router::new()
        .route("/", get(own))
        .layer(CacheLayer::new().cache(cache));
    let answer = ask(&app, "/", &[("if-none-match", "W/\"v1\"")]).await;
    assert_eq!((answer.status.as_u16(), &*answer.body), (304, ""));
    for name in [
        "vary",
        "content-location",
        "date",
        "expires",
        "cache-status",
    ] {
        assert!(answer.header(name).is_some(), "{name}");
    }
    assert_eq!(answer.header("etag"), Some("\"v1\""));
    assert_eq!(answer.header("content-language"), None);
}

/// A body that never has anything.
struct Never;

impl http_body::Body for Never {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}
