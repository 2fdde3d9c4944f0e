//! The admin page, asked properly.

use std::time::{Duration, Instant};

use axum::Router;
use cached_axum::{BearerToken, CacheLayer, admin, cached, health};
use cached_core::Cache;
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};
use tests::{RedisServer, every_store};

use super::{SECRET, get, post, request, send};

const NAME: &str = concat!(module_path!(), "::profile");

#[cached(prefix = "user:{id}:profile", tags = ["team:{team}"])]
async fn profile(id: u64, team: u64) -> String {
    format!("a private line about {id} of {team}")
}

pub(super) fn app(cache: &Cache) -> Router {
    Router::new().nest(
        "/admin",
        admin::router(cache.clone(), BearerToken::new(SECRET).unwrap()),
    )
}

async fn is_cached(id: u64) -> bool {
    profile::peek(id, 1).await.is_some()
}

async fn fill() {
    for id in [1, 2] {
        profile(id, 1).await;
        profile(id, 1).await;
    }
}

pub(super) async fn done(app: &Router, path: &str, body: Value) -> Value {
    let answer = post(app, path, body.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.header(&header::CACHE_CONTROL), "no-store");
    answer.json()
}

#[tokio::test]
async fn statistics_in_total_and_by_function() {
    every_store("admin-stats", async |cache| {
        fill().await;
        let stats = get(&app(&cache), "/admin/stats").await.json();
        for counts in [&stats["total"], &stats["functions"][NAME]] {
            assert_eq!(counts["hits"], 2);
            assert_eq!(counts["misses"], 2);
            assert_eq!(counts["loads"], 2);
            assert_eq!(counts["hit_rate_percent"], 50.0);
            assert_eq!(counts["total_requests"], 4);
        }
    })
    .await;
}

#[cached(prefix = "slow")]
async fn slow(number: u64) -> u64 {
    tokio::time::sleep(Duration::from_millis(30)).await;
    number
}

#[tokio::test]
async fn time_in_bodies_is_in_milliseconds() {
    every_store("admin-time", async |cache| {
        slow(1).await;
        slow(1).await;
        let stats = get(&app(&cache), "/admin/stats").await.json();
        let took = stats["total"]["load_milliseconds"].as_u64().unwrap();
        assert!((29..10_000).contains(&took), "{took}");
    })
    .await;
}

#[tokio::test]
async fn a_pattern_a_tag_and_everything_become_unusable() {
    every_store("admin-invalidate", async |cache| {
        let app = app(&cache);
        let applied = json!({ "outcome": "applied" });
        fill().await;
        let one = json!({ "pattern": "user:1:*" });
        assert_eq!(done(&app, "/admin/invalidate", one).await, applied);
        assert_eq!((is_cached(1).await, is_cached(2).await), (false, true));
        fill().await;
        let team = json!({ "tag": "team:1" });
        assert_eq!(done(&app, "/admin/invalidate", team).await, applied);
        assert_eq!((is_cached(1).await, is_cached(2).await), (false, false));
        fill().await;
        assert_eq!(done(&app, "/admin/clear", json!({})).await, applied);
        assert_eq!((is_cached(1).await, is_cached(2).await), (false, false));
    })
    .await;
}

#[tokio::test]
async fn a_purge_says_how_many_keys_it_deleted() {
    every_store("admin-purge", async |cache| {
        let app = app(&cache);
        for key in ["a:1", "a:2", "b:1"] {
            cache.set(key, &1_u64, None).await.unwrap();
        }
        let glob = json!({ "glob": "a:*" });
        assert_eq!(
            done(&app, "/admin/purge", glob.clone()).await,
            json!({ "deleted": 2 })
        );
        assert_eq!(
            done(&app, "/admin/purge", glob).await,
            json!({ "deleted": 0 })
        );
        assert_eq!(cache.get::<u64>("b:1").await.unwrap(), Some(1));
    })
    .await;
}

