//! Checks of what every caller sees, whatever the entries are kept in.

use reqwest::Method;
use serde_json::{Value, json};

use super::{LOADED, REPORTS, TOKEN, admin, as_admin, assert_hit, get, set, status};
use crate::harness::{Answer, Service, send};

/// Every report is loaded once, says how long it is good for, and is sent once to a client that has it.
pub(super) async fn check_reports(service: &Service) {
    for (path, ttl) in REPORTS {
        let first = service.get(path).await;
        assert_eq!(first.header("cache-status"), LOADED);
        let second = service.get(path).await;
        assert_eq!(second.ok(), first.ok());
        let status = second.header("cache-status");
        let left = status
            .strip_prefix("cached;hit;ttl=")
            .and_then(|left| left.parse().ok());
        assert!(
            left.is_some_and(|left: u64| (ttl / 2..=ttl).contains(&left)),
            "{status}"
        );
        assert!(
            second
                .header("age")
                .parse::<u64>()
                .is_ok_and(|age| age < ttl)
        );

        let known = service
            .request(Method::GET, path)
            .header("if-none-match", second.header("etag"));
        let known = send(known).await;
        assert_eq!((known.status, known.text.as_str()), (304, ""));
        // Nobody allowed that.
        let wish = service
            .request(Method::GET, path)
            .header("cache-control", "no-store");
        assert_hit(send(wish).await.header("cache-status"));
    }
    for (path, _) in REPORTS.into_iter().skip(1) {
        let other = path.replace('7', "8");
        assert_eq!(status(service, &other).await, LOADED);
        let missing = path.replace('7', "999999");
        assert_eq!(service.get(&missing).await.status, 404);
        assert_eq!(service.get(&path.replace('7', "seven")).await.status, 400);
    }
}

/// A change that succeeds clears the pages of all users, and nothing else; one that fails clears nothing.
pub(super) async fn check_users(service: &Service) {
    let before = service.get("/users/8").await.ok();
    for (path, body, expected) in [
        ("/users/999999", json!({ "level": "B2" }), 404),
        ("/users/7", json!({ "level": "Z9" }), 400),
        ("/users/7", json!({ "level": 7 }), 422),
        ("/users/*", json!({ "level": "B2" }), 400),
    ] {
        assert_eq!(
            service.post(path, &body).await.status,
            expected,
            "{path} {body}"
        );
        assert_hit(&status(service, "/users/7").await);
        assert_hit(&status(service, "/users/8").await);
    }
    let level = before["level"].as_str().expect("a level");
    let change = json!({ "level": level });
    assert_eq!(service.post("/users/7", &change).await.status, 204);
    assert_eq!(status(service, "/users/7").await, LOADED);
    assert_eq!(status(service, "/users/8").await, LOADED);
    let after = service.get("/users/8").await.ok();
    assert_eq!(
        after["at_level"].as_i64(),
        before["at_level"].as_i64().map(|before| before + 1)
    );
    for (path, _) in &REPORTS[..3] {
        assert_hit(&status(service, path).await);
    }
}

pub(super) async fn check_items(service: &Service) {
    check_one_item(service).await;
    check_names_and_patterns(service).await;
    check_invalid_items(service).await;
}

async fn exists(service: &Service, name: &str) -> Value {
    let path = format!("/api/v3/cache/{name}/exists");
    admin(service, Method::GET, &path).await.ok()["exists"].clone()
}

async fn delete(service: &Service, name: &str) -> Value {
    let path = format!("/api/v3/cache/{name}");
    admin(service, Method::DELETE, &path).await.ok()["deleted"].clone()
}

async fn clear(service: &Service, pattern: &str) -> Answer {
    let path = "/api/v3/cache";
    send(as_admin(service, Method::DELETE, path).query(&[("pattern", pattern)])).await
}

async fn check_one_item(service: &Service) {
    assert_eq!(get(service, "a").await.status, 404);
    let value = json!({ "title": "é", "list": [1, 2.5, null, true] });
    assert_eq!(
        set(service, "a", json!({ "value": value, "ttl_seconds": 60 })).await,
        204
    );
    let item = get(service, "a").await.ok();
    assert_eq!(item["value"], value);
    assert!(
        item["ttl_seconds"]
            .as_u64()
            .is_some_and(|left| (30..=60).contains(&left)),
        "{item}"
    );
    assert_eq!(
        (exists(service, "a").await, exists(service, "b").await),
        (json!(true), json!(false))
    );
    assert_eq!(
        (delete(service, "a").await, delete(service, "a").await),
        (json!(true), json!(false))
    );
    assert_eq!(exists(service, "a").await, false);
}

/// Checks that a name is a name: it neither matches others nor reaches what the handlers cache.
async fn check_names_and_patterns(service: &Service) {
    for name in [
        "report-1",
        "report-2",
        "report-*",
        "other",
        "x%3Ay",
        "..%2Fuser",
    ] {
        assert_eq!(
            set(service, name, json!({ "value": name })).await,
            204,
            "{name}"
        );
        assert_eq!(get(service, name).await.ok()["value"], name);
    }
    assert_eq!(delete(service, "report-*").await, true);
    let deleted = |count: u32| json!({ "deleted": count });
    assert_eq!(clear(service, "report-*").await.ok(), deleted(2));
    assert_eq!(clear(service, "report-*").await.ok(), deleted(0));
    for pattern in [
        "",
        "a:*",
        "[a-z]*",
        "a*b",
        "?",
        "a\\*",
        "a\n",
        "**a",
        &"a".repeat(10_000),
    ] {
        assert_eq!(clear(service, pattern).await.status, 400, "{pattern}");
    }
    assert_eq!(exists(service, "other").await, true);
    assert_eq!(clear(service, "*").await.ok(), deleted(3));
    assert_hit(&status(service, "/users/7").await);
}

async fn check_invalid_items(service: &Service) {
    for (item, expected) in [
        (json!({ "value": 1, "ttl_seconds": 0 }), 400),
        (
            json!({ "value": 1, "ttl_seconds": 99_999_999_999_u64 }),
            400,
        ),
        (json!({ "value": 1, "ttl_seconds": -1 }), 422),
        (json!({ "value": null }), 204),
    ] {
        assert_eq!(set(service, "b", item.clone()).await, expected, "{item}");
    }
}

/// Checks that a caller without the token, or with another one, changes nothing.
pub(super) async fn check_guard(service: &Service) {
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let path = "/api/v3/cache/a";
        let none = send(
            service
                .request(method.clone(), path)
                .json(&json!({ "value": 1 })),
        )
        .await;
        assert_eq!(none.status, 401, "{method}");
        let wrong = service.request(method, path).bearer_auth(&TOKEN[1..]);
        assert_eq!(send(wrong.json(&json!({ "value": 1 }))).await.status, 401);
    }
    let clear = service.request(Method::DELETE, "/api/v3/cache?pattern=*");
    assert_eq!(send(clear).await.status, 401);
    assert_eq!(
        service
            .post("/api/v3/system/redis/test", &json!({}))
            .await
            .status,
        401
    );
}
