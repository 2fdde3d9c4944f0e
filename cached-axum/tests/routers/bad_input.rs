//! The admin page, asked for what it does not do.

use axum::{Router, body::Body};
use cached_core::Cache;
use http::{Method, StatusCode, header};
use serde_json::json;
use tests::every_store;

use super::{Answer, admin::app, post, request, send};

async fn asked(path: &str, body: impl Into<Body>) -> Answer {
    let cache = Cache::in_memory().unwrap();
    cache.set("kept", &1_u64, None).await.unwrap();
    let answer = post(&app(&cache), path, body).await;
    assert_eq!(cache.get::<u64>("kept").await.unwrap(), Some(1));
    answer
}

async fn glob(glob: &str) -> Answer {
    asked("/admin/purge", json!({ "glob": glob }).to_string()).await
}

fn refused(answer: &Answer, reason: &str) {
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{answer:?}");
    assert!(answer.error().contains(reason), "{answer:?}");
    assert_eq!(answer.header(&header::CACHE_CONTROL), "no-store");
}

#[tokio::test]
async fn a_glob_of_10_kb() {
    refused(
        &glob(&"user:*:a".repeat(1_280)).await,
        "longer than 512 bytes",
    );
    refused(&glob(&"x".repeat(513)).await, "longer than 512 bytes");
    assert_eq!(glob(&"x".repeat(512)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_body_of_a_megabyte() {
    let answer = glob(&"x".repeat(1 << 20)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.error().contains("16 KiB"));
}

#[tokio::test]
async fn a_glob_of_everything_nothing_or_too_much() {
    for everything in ["*", "**", "?*", "*?*"] {
        refused(&glob(everything).await, "POST /clear");
    }
    refused(&glob("").await, "empty");
    refused(&glob("a\u{0}b").await, "control characters");
    refused(&glob("a\r\nb*").await, "control characters");
    refused(&glob("a*a*a*a*a*b").await, "more than 4");
    assert_eq!(glob("a*a*a*a*b").await.status, StatusCode::OK);
}

#[tokio::test]
async fn globs_of_odd_shape_are_for_the_store_to_read() {
    every_store("admin-odd", async |cache| {
        for odd in ["[", "[^", "[abc", r"\", r"a\", "[]a]", "ü*", "{x}*"] {
            let body = json!({ "glob": odd }).to_string();
            let answer = post(&app(&cache), "/admin/purge", body).await;
            assert_eq!(answer.json(), json!({ "deleted": 0 }), "{odd}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_pattern_or_tag_that_cannot_be_used() {
    for (body, reason) in [
        (json!({ "pattern": "*" }), "POST /clear"),
        (
            json!({ "pattern": "user:*:profile" }),
            "not its last segment",
        ),
        (json!({ "pattern": "" }), "empty"),
        (json!({ "pattern": "a\u{7}" }), "control characters"),
        (
            json!({ "pattern": "x".repeat(513) }),
            "longer than 512 bytes",
        ),
        (json!({ "tag": "" }), "empty"),
        (json!({ "tag": "team:*" }), "matched as a whole"),
        (
            json!({ "tag": "x".repeat(10_000) }),
            "longer than 512 bytes",
        ),
    ] {
        refused(&asked("/admin/invalidate", body.to_string()).await, reason);
    }
}

#[tokio::test]
async fn bodies_that_are_not_what_is_expected() {
    for body in [
        "",
        "{",
        "null",
        "[]",
        "{}",
        "\u{0}",
        r#"{"pattern": 1}"#,
        r#"{"pattern": null}"#,
        r#"{"pattern": "a", "tag": "b"}"#,
        r#"{"pattern": "a", "secret-of-the-caller": 1}"#,
        r#"{"pattern": "a"} trailing"#,
        &"[".repeat(10_000),
    ] {
        let answer = asked("/admin/invalidate", body.to_owned()).await;
        assert!(!answer.body.contains("secret-of-the-caller"));
        refused(&answer, r#"the body must be `{"pattern""#);
        refused(&asked("/admin/purge", body.to_owned()).await, r#"`{"glob""#);
    }
    let bytes = asked("/admin/purge", b"{\"glob\": \"\xff\"}".to_vec()).await;
    refused(&bytes, r#"`{"glob""#);
}

#[tokio::test]
async fn a_body_that_is_not_said_to_be_json() {
    let cache = Cache::in_memory().unwrap();
    let app: Router = app(&cache);
    // What a form of another site could send.
    let mut request = request(Method::POST, "/admin/purge", r#"{"glob": "a:*"}"#);
    let plain = http::HeaderValue::from_static("text/plain");
    request.headers_mut().insert(header::CONTENT_TYPE, plain);
    let answer = send(&app, request).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(answer.error().contains("application/json"));
}
