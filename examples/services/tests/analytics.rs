//! Analytics: attributes on handlers, calls by key, and pages for operators.

mod checks;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tests::RedisServer;

use self::checks::{check_guard, check_items, check_reports, check_users};
use crate::harness::{Answer, Service, Settings, send, stored};

const TOKEN: &str = "0123456789abcdef-of-a-test";

const REPORTS: [(&str, u64); 4] = [
    ("/api/v3/system/stats", 30),
    ("/api/v3/analytics/courses/7", 60),
    ("/api/v3/analytics/students/7", 45),
    ("/users/7", 300),
];

fn analytics() -> Settings {
    Service::of(env!("CARGO_BIN_EXE_analytics")).env("ADMIN_TOKEN", TOKEN)
}

fn as_admin(service: &Service, method: Method, path: &str) -> RequestBuilder {
    service.request(method, path).bearer_auth(TOKEN)
}

async fn admin(service: &Service, method: Method, path: &str) -> Answer {
    send(as_admin(service, method, path)).await
}

async fn set(service: &Service, name: &str, item: Value) -> u16 {
    let path = format!("/api/v3/cache/{name}");
    send(as_admin(service, Method::PUT, &path).json(&item))
        .await
        .status
}

async fn get(service: &Service, name: &str) -> Answer {
    admin(service, Method::GET, &format!("/api/v3/cache/{name}")).await
}

async fn status(service: &Service, path: &str) -> String {
    let answer = service.get(path).await;
    answer.ok();
    answer.header("cache-status").to_owned()
}

#[track_caller]
fn assert_hit(status: &str) {
    assert!(status.starts_with("cached;hit"), "{status}");
}

const LOADED: &str = "cached;fwd=miss;stored";

#[tokio::test]
async fn analytics_on_redis() {
    let redis = RedisServer::start();
    let service = analytics().redis(&redis).start().await;
    let clients = redis.cli(&["CLIENT", "LIST"]);
    assert!(
        clients.lines().count() > 1,
        "it connects before anybody asks: {clients}"
    );
    check_reports(&service).await;
    check_users(&service).await;
    check_guard(&service).await;
    check_items(&service).await;
    check_pages(&service, &redis).await;
    service.stop().await;
    assert_eq!(redis.keys("analytics:analytics:course:7:*").len(), 1);
    assert_eq!(redis.keys("analytics:item:*"), ["analytics:item:b"]);
    assert_eq!(
        redis.cli(&["CLIENT", "LIST"]).lines().count(),
        1,
        "only this test"
    );
}

/// Checks the pages of operators, with a Redis.
async fn check_pages(service: &Service, redis: &RedisServer) {
    let health = json!({ "status": "healthy", "checks": { "database": "ok", "redis": "ok" } });
    assert_eq!(service.get("/health").await.ok(), health);
    let detailed = service.get("/api/v3/system/health/detailed").await.ok();
    assert_eq!(detailed["checks"], health["checks"]);
    assert!(
        detailed["connected_clients"].as_u64() >= Some(1),
        "{detailed}"
    );
    assert!(
        detailed["used_memory"].as_u64() >= Some(100_000),
        "{detailed}"
    );
    let rate = detailed["cache"]["hit_rate_percent"].as_f64();
    assert!(
        rate.is_some_and(|rate| rate > 40.0 && rate < 100.0),
        "{detailed}"
    );

    let server = service.get("/api/v3/system/redis/stats").await.ok();
    assert_eq!(server["store"], "redis");
    let version = redis.cli(&["INFO", "server"]);
    let version = version
        .lines()
        .find_map(|line| line.strip_prefix("redis_version:"));
    assert_eq!(server["version"].as_str(), version);
    for field in [
        "uptime_seconds",
        "connected_clients",
        "used_memory",
        "commands_processed",
    ] {
        assert!(server[field].is_u64(), "{field} of {server}");
    }
    assert!(server["hit_rate_percent"].as_f64() > Some(0.0), "{server}");

    let test = admin(service, Method::POST, "/api/v3/system/redis/test")
        .await
        .ok();
    for step in ["set", "get", "delete"] {
        assert_eq!(test[step]["ok"], true, "{test}");
    }
}

#[tokio::test]
async fn analytics_in_memory() {
    let service = analytics().start().await;
    check_reports(&service).await;
    check_users(&service).await;
    check_guard(&service).await;
    check_items(&service).await;
    let health =
        json!({ "status": "healthy", "checks": { "database": "ok", "redis": "disabled" } });
    assert_eq!(service.get("/health").await.ok(), health);
    let server = service.get("/api/v3/system/redis/stats").await.ok();
    assert_eq!(server["store"], "memory");
    let test = admin(&service, Method::POST, "/api/v3/system/redis/test").await;
    assert_eq!(test.status, 200);
    service.stop().await;
}

