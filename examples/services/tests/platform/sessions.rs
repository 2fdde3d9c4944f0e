//! Sessions of agents: create, read, update, expire.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tests::RedisServer;

use super::{admin, platform, put, two_platforms};
use crate::harness::{Service, send};

/// Creates a session and returns its path.
pub(super) async fn session(service: &Service) -> String {
    let begin = json!({ "user_id": 7, "scenario_id": 3 });
    let created = service.post("/api/sessions", &begin).await;
    assert_eq!(created.status, 201, "{created:?}");
    let id = created.ok()["id"].as_str().expect("an id").to_owned();
    format!("/api/sessions/{id}")
}

pub(super) fn remembering(what: &str) -> Value {
    json!({ "user_id": 7, "scenario_id": 3, "memory": { "said": what } })
}

/// Updates the session, and reads it back.
async fn remember(service: &Service, path: &str, what: &str) {
    let updated = put(service, path, &json!({ "memory": { "said": what } })).await;
    assert_eq!(updated.status, 204, "{updated:?}");
    assert_eq!(service.get(path).await.ok(), remembering(what));
}

#[tokio::test]
async fn session_is_created_read_updated_and_ended_in_any_process() {
    let redis = RedisServer::start();
    let (one, other) = two_platforms(&redis).await;
    let path = session(&one).await;
    let begun = json!({ "user_id": 7, "scenario_id": 3, "memory": {} });
    assert_eq!(other.get(&path).await.ok(), begun);
    remember(&other, &path, "hello").await;
    remember(&one, &path, "hello again").await;
    assert_eq!(other.get(&path).await.ok(), remembering("hello again"));

    let keys = redis.keys("platform:agent:session:*");
    assert_eq!(keys.len(), 1, "{keys:?}");
    let id = path.rsplit('/').next().expect("an id");
    assert!(!keys[0].contains(id), "who lists keys learns no id");

    let ended = send(one.request(Method::DELETE, &path)).await;
    assert_eq!(ended.status, 204);
    for service in [one, other] {
        assert_eq!(service.get(&path).await.status, 404);
        assert_eq!(
            put(&service, &path, &json!({ "memory": 1 })).await.status,
            404
        );
        assert_eq!(
            send(service.request(Method::DELETE, &path)).await.status,
            404
        );
        service.stop().await;
    }
}

#[tokio::test]
async fn session_that_was_never_issued_is_not_found() {
    let redis = RedisServer::start();
    let service = platform(&redis).start().await;
    session(&service).await;
    for id in [
        "AAAAAAAAAAAAAAAAAAAAAA",
        "*",
        "%2A",
        "malformed",
        "%0A",
        &"A".repeat(5_000),
    ] {
        let path = format!("/api/sessions/{id}");
        assert_eq!(service.get(&path).await.status, 404, "{id}");
        assert_eq!(
            put(&service, &path, &json!({ "memory": 1 })).await.status,
            404,
            "{id}"
        );
    }
    assert_eq!(redis.keys("platform:agent:session:*").len(), 1);
    service.stop().await;
}

#[tokio::test]
async fn session_expires_and_an_update_gives_it_all_its_time_again() {
    let redis = RedisServer::start();
    let service = platform(&redis).env("SESSION_TTL", "3s").start().await;
    let (kept, left) = (session(&service).await, session(&service).await);
    let began = Instant::now();
    while service.get(&left).await.status != 404 {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "it does not expire"
        );
        tokio::time::sleep(Duration::from_millis(300)).await;
        remember(&service, &kept, "still here").await;
    }
    assert_eq!(service.get(&kept).await.ok(), remembering("still here"));
    service.stop().await;
}

#[tokio::test]
async fn only_a_session_with_a_copy_survives_a_flush() {
    let redis = RedisServer::start();
    for (copy, status) in [("false", 404), ("true", 200)] {
        let service = platform(&redis).env("SESSION_COPY", copy).start().await;
        let (kept, ended) = (session(&service).await, session(&service).await);
        remember(&service, &kept, "before the flush").await;
        assert_eq!(
            send(service.request(Method::DELETE, &ended)).await.status,
            204
        );
        redis.cli(&["FLUSHALL"]);
        assert_eq!(service.get(&kept).await.status, status);
        assert_eq!(service.get(&ended).await.status, 404);
        if status == 200 {
            assert_eq!(
                service.get(&kept).await.ok(),
                remembering("before the flush")
            );
            assert_eq!(
                redis.keys("platform:agent:session:*").len(),
                1,
                "it is back"
            );
            remember(&service, &kept, "after it").await;
        }
        service.stop().await;
    }
}

#[tokio::test]
async fn copies_that_have_expired_are_cleaned_up() {
    let redis = RedisServer::start();
    let settings = platform(&redis).env("SESSION_COPY", "true");
    let service = settings.env("SESSION_TTL", "3").start().await;
    let paths = [session(&service).await, session(&service).await];
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    for path in &paths {
        assert_eq!(service.get(path).await.status, 404);
    }
    let lasts = session(&service).await;
    let cleaned = admin(&service, Method::POST, "/api/cache/cleanup")
        .await
        .ok();
    assert_eq!(cleaned["expired_sessions"], 2);
    assert_eq!(service.get(&lasts).await.status, 200);
    service.stop().await;
}

#[tokio::test]
async fn session_too_large_to_keep_changes_nothing() {
    let redis = RedisServer::start();
    let service = platform(&redis).start().await;
    let path = session(&service).await;
    let deep = (0..122).fold(json!(1), |inner, _| json!([inner]));
    // As deep as a body may be, with the session around it: what cannot be read back is refused.
    let deep = (0..4).fold(deep, |inner, _| json!({ "in": inner }));
    let status = put(&service, &path, &json!({ "memory": deep }))
        .await
        .status;
    assert_eq!(status, 413);
    let begun = json!({ "user_id": 7, "scenario_id": 3, "memory": {} });
    assert_eq!(service.get(&path).await.ok(), begun);
    service.stop().await;
}
