//! Requests that no client of good will sends.

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Request},
};
use cached_axum::CacheLayer;
use tests::every_store;

use super::fixture::{Answer, ask, routes, send, stored};

fn apps() -> [Router; 2] {
    let all = CacheLayer::new()
        .allow_refresh(true)
        .allow_bypass(true)
        .allow_only_if_cached(true);
    [routes().layer(CacheLayer::new()), routes().layer(all)]
}

fn is_usual(answer: &Answer) {
    assert_eq!(answer.status, 200, "{:?}", answer.response);
    assert!(answer.cache_status().starts_with("cached;hit"));
    assert_eq!(answer.header("cache-control"), Some("private, max-age=60"));
    assert!(answer.body.contains("word 1"));
}

#[tokio::test]
async fn malformed_headers_are_as_if_they_were_not_there() {
    every_store("malformed", async |cache| {
        for app in apps() {
            ask(&app, "/words/1", &[]).await;
            stored(&cache).await;
            for wrong in [
                "W/", "\"", "abc", "\"a b\"", "\"a\tb\"", "\"a", "W/\"", ",,,", "", "''",
            ] {
                is_usual(&ask(&app, "/words/1", &[("if-none-match", wrong)]).await);
                let twice = [("if-none-match", wrong), ("if-none-match", "\"b c\"")];
                is_usual(&ask(&app, "/words/1", &twice).await);
            }
            for wrong in [
                "max-age=-1",
                "max-age=1e9",
                "max-age=\"",
                "=",
                ";;;",
                "max-age=0x10",
            ] {
                is_usual(&ask(&app, "/words/1", &[("cache-control", wrong)]).await);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn headers_of_a_megabyte_and_by_the_thousand_are_survived() {
    every_store("large", async |cache| {
        for app in apps() {
            ask(&app, "/words/1", &[]).await;
            stored(&cache).await;
            for piece in ["\"x\", ", "\"", "no-cache,", "x", "max-age=1, "] {
                let long = piece.repeat((1 << 20) / piece.len());
                for name in ["if-none-match", "cache-control", "cookie", "authorization"] {
                    is_usual(&ask(&app, "/words/1", &[(name, &long)]).await);
                }
            }
            let many = vec![("if-none-match", "\"x\""); 5_000];
            is_usual(&ask(&app, "/words/1", &many).await);
            let many = vec![("cache-control", "x=1"); 5_000];
            is_usual(&ask(&app, "/words/1", &many).await);
        }
    })
    .await;
}

#[tokio::test]
async fn bytes_that_are_no_text_are_survived() {
    every_store("bytes", async |cache| {
        for app in apps() {
            ask(&app, "/words/1", &[]).await;
            stored(&cache).await;
            for name in ["if-none-match", "cache-control"] {
                for bytes in [
                    b"\xff\xfe" as &[u8],
                    b"\"\xff\"",
                    b"W/\"\x80",
                    b"max-age=\xb2",
                ] {
                    let value = HeaderValue::from_bytes(bytes).unwrap();
                    let request = Request::get("/words/1").header(name, value);
                    is_usual(&send(&app, request.body(Body::empty()).unwrap()).await);
                }
            }
        }
    })
    .await;
}