#[tokio::test]
async fn reports_go_on_when_redis_stops_and_calls_by_key_say_so() {
    let redis = RedisServer::start();
    let service = analytics().redis(&redis).start().await;
    let mut before = Vec::new();
    for (path, _) in REPORTS {
        before.push(service.get(path).await.ok());
    }
    assert_eq!(set(&service, "a", json!({ "value": 1 })).await, 204);

    redis.kill();
    for ((path, _), before) in REPORTS.iter().zip(&before) {
        assert_eq!(service.get(path).await.ok(), *before);
    }
    let health = service
        .until("/health", |health| health["status"] == "degraded")
        .await;
    assert_eq!(
        health["checks"],
        json!({ "database": "ok", "redis": "unavailable" })
    );
    let detailed = service.get("/api/v3/system/health/detailed").await.ok();
    assert_eq!(detailed["connected_clients"], Value::Null);
    assert_eq!(service.get("/api/v3/system/redis/stats").await.status, 503);
    let test = admin(&service, Method::POST, "/api/v3/system/redis/test").await;
    assert_eq!(
        (test.status, &test.json()["set"]["ok"]),
        (503, &json!(false))
    );
    assert_eq!(get(&service, "a").await.status, 503);
    assert_eq!(set(&service, "a", json!({ "value": 2 })).await, 503);
    // A change is written, and holds here at once.
    let level = if before[3]["level"] == "B2" {
        "B1"
    } else {
        "B2"
    };
    assert_eq!(
        service
            .post("/users/7", &json!({ "level": level }))
            .await
            .status,
        204
    );
    assert_eq!(service.get("/users/7").await.ok()["level"], level);

    redis.restart();
    service
        .until("/health", |health| health["status"] == "healthy")
        .await;
    assert_eq!(service.get("/users/7").await.ok()["level"], level);
    assert_eq!(get(&service, "a").await.status, 404);
    assert_eq!(set(&service, "a", json!({ "value": 3 })).await, 204);
    assert_eq!(get(&service, "a").await.ok()["value"], 3);
    for (path, _) in REPORTS {
        service.get(path).await.ok();
        assert_hit(&status(&service, path).await);
    }
    let test = admin(&service, Method::POST, "/api/v3/system/redis/test").await;
    assert_eq!(test.status, 200, "{test:?}");
    service.stop().await;
}

#[tokio::test]
async fn analytics_with_caching_turned_off() {
    let service = analytics().env("CACHE_ENABLED", "false").start().await;
    for (path, _) in REPORTS {
        for _ in 0..2 {
            assert_eq!(status(&service, path).await, "cached;fwd=bypass");
        }
    }
    assert_eq!(
        service.get("/health").await.ok()["checks"]["redis"],
        "disabled"
    );
    // Better than to say that it was kept.
    assert_eq!(set(&service, "a", json!({ "value": 1 })).await, 503);
    service.stop().await;
}

#[tokio::test]
async fn two_processes_share_reports_and_what_makes_them_stale() {
    let redis = RedisServer::start();
    let one = analytics().redis(&redis).start().await;
    let two = analytics().redis(&redis).database_of(&one).start().await;
    assert_eq!(status(&one, "/users/7").await, LOADED);
    stored(&redis, "analytics:user:7:*").await;
    assert_hit(&status(&two, "/users/7").await);
    let before = one.get("/users/8").await.ok();
    assert_ne!(before["level"], "B2");
    let change = json!({ "level": "B2" });
    assert_eq!(two.post("/users/8", &change).await.status, 204);
    assert_eq!(one.get("/users/8").await.ok()["level"], "B2");
    assert_eq!(status(&one, "/users/7").await, LOADED);
    two.stop().await;
    one.stop().await;
}

#[tokio::test]
async fn settings_that_do_not_parse_are_named() {
    for name in [
        "REDIS_MAX_CONNECTIONS",
        "REDIS_SOCKET_TIMEOUT",
        "REDIS_SOCKET_CONNECT_TIMEOUT",
        "REDIS_RETRY_ON_TIMEOUT",
    ] {
        let (well, printed) = analytics().env(name, "soon").run().await;
        assert!(!well && printed.contains(name), "{printed}");
    }
    let (well, printed) = analytics().env("ADMIN_TOKEN", "secret").run().await;
    assert!(!well && !printed.contains("secret"), "{printed}");

    let service = analytics()
        .env("ADMIN_TOKEN", "")
        .env("REDIS_MAX_CONNECTIONS", "2")
        .env("REDIS_SOCKET_TIMEOUT", "0.2")
        .env("REDIS_SOCKET_CONNECT_TIMEOUT", "500ms")
        .env("REDIS_RETRY_ON_TIMEOUT", "true")
        .start()
        .await;
    assert_eq!(get(&service, "a").await.status, 404, "nobody has a token");
    service.stop().await;
}
