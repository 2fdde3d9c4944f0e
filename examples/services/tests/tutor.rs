//! The tutor: answers of a paid model, in Redis first and in memory whenever there is none.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::{Value, json};
use tests::RedisServer;

use crate::harness::{Service, Settings, eventually, send};

const WARM: u64 = 3;

fn tutor() -> Settings {
    Service::of(env!("CARGO_BIN_EXE_tutor"))
        .env("MODEL_LATENCY", "20ms")
        .env("MODEL_PRICE", "0.5")
        .env("WARM_EXERCISES", WARM.to_string())
        .env("RUST_LOG", "info,cached_core=trace")
}

/// Makes an attempt that is the same for everybody who tries this exercise.
fn attempt(exercise: u64) -> Value {
    json!({ "exercise": exercise, "answer": "The river of the people." })
}

async fn feedback(service: &Service, exercise: u64) -> Value {
    let answer = service.post("/api/ai/feedback", &attempt(exercise)).await;
    answer.ok()
}

async fn calls(service: &Service) -> u64 {
    let costs = service.get("/api/ai/costs").await.ok();
    costs["calls"].as_u64().expect("a number")
}

/// Checks what every caller sees, whatever the answers are kept in: each question is paid for once.
async fn check_answers(service: &Service) {
    assert_eq!(calls(service).await, WARM, "only the warm-up");
    service.get("/api/ai/hints/1").await.ok();
    assert_eq!(calls(service).await, WARM, "it was warm");

    let first = feedback(service, 7).await;
    assert_eq!(feedback(service, 7).await, first);
    assert_eq!(calls(service).await, WARM + 1);
    assert_ne!(feedback(service, 8).await, first);
    let hint = service.get("/api/ai/hints/7").await.ok();
    assert_eq!(service.get("/api/ai/hints/7").await.ok(), hint);
    let insight = service.get("/api/ai/insights/7").await.ok();
    assert_eq!(service.get("/api/ai/insights/7").await.ok(), insight);
    assert_eq!(calls(service).await, WARM + 4);

    let text = json!({ "text": "Write about a waterfall." });
    let written = service.request(Method::PUT, "/api/exercises/7").json(&text);
    assert_eq!(send(written).await.status, 204);
    assert_ne!(feedback(service, 7).await, first, "the task is another");
    assert_ne!(service.get("/api/ai/hints/7").await.ok(), hint);
    feedback(service, 8).await;
    assert_eq!(calls(service).await, WARM + 6, "8 and insights were kept");

    let costs = service.get("/api/ai/costs").await.ok();
    let expected = json!({ "calls": WARM + 6, "calls_avoided": 5, "price_per_call": 0.5, "spent": 4.5, "saved": 2.5 });
    assert_eq!(costs, expected);
}

#[tokio::test]
async fn every_answer_is_paid_for_once_on_redis() {
    let redis = RedisServer::start();
    let service = tutor().redis(&redis).start().await;
    check_answers(&service).await;
    let health = service.get("/api/health/ai").await;
    let expected = json!({
        "status": "healthy",
        "cache": {
            "redis": { "available": true, "healthy": true },
            "fallback": { "available": true, "size": 0 },
        },
        "cache_statistics": { "hits": 5, "misses": 9, "hit_rate_percent": 35.71, "total_requests": 14 },
    });
    assert_eq!(health.ok(), expected);
    assert_eq!(health.header("cache-control"), "no-store");
    let statistics = service.get("/api/ai/statistics").await.ok();
    assert_eq!(statistics["backend"], "redis");

    let keys = redis.keys("tutor:ai:feedback:*");
    assert_eq!(keys.len(), 2, "{keys:?}");
    let printed = service.stop().await;
    assert!(
        printed.contains(r#"what="hints" done=3 failed=0"#),
        "{printed}"
    );
    let bill = "9 calls for $4.500, 5 avoided: $2.500 saved";
    assert!(printed.contains(bill), "{printed}");
    for event in ["hit ", "miss ", "store ", "invalidate "] {
        let told =
            |line: &str| line.contains("cached_core") && line.contains(&format!(": {event}"));
        assert!(printed.lines().any(told), "no `{event}` in\n{printed}");
    }
}

#[tokio::test]
async fn every_answer_is_paid_for_once_in_memory() {
    let service = tutor().start().await;
    check_answers(&service).await;
    let health = service.get("/api/health/ai").await.ok();
    assert_eq!(health["status"], "healthy");
    let redis = json!({ "available": false, "healthy": false });
    assert_eq!(health["cache"]["redis"], redis);
    assert_eq!(health["cache"]["fallback"]["available"], true);
    let size = health["cache"]["fallback"]["size"].as_u64();
    assert!(size >= Some(WARM + 4), "{health}");
    let statistics = service.get("/api/ai/statistics").await.ok();
    assert_eq!(statistics["backend"], "memory");
    service.stop().await;
}

#[tokio::test]
async fn learners_notice_nothing_when_redis_stops_and_comes_back() {
    let redis = RedisServer::start();
    let service = tutor().redis(&redis).start().await;
    let first = feedback(&service, 7).await;

    redis.kill();
    let outage = service.until("/api/health/ai", |health| health["status"] == "degraded");
    let health = outage.await;
    let down = json!({ "available": true, "healthy": false });
    assert_eq!(health["cache"]["redis"], down);
    assert_eq!(health["cache"]["fallback"]["available"], true);
    // From here on this process remembers by itself.
    let before = calls(&service).await;
    for exercise in 20..30 {
        feedback(&service, exercise).await;
    }
    for _ in 0..5 {
        assert_eq!(feedback(&service, 7).await, first);
    }
    assert_eq!(calls(&service).await, before + 11);
    let statistics = service.get("/api/ai/statistics").await.ok();
    assert_eq!(statistics["backend"], "memory");
    let health = service.get("/api/health/ai").await.ok();
    assert!(health["cache"]["fallback"]["size"].as_u64() >= Some(1));

    redis.restart();
    service
        .until("/api/health/ai", |health| health["status"] == "healthy")
        .await;
    assert_eq!(feedback(&service, 7).await, first);
    feedback(&service, 7).await;
    service.stop().await;
    assert_eq!(redis.keys("tutor:ai:feedback:*").len(), 1);
}

#[tokio::test]
async fn redis_that_hangs_costs_a_deadline_and_no_answer() {
    let redis = RedisServer::start();
    let service = tutor().redis(&redis).env("REDIS_SOCKET_TIMEOUT", "50ms");
    let service = service.start().await;
    redis.freeze();
    // The first call that gets no answer remembers its own.
    let before = calls(&service).await;
    for _ in 0..3 {
        feedback(&service, 20).await;
    }
    assert_eq!(calls(&service).await, before + 1);
    let health = service.get("/api/health/ai").await.ok();
    assert_eq!(health["status"], "degraded");
    let statistics = service.get("/api/ai/statistics").await.ok();
    assert_eq!(statistics["backend"], "memory");
    redis.thaw();
    service
        .until("/api/health/ai", |health| health["status"] == "healthy")
        .await;
    service.stop().await;
}

#[tokio::test]
async fn tutor_starts_without_the_redis_it_was_told_of() {
    let redis = RedisServer::start();
    redis.kill();
    // Its rows are in a temporary file, which is gone with it.
    let service = tutor().redis(&redis).env("DATABASE_FILE", "");
    let service = service.start().await;
    feedback(&service, 7).await;
    redis.restart();
    service
        .until("/api/health/ai", |health| health["status"] == "healthy")
        .await;
    service.stop().await;
}

#[tokio::test]
async fn service_that_cannot_start_says_why_and_leaves_no_rows_behind() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = tutor()
        .env("DATABASE_FILE", "")
        .env("LISTEN", taken.local_addr().unwrap().to_string());
    let (well, printed) = settings.run().await;
    assert!(!well && printed.contains("set LISTEN"), "{printed}");
}