#[tokio::test]
async fn the_self_test_reports_each_step_and_leaves_nothing() {
    every_store("admin-test", async |cache| {
        let report = done(&app(&cache), "/admin/test", json!({})).await;
        assert_eq!(report["ok"], true);
        for step in ["set", "get", "delete"] {
            assert_eq!(report[step]["ok"], true);
            assert_eq!(report[step]["problem"], Value::Null);
            assert!(report[step]["milliseconds"].is_f64());
        }
        assert_eq!(cache.purge("self-test:*").await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn the_self_test_of_a_cache_that_is_off_fails() {
    let cache = Cache::builder().enabled(false).build().unwrap();
    let answer = post(&app(&cache), "/admin/test", "").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    let report = answer.json();
    assert_eq!(report["get"]["problem"], "the value did not come back");
    assert_eq!(report["delete"]["problem"], "there was nothing to delete");
}

#[tokio::test]
async fn the_self_test_of_a_full_redis_says_so() {
    let server = RedisServer::builder().max_memory("1mb").start();
    let cache = Cache::builder().redis_url(server.url()).build().unwrap();
    let answer = post(&app(&cache), "/admin/test", "").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    let set = &answer.json()["set"];
    assert_eq!(set["ok"], false);
    assert!(set["problem"].as_str().unwrap().contains("memory"), "{set}");
}

#[tokio::test]
async fn a_problem_is_told_with_its_cause_each_once() {
    let server = RedisServer::start();
    server.kill();
    let cache = Cache::builder().redis_url(server.url()).build().unwrap();
    let details = get(&app(&cache), "/admin/health").await.json();
    let problem = details["problem"].as_str().unwrap();
    assert!(problem.starts_with("nothing listens"), "{problem}");
    assert_eq!(
        problem.matches("Connection refused").count(),
        1,
        "{problem}"
    );
    assert!(!problem.contains(&server.port().to_string()), "{problem}");
}

#[tokio::test]
async fn the_server_tells_of_itself() {
    every_store("admin-server", async |cache| {
        fill().await;
        let server = get(&app(&cache), "/admin/server").await.json();
        assert!(server["keys"].as_u64().unwrap() >= 2, "{server}");
        assert!(server["used_memory"].as_u64().unwrap() > 0);
        if server["store"] == "redis" {
            assert!(server["version"].is_string());
            assert!(server["uptime_seconds"].is_u64());
            assert!(server["connected_clients"].as_u64().unwrap() > 0);
            assert!(server["commands_processed"].as_u64().unwrap() > 0);
            assert!(server["hit_rate_percent"].is_number());
        } else {
            assert_eq!(server["version"], Value::Null);
        }
    })
    .await;
}

#[tokio::test]
async fn redis_stops_in_the_middle() {
    let server = RedisServer::builder()
        .password("a-password-of-redis")
        .start();
    let cache = Cache::builder().redis_url(server.url()).build().unwrap();
    let app = app(&cache);
    done(&app, "/admin/test", json!({})).await;
    server.kill();

    let details = get(&app, "/admin/health").await;
    assert_eq!(details.status, StatusCode::OK);
    assert_eq!(details.json()["status"], "degraded");
    assert_eq!(details.json()["store"], "redis");
    assert!(details.json()["problem"].is_string());
    let mut answers = vec![details];

    let test = post(&app, "/admin/test", "").await;
    assert_eq!(test.status, StatusCode::SERVICE_UNAVAILABLE);
    for step in ["set", "get", "delete"] {
        assert_eq!(test.json()[step]["ok"], false);
        assert!(test.json()[step]["problem"].is_string());
    }
    answers.push(test);
    for (path, body) in [
        ("/admin/clear", ""),
        ("/admin/invalidate", r#"{"pattern":"user:1"}"#),
    ] {
        let answer = post(&app, path, body).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED);
        assert_eq!(answer.json(), json!({ "outcome": "postponed" }));
    }
    answers.push(post(&app, "/admin/purge", r#"{"glob":"*:profile"}"#).await);
    answers.push(get(&app, "/admin/server").await);
    for answer in &answers[2..] {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(!answer.error().is_empty());
    }
    for answer in &answers {
        assert!(!answer.body.contains("a-password-of-redis"), "{answer:?}");
    }
    assert_eq!(get(&app, "/admin/stats").await.status, StatusCode::OK);

    server.restart();
    let patience = Instant::now() + Duration::from_secs(20);
    while post(&app, "/admin/test", "").await.status != StatusCode::OK {
        assert!(Instant::now() < patience, "it stayed away");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(
        done(&app, "/admin/clear", json!({})).await,
        json!({ "outcome": "applied" })
    );
}

#[tokio::test]
async fn the_layer_leaves_both_pages_alone() {
    every_store("admin-layer", async |cache| {
        let health = health::router(cache.clone());
        let layer = CacheLayer::new().allow_bypass(true).allow_refresh(true);
        let app = app(&cache).nest("/health", health).layer(layer);
        for (method, path) in [
            (Method::GET, "/health"),
            (Method::GET, "/admin/stats"),
            (Method::POST, "/admin/test"),
            (Method::POST, "/admin/clear"),
        ] {
            for directive in ["max-age=60", "no-cache", "no-store"] {
                let mut request = request(method.clone(), path, "");
                let directive = HeaderValue::from_static(directive);
                request
                    .headers_mut()
                    .insert(header::CACHE_CONTROL, directive);
                let answer = send(&app, request).await;
                assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
                assert_eq!(answer.header(&header::CACHE_CONTROL), "no-store");
                assert!(!answer.headers.contains_key(header::ETAG), "{path}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn no_value_is_in_any_answer() {
    every_store("admin-values", async |cache| {
        fill().await;
        let app = app(&cache);
        let mut bodies = String::new();
        for path in ["/admin/stats", "/admin/health", "/admin/server"] {
            bodies += &get(&app, path).await.body;
        }
        bodies += &done(&app, "/admin/test", json!({})).await.to_string();
        assert!(!bodies.contains("a private line"), "{bodies}");
    })
    .await;
}
