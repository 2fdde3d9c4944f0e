//! Redis stops in the middle: no fallback hides it, and it goes on when Redis does.

use serde_json::{Value, json};
use tests::RedisServer;

use super::login::begun;
use super::sessions::{remembering, session};
use super::{admin, platform, put};
use crate::harness::Service;

/// Checks that nothing works that needs Redis, and that everything says so.
async fn is_away(service: &Service, session: &str) {
    service
        .until("/health", |health| health["status"] == "degraded")
        .await;
    let health = service.get("/health").await;
    assert_eq!(health.status, 503);
    assert_eq!(health.json()["cache"]["fallback"]["available"], false);
    for path in [
        session,
        "/api/users/1/progress",
        "/api/scenarios",
        "/api/scenarios/3/analysis",
        "/api/oauth/github/callback?state=AAAAAAAAAAAAAAAAAAAAAA",
    ] {
        let answer = service.get(path).await;
        assert_eq!(answer.status, 503, "{path}: {answer:?}");
        assert!(answer.json()["error"].is_string(), "{answer:?}");
        assert!(!answer.text.contains("REDIS"), "not for users: {answer:?}");
    }
    let ask = json!({ "model": "small", "input": "a text" });
    let login = json!({ "user_id": 7, "back_to": "/lessons" });
    let begin = json!({ "user_id": 7, "scenario_id": 3 });
    for (path, body) in [
        ("/api/model/grade", &ask),
        ("/api/oauth/github", &login),
        ("/api/sessions", &begin),
    ] {
        assert_eq!(service.post(path, body).await.status, 503, "{path}");
    }
    assert_eq!(
        put(service, session, &json!({ "memory": 1 })).await.status,
        503
    );
    for path in ["/api/cache/stats", "/api/cache/cleanup"] {
        let method = if path.ends_with("stats") {
            "GET"
        } else {
            "POST"
        };
        let method = method.parse().expect("a method");
        assert_eq!(admin(service, method, path).await.status, 503, "{path}");
    }
}

/// Checks that everything works.
async fn is_back(service: &Service) {
    service
        .until("/health", |health| health["status"] == "healthy")
        .await;
    service
        .until("/api/users/1/progress", |progress| {
            progress["error"].is_null()
        })
        .await;
    let path = session(service).await;
    let memory = json!({ "memory": { "said": "hello" } });
    assert_eq!(put(service, &path, &memory).await.status, 204);
    assert_eq!(service.get(&path).await.ok(), remembering("hello"));
    let back = begun(service).await;
    assert_eq!(service.get(&back).await.status, 200);
    assert_eq!(service.get(&back).await.status, 400);
}

fn begun_session() -> Value {
    json!({ "user_id": 7, "scenario_id": 3, "memory": {} })
}

#[tokio::test]
async fn redis_that_dies_is_seen_and_it_goes_on_with_the_next_one() {
    let redis = RedisServer::start();
    for (copy, expected) in [("false", 404), ("true", 200)] {
        let service = platform(&redis).env("SESSION_COPY", copy).start().await;
        let (before, back) = (session(&service).await, begun(&service).await);
        redis.kill();
        is_away(&service, &before).await;
        redis.restart();
        is_back(&service).await;
        // It is another server, with nothing of the old one in it.
        assert_eq!(service.get(&before).await.status, expected);
        assert_eq!(service.get(&back).await.status, 400);
        service.stop().await;
    }
}

#[tokio::test]
async fn redis_that_hangs_is_seen_and_nobody_is_logged_out() {
    let redis = RedisServer::start();
    let settings = platform(&redis).env("REDIS_SOCKET_TIMEOUT", "200ms");
    let service = settings.start().await;
    let (before, back) = (session(&service).await, begun(&service).await);
    redis.freeze();
    is_away(&service, &before).await;
    redis.thaw();
    is_back(&service).await;
    assert_eq!(service.get(&before).await.ok(), begun_session());
    assert_eq!(service.get(&back).await.status, 200);
    assert_eq!(service.get(&back).await.status, 400);
    service.stop().await;
}

#[tokio::test]
async fn what_is_written_in_an_outage_is_seen_after_it() {
    let redis = RedisServer::start();
    let settings = platform(&redis).env("REDIS_SOCKET_TIMEOUT", "200ms");
    let service = settings.start().await;
    let count = service.get("/api/scenarios/3/count").await.ok();
    let count = count.as_u64().expect("a number");
    redis.freeze();
    service
        .until("/health", |health| health["status"] == "degraded")
        .await;
    let result = json!({ "user_id": 1, "score": 99.0 });
    let written = service.post("/api/scenarios/3/results", &result).await;
    // The database has it; the cache is told when it is back.
    assert_eq!(written.status, 201);
    let forgotten = admin(
        &service,
        reqwest::Method::POST,
        "/api/cache/invalidate/user/2",
    )
    .await;
    assert_eq!(forgotten.ok()["outcome"], "postponed");
    redis.thaw();
    service
        .until("/health", |health| health["status"] == "healthy")
        .await;
    let seen = service.until("/api/scenarios/3/count", Value::is_u64).await;
    assert_eq!(seen, json!(count + 1));
    service.stop().await;
}
