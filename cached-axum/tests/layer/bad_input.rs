//! Requests that no client of good will sends.

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Request},
};
use cached_axum::CacheLayer;
use cached_core::Cache;
use proptest::{collection::vec, prelude::*, sample::select};
use tests::every_store;
use tokio::runtime::Builder;

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

/// Pieces of what such headers are made of, in any order.
fn headers() -> impl Strategy<Value = Vec<(&'static str, Vec<u8>)>> {
    let pieces: &[&[u8]] = &[
        b"\"",
        b"W/",
        b"w/",
        b"*",
        b",",
        b" ",
        b"\t",
        b"=",
        b"-",
        b"a",
        b"\xff",
        b"max-age",
        b"no-cache",
        b"NO-STORE",
        b"only-if-cached",
        b"0",
        b"99999999999",
    ];
    let value = vec(select(pieces), 0..12).prop_map(|pieces| pieces.concat());
    let name = select(&["if-none-match", "cache-control"][..]);
    vec((name, value), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_header_is_a_panic(headers in headers()) {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(Cache::in_memory().unwrap().scope(async {
            for app in apps() {
                for _ in 0..2 {
                    let mut request = Request::get("/words/1");
                    for (name, value) in &headers {
                        request = request.header(*name, HeaderValue::from_bytes(value).unwrap());
                    }
                    let answer = send(&app, request.body(Body::empty()).unwrap()).await;
                    let status = answer.status.as_u16();
                    assert!([200, 304, 504].contains(&status), "{status}");
                    assert!(answer.cache_status().starts_with("cached;"));
                }
            }
        }));
    }
}
