//! The coach: functions with a ttl by class, one until midnight, and writes that clear what they made stale.

mod checks;
mod storm;

use std::time::{SystemTime, UNIX_EPOCH};

use reqwest::Method;
use serde_json::{Value, json};
use tests::RedisServer;

use self::checks::{check_model, check_reads, check_writes};
use crate::harness::{Answer, Service, Settings, send};

fn coach() -> Settings {
    Service::of(env!("CARGO_BIN_EXE_coach")).env("MODEL_LATENCY", "20ms")
}

/// Returns what a response says of the cached calls behind it.
async fn status(service: &Service, path: &str) -> String {
    let answer = service.get(path).await;
    answer.ok();
    answer.header("cache-status").to_owned()
}

#[track_caller]
fn assert_hit(status: &str) {
    assert!(status.starts_with("cached;hit"), "{status}");
}

#[track_caller]
fn assert_loaded(status: &str) {
    assert!(status.starts_with("cached;fwd=miss;stored"), "{status}");
}

async fn put(service: &Service, path: &str, body: &Value) -> Answer {
    send(service.request(Method::PUT, path).json(body)).await
}

/// Reads past the cache, once.
async fn bypass(service: &Service, path: &str) -> Answer {
    let request = service.request(Method::GET, path);
    send(request.header("cache-control", "no-store")).await
}

async fn calls(service: &Service) -> u64 {
    let bill = service.get("/bill").await.ok();
    bill["calls"].as_u64().expect("a number")
}

fn seconds_of_today() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("a time after 1970").as_secs() % 86_400
}

/// Returns the time for which the answer of a path will be fresh, as its second answer says.
async fn ttl(service: &Service, path: &str) -> u64 {
    service.get(path).await.ok();
    let status = status(service, path).await;
    let ttl = status.split(";ttl=").nth(1).expect("a hit with its ttl");
    let digits = ttl.split(';').next().unwrap_or_default();
    digits.parse().expect("seconds")
}

const READS: [&str; 7] = [
    "/users/1001/profile",
    "/users/1001/settings",
    "/users/1001/history/5",
    "/stats/1/daily/2026-01-31",
    "/stats/1/progress",
    "/words/1/all",
    "/words/1/due",
];

#[tokio::test]
async fn coach_loads_once_and_forgets_what_changed_on_redis() {
    let redis = RedisServer::start();
    let service = coach().redis(&redis).start().await;
    check_reads(&service).await;
    check_writes(&service).await;
    check_model(&service).await;
    assert_eq!(
        service.get("/health").await.ok(),
        json!({ "status": "healthy", "redis": "healthy" })
    );
    service.stop().await;

    for (glob, expected) in [
        ("coach:user:1001:profile:*", 1),
        ("coach:user:1001:settings:*", 1),
        ("coach:user:1001:history:5:*", 1),
        ("coach:stats:1:daily:2026-01-31:*", 1),
        ("coach:stats:1:progress:*", 1),
        ("coach:words:1:all:*", 1),
        ("coach:words:1:due:*", 1),
        ("coach:honzik:response:*", 2),
        ("coach:whisper:*", 4),
        ("coach:tts:*:echo:*", 1),
        ("coach:tts:*:alloy:*", 1),
        // What people say is in no key.
        ("coach:*river*", 0),
    ] {
        let keys = redis.keys(glob);
        assert_eq!(keys.len(), expected, "{glob}: {keys:?}");
    }
}

#[tokio::test]
async fn coach_loads_once_and_forgets_what_changed_in_memory() {
    let service = coach().start().await;
    check_reads(&service).await;
    check_writes(&service).await;
    check_model(&service).await;
    assert_eq!(
        service.get("/health").await.ok(),
        json!({ "status": "healthy", "redis": "disabled" })
    );
    service.stop().await;
}

#[tokio::test]
async fn coach_works_with_caching_turned_off() {
    let redis = RedisServer::start();
    let service = coach()
        .redis(&redis)
        .env("CACHE_ENABLED", "false")
        .start()
        .await;
    assert_eq!(
        service.get("/health").await.ok(),
        json!({ "status": "healthy", "redis": "disabled" })
    );
    for path in READS {
        for _ in 0..2 {
            assert_eq!(status(&service, path).await, "cached;fwd=bypass", "{path}");
        }
    }
    let settings = json!({ "voice": "alloy", "daily_goal": 45 });
    put(&service, "/users/1001/settings", &settings).await.ok();
    assert_eq!(service.get("/users/1001/settings").await.ok(), settings);
    service.stop().await;
    assert_eq!(redis.keys("coach:*"), [""; 0]);
}

#[tokio::test]
async fn coach_goes_on_when_redis_stops_and_uses_it_when_it_is_back() {
    let redis = RedisServer::start();
    let service = coach().redis(&redis).start().await;
    for path in READS {
        service.get(path).await.ok();
    }

    redis.kill();
    for path in READS {
        service.get(path).await.ok();
    }
    let health = service
        .until("/health", |health| health["redis"] == "unavailable")
        .await;
    assert_eq!(health["status"], "healthy");
    let profile = json!({ "name": "Ada", "language": "cs", "level": "B2" });
    put(&service, "/users/1001/profile", &profile).await.ok();
    for path in READS {
        service.get(path).await.ok();
    }
    assert_eq!(service.get("/users/1001/profile").await.ok()["name"], "Ada");

    redis.restart();
    service
        .until("/health", |health| health["redis"] == "healthy")
        .await;
    assert_eq!(service.get("/users/1001/profile").await.ok()["name"], "Ada");
    for path in READS {
        service.get(path).await.ok();
        assert_hit(&status(&service, path).await);
    }
    service.stop().await;
    assert_eq!(redis.keys("coach:user:1001:profile:*").len(), 1);
}