#[tokio::test]
async fn settings_of_the_environment_count() {
    let redis = RedisServer::start();
    let service = tutor()
        .redis(&redis)
        .env("REDIS_CACHE_PREFIX", "lessons")
        .env("REDIS_POOL_SIZE", "2")
        .env("REDIS_CACHE_TTL", "60")
        .env("FEEDBACK_TTL", "10")
        .env("HINT_TTL", "90s")
        .start()
        .await;
    feedback(&service, 7).await;
    service.get("/api/ai/insights/7").await.ok();
    service.stop().await;
    let seconds = |glob: &str| {
        let keys = redis.keys(glob);
        let key = keys.first().expect("an entry");
        redis.cli(&["TTL", key]).parse::<u64>().expect("seconds")
    };
    assert!((1..=10).contains(&seconds("lessons:ai:feedback:*")));
    assert!((60..=90).contains(&seconds("lessons:ai:hint:*")));
    assert!((7100..=7200).contains(&seconds("lessons:ai:insight:*")));

    let (well, printed) = tutor().env("HINT_TTL", "soon").run().await;
    assert!(!well && printed.contains("HINT_TTL"), "{printed}");
}

#[tokio::test]
async fn second_process_finds_what_the_first_one_paid_for() {
    let redis = RedisServer::start();
    let first = tutor().redis(&redis).start().await;
    let said = feedback(&first, 7).await;
    first.stop().await;
    let second = tutor().redis(&redis).start().await;
    assert_eq!(feedback(&second, 7).await, said);
    assert_eq!(calls(&second).await, 0, "the warm-up was one already");
    second.stop().await;
}

#[tokio::test]
async fn questions_that_cannot_be_answered_are_told_apart() {
    let service = tutor().start().await;
    let statuses = async |path: &str| service.get(path).await.status;
    assert_eq!(statuses("/api/ai/hints/999999").await, 404);
    assert_eq!(statuses("/api/ai/insights/999999").await, 404);
    assert_eq!(statuses("/api/ai/hints/seven").await, 400);
    assert_eq!(statuses("/api/ai/nothing").await, 404);
    let answer = service.post("/api/ai/feedback", &json!({})).await;
    assert_eq!(answer.status, 422);
    let before = calls(&service).await;
    // A hundred learners with one mistake, at one moment.
    let asked = (0..100).map(|_| feedback(&service, 7));
    let said: HashSet<String> = futures_util::future::join_all(asked)
        .await
        .iter()
        .map(Value::to_string)
        .collect();
    assert_eq!(said.len(), 1);
    assert_eq!(calls(&service).await, before + 1);
    service.stop().await;
}

#[tokio::test]
async fn answer_under_way_is_given_and_stored_before_the_service_ends() {
    let redis = RedisServer::start();
    let service = tutor()
        .redis(&redis)
        .env("WARM_EXERCISES", "0")
        .env("MODEL_LATENCY", "500ms")
        .start()
        .await;
    let request = service.request(Method::POST, "/api/ai/feedback");
    let answer = tokio::spawn(send(request.json(&attempt(7))));
    eventually("a miss", || service.printed().contains(": miss ")).await;
    service.stop().await;
    assert_eq!(answer.await.unwrap().status, 200);
    assert_eq!(redis.keys("tutor:ai:feedback:*").len(), 1);
}