#[tokio::test]
async fn day_is_cached_until_midnight_and_classes_have_ttls_of_the_environment() {
    let service = coach()
        .env("REDIS_TTL_USER", "100")
        .env("REDIS_TTL_STATS", "3m")
        .env("REDIS_TTL_DEFAULT", "400")
        .env("REDIS_TTL_MODEL", "50m")
        .start()
        .await;
    let expected = [100, 100, 100, 0, 180, 400, 400];
    for (path, expected) in READS.into_iter().zip(expected) {
        let (now, ttl) = (seconds_of_today(), ttl(&service, path).await);
        if path.contains("daily") {
            // A minute later is the next day at times.
            let midnight = (now + ttl) % 86_400;
            assert!(midnight <= 60 || midnight >= 86_340, "{ttl} s at {now}");
        } else {
            assert!((expected - 60..=expected).contains(&ttl), "{path}: {ttl}");
        }
    }
    service.stop().await;

    let service = coach().start().await;
    let defaults = [3600, 3600, 3600, 0, 900, 3600, 3600];
    for (path, expected) in READS.into_iter().zip(defaults) {
        if expected > 0 {
            let ttl = ttl(&service, path).await;
            assert!((expected - 60..=expected).contains(&ttl), "{path}: {ttl}");
        }
    }
    service.stop().await;

    let (well, printed) = coach().env("REDIS_TTL_STATS", "soon").run().await;
    assert!(!well && printed.contains("REDIS_TTL_STATS"), "{printed}");
}

#[tokio::test]
async fn model_answers_live_as_long_as_their_class() {
    let redis = RedisServer::start();
    let service = coach()
        .redis(&redis)
        .env("REDIS_TTL_MODEL", "50m")
        .start()
        .await;
    let speech = json!({ "text": "Good morning.", "voice": "echo" });
    assert_eq!(service.post("/speech", &speech).await.status, 200);
    service.stop().await;
    let keys = redis.keys("coach:tts:*");
    let seconds: u64 = redis.cli(&["TTL", &keys[0]]).parse().expect("seconds");
    assert!((2940..=3000).contains(&seconds), "{seconds}");
}

/// Two processes that share the database and no cache: what one writes, the other knows only past its cache.
#[tokio::test]
async fn one_read_bypasses_the_cache_and_leaves_it_as_it_is() {
    let reader = coach().start().await;
    let writer = coach().database_of(&reader).start().await;
    let of_profile = "/users/1001/profile";
    let old = reader.get(of_profile).await.ok();
    let new = json!({ "name": "Zora", "language": "cs", "level": "B2" });
    put(&writer, of_profile, &new).await.ok();

    let past = bypass(&reader, of_profile).await;
    assert_eq!(past.ok()["name"], "Zora");
    assert_eq!(past.header("cache-status"), "cached;fwd=bypass");
    let cached = reader.get(of_profile).await;
    assert_eq!(cached.ok(), old);
    assert_hit(cached.header("cache-status"));
    writer.stop().await;
    reader.stop().await;
}

#[tokio::test]
async fn requests_that_cannot_be_answered_are_told_so_and_clear_nothing() {
    let service = coach().start().await;
    for (path, expected) in [
        ("/users/999999/profile", 404),
        ("/users/999999/settings", 404),
        ("/users/*/profile", 400),
        ("/users/1001/history/-1", 400),
        ("/stats/1/daily/tomorrow", 400),
        ("/stats/1/daily/2026-02-30", 400),
        ("/stats/1/daily/*", 400),
        ("/words/1", 404),
    ] {
        assert_eq!(service.get(path).await.status, expected, "{path}");
    }
    let history = service.get("/users/1001/history/4294967295").await.ok();
    assert!(history.as_array().is_some_and(|all| all.len() == 10));

    for path in READS {
        service.get(path).await.ok();
    }
    let profile = json!({ "name": "Ada", "language": "cs", "level": "B2" });
    let statuses = [
        put(&service, "/users/999999/profile", &profile)
            .await
            .status,
        put(&service, "/users/1001/profile", &json!({ "name": 7 }))
            .await
            .status,
        put(
            &service,
            "/users/999999/settings",
            &json!({ "voice": "echo", "daily_goal": 1 }),
        )
        .await
        .status,
        service
            .post("/words/1/reviews", &json!({ "word": "*", "knew": true }))
            .await
            .status,
        service
            .post("/users/1001/messages", &json!({ "text": " " }))
            .await
            .status,
        service
            .post("/speech", &json!({ "text": "Hello", "voice": "nobody" }))
            .await
            .status,
    ];
    assert_eq!(statuses, [404, 422, 404, 404, 400, 422]);
    for path in [
        "/users/1001/settings",
        "/users/1001/history/5",
        "/stats/1/progress",
    ] {
        assert_hit(&status(&service, path).await);
    }
    service.stop().await;
}
