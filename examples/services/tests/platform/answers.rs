//! Answers of the model and of the database, and who is told to forget them.

use reqwest::Method;
use serde_json::{Value, json};
use tests::RedisServer;

use super::{TOKEN, admin, loads, platform, put, stats, two_platforms};
use crate::harness::{Service, send, stored};

async fn asked(service: &Service, operation: &str, model: &str, input: &str) -> Value {
    let ask = json!({ "model": model, "input": input });
    let answer = service.post(&format!("/api/model/{operation}"), &ask).await;
    answer.ok()
}

async fn calls(service: &Service) -> u64 {
    stats(service).await["model"]["calls"]
        .as_u64()
        .expect("a number")
}

async fn ok(service: &Service, path: &str) -> Value {
    service.get(path).await.ok()
}

/// Returns the lifetime of the one entry that `glob` matches, in seconds.
fn lives(redis: &RedisServer, glob: &str) -> u64 {
    let keys = redis.keys(glob);
    assert_eq!(keys.len(), 1, "{glob}: {keys:?}");
    let milliseconds: u64 = redis.cli(&["PTTL", &keys[0]]).parse().expect("a number");
    milliseconds.div_ceil(1000)
}

#[tokio::test]
async fn model_is_paid_once_for_each_operation_model_and_input() {
    let redis = RedisServer::start();
    let (one, other) = two_platforms(&redis).await;
    let first = asked(&one, "summarize", "small", "The river of the people.").await;
    stored(&redis, "platform:model:summarize:small:*").await;
    for service in [&one, &other, &one] {
        assert_eq!(
            asked(service, "summarize", "small", "The river of the people.").await,
            first
        );
    }
    assert_eq!((calls(&one).await, calls(&other).await), (1, 0));
    asked(&one, "grade", "small", "The river of the people.").await;
    asked(&one, "summarize", "large", "The river of the people.").await;
    asked(&one, "summarize", "small", "The people of the river.").await;
    assert_eq!(calls(&one).await, 4);

    // What the model does not answer is asked again.
    for expected in [5, 6] {
        let empty = json!({ "model": "small", "input": " " });
        assert_eq!(one.post("/api/model/grade", &empty).await.status, 502);
        assert_eq!(calls(&one).await, expected);
    }
    let bill = stats(&one).await["model"].clone();
    let expected = json!({ "calls": 6, "calls_avoided": 2, "price_per_call": 0.5, "spent": 3.0, "saved": 1.0 });
    assert_eq!(bill, expected);
    assert_eq!(one.post("/api/model/invent", &json!({})).await.status, 400);
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn each_kind_has_its_ttl() {
    let redis = RedisServer::start();
    for (changed, ttls) in [
        (false, [86_400, 43_200, 3_600, 300, 300, 3_600, 600, 600]),
        (true, [100, 200, 300, 400, 400, 500, 600, 600]),
    ] {
        let mut settings = platform(&redis);
        let names = [
            "ANSWER_TTL",
            "ANALYSIS_TTL",
            "SIMULATION_TTL",
            "USER_QUERY_TTL",
            "STATIC_QUERY_TTL",
        ];
        for (number, name) in names.iter().enumerate().filter(|_| changed) {
            settings = settings.env(name, ((number + 1) * 100).to_string());
        }
        let service = settings.start().await;
        asked(&service, "grade", "small", "a text").await;
        ok(&service, "/api/scenarios/3/analysis").await;
        let said = json!({ "user_id": 7, "text": "Hello!" });
        service.post("/api/scenarios/3/simulate", &said).await.ok();
        for path in [
            "/api/users/7/progress",
            "/api/users/7/scenarios/3",
            "/api/scenarios/3",
            "/api/scenarios?limit=3",
            "/api/scenarios/3/count",
        ] {
            ok(&service, path).await;
        }
        service.stop().await;
        let globs = [
            "model:grade:small:*",
            "analysis:3:*",
            "simulation:3:7:*",
            "query:user:7:progress:*",
            "query:user:7:scenario:3:*",
            "query:scenario:3:*",
            "query:list:scenarios:*",
            "query:count:3:*",
        ];
        for (glob, ttl) in globs.iter().zip(ttls) {
            let lives = lives(&redis, &format!("platform:{glob}"));
            assert!(
                lives <= ttl && lives + 60 > ttl,
                "{glob}: {lives} s instead of {ttl}"
            );
        }
        redis.cli(&["FLUSHALL"]);
    }
}

#[tokio::test]
async fn a_ttl_that_does_not_parse_is_refused_at_the_start() {
    let redis = RedisServer::start();
    let (well, printed) = platform(&redis).env("SIMULATION_TTL", "soon").run().await;
    assert!(!well && printed.contains("SIMULATION_TTL"), "{printed}");
}

/// Sends each query once.
async fn all(service: &Service) {
    for path in [
        "/api/users/1/progress",
        "/api/users/2/progress",
        "/api/users/1/scenarios/3",
        "/api/users/2/scenarios/4",
        "/api/scenarios/3",
        "/api/scenarios/4",
        "/api/scenarios",
        "/api/scenarios/3/count",
        "/api/scenarios/4/count",
        "/api/scenarios/3/analysis",
    ] {
        ok(service, path).await;
    }
}

/// Counts the runs of each body since the last time.
async fn ran(service: &Service, before: &mut [u64; 6]) -> [u64; 6] {
    let mut now = [0; 6];
    let functions = [
        "::progress",
        "::attempts",
        "::scenario",
        "::scenarios",
        "::count",
        "::analysis",
    ];
    for (now, function) in now.iter_mut().zip(functions) {
        *now = loads(service, function).await;
    }
    let ran = std::array::from_fn(|number| now[number] - before[number]);
    *before = now;
    ran
}

#[tokio::test]
async fn a_change_is_seen_at_once_and_nobody_elses_answers_are_lost() {
    let redis = RedisServer::start();
    let (one, other) = two_platforms(&redis).await;
    let mut before = [0; 6];
    all(&one).await;
    // progress, attempts, scenario, scenarios, count, analysis
    assert_eq!(ran(&one, &mut before).await, [2, 2, 2, 1, 2, 1]);
    all(&one).await;
    assert_eq!(ran(&one, &mut before).await, [0; 6]);

    // Written by another process: user 1 and scenario 3.
    let tried = ok(&one, "/api/scenarios/3/count")
        .await
        .as_u64()
        .expect("a number");
    let result = json!({ "user_id": 1, "score": 99.0 });
    assert_eq!(
        other.post("/api/scenarios/3/results", &result).await.status,
        201
    );
    all(&one).await;
    // The page of the scenario is what it was, and so is what the model was paid to say of it.
    assert_eq!(ran(&one, &mut before).await, [1, 1, 0, 0, 1, 0]);
    // Each process has a database of its own here.
    assert_eq!(ok(&one, "/api/scenarios/3/count").await, json!(tried));
    assert_eq!(
        one.post("/api/scenarios/3/results", &result).await.status,
        201
    );
    assert_eq!(ok(&one, "/api/scenarios/3/count").await, json!(tried + 1));
    all(&one).await;
    ran(&one, &mut before).await;

    let new = json!({ "title": "Talk about caches", "page": "They forget." });
    assert_eq!(put(&one, "/api/scenarios/4", &new).await.status, 204);
    assert_eq!(
        ok(&one, "/api/scenarios/4").await["title"],
        "Talk about caches"
    );
    all(&one).await;
    assert_eq!(ran(&one, &mut before).await, [0, 1, 1, 1, 1, 0]);

    // What fails invalidates nothing.
    assert_eq!(put(&one, "/api/scenarios/99", &new).await.status, 404);
    assert_eq!(
        one.post("/api/scenarios/99/results", &result).await.status,
        404
    );
    all(&one).await;
    assert_eq!(ran(&one, &mut before).await, [0; 6]);
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn admins_invalidate_by_user_and_by_scenario() {
    let redis = RedisServer::start();
    let (one, other) = two_platforms(&redis).await;
    let mut before = [0; 6];
    all(&one).await;
    ran(&one, &mut before).await;
    let done = admin(&other, Method::POST, "/api/cache/invalidate/user/2")
        .await
        .ok();
    assert_eq!(done["outcome"], "applied", "{done}");
    all(&one).await;
    assert_eq!(ran(&one, &mut before).await, [1, 1, 0, 0, 0, 0]);
    admin(&other, Method::POST, "/api/cache/invalidate/scenario/3")
        .await
        .ok();
    all(&one).await;
    assert_eq!(ran(&one, &mut before).await, [0, 1, 1, 0, 1, 1]);

    let cleaned = admin(&one, Method::POST, "/api/cache/cleanup").await.ok();
    assert_eq!(cleaned["purged_keys"], 9, "{cleaned}");
    assert!(redis.keys("platform:query:*").is_empty());
    all(&one).await;
    assert_eq!(ran(&one, &mut before).await, [2, 2, 2, 1, 2, 0]);
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn clean_ups_run_one_at_a_time() {
    let redis = RedisServer::start();
    let service = platform(&redis).start().await;
    // Thousands of keys, so that they meet.
    let fill = "for i=1,20000 do redis.call('SET','platform:query:'..i,'x') end";
    redis.cli(&["EVAL", fill, "0"]);
    let cleaning = (0..50).map(|_| admin(&service, Method::POST, "/api/cache/cleanup"));
    let answers = futures_util::future::join_all(cleaning).await;
    let mut purged = 0;
    for answer in &answers {
        if answer.status == 429 {
            assert!(!answer.header("retry-after").is_empty(), "{answer:?}");
        } else {
            purged += answer.ok()["purged_keys"].as_u64().expect("a number");
        }
    }
    assert_eq!(purged, 20_000);
    let refused = answers.iter().filter(|answer| answer.status == 429);
    assert!(refused.count() > 0, "none met another");
    service.stop().await;
}

#[tokio::test]
async fn clients_learn_where_an_answer_came_from_and_see_a_change_at_once() {
    let redis = RedisServer::start();
    let service = platform(&redis).start().await;
    let path = "/api/scenarios/4";
    let first = service.get(path).await;
    assert_eq!(first.header("cache-status"), "cached;fwd=miss;stored");
    let again = service.get(path).await;
    assert!(
        again.header("cache-status").starts_with("cached;hit"),
        "{again:?}"
    );
    assert_eq!(again.text, first.text);
    let ask = || {
        let tag = first.header("etag");
        send(
            service
                .request(Method::GET, path)
                .header("if-none-match", tag),
        )
    };
    assert_eq!(ask().await.status, 304);
    let new = json!({ "title": "Talk about caches", "page": "They forget." });
    assert_eq!(put(&service, path, &new).await.status, 204);
    let changed = ask().await;
    assert_eq!(
        (changed.status, &changed.ok()["title"]),
        (200, &new["title"])
    );
    service.stop().await;
}

#[tokio::test]
async fn statistics_have_numbers_and_no_secret() {
    let redis = RedisServer::builder().password("hunter2-is-secret").start();
    let service = platform(&redis).start().await;
    all(&service).await;
    all(&service).await;
    let stats = stats(&service).await;
    assert_eq!(stats["total"]["hits"], 10);
    assert_eq!(stats["total"]["hit_rate_percent"], 50.0);
    let text = stats.to_string();
    assert!(!text.contains("hunter2") && !text.contains(TOKEN), "{text}");
    service.stop().await;
}

#[tokio::test]
async fn admin_routes_are_for_those_who_have_the_token() {
    let redis = RedisServer::start();
    let service = platform(&redis).start().await;
    all(&service).await;
    for (method, path) in [
        (Method::GET, "/api/cache/stats"),
        (Method::POST, "/api/cache/invalidate/user/1"),
        (Method::POST, "/api/cache/invalidate/scenario/3"),
        (Method::POST, "/api/cache/cleanup"),
    ] {
        let request = || service.request(method.clone(), path);
        let wrong = format!("{TOKEN}!");
        for refused in [
            request(),
            request().bearer_auth("wrong"),
            request().bearer_auth(wrong),
            request().bearer_auth(""),
            request().basic_auth("admin", Some(TOKEN)),
        ] {
            let answer = send(refused).await;
            assert_eq!(answer.status, 401, "{path}: {answer:?}");
            assert!(!answer.text.contains(TOKEN), "{answer:?}");
        }
    }
    let mut before = [0; 6];
    ran(&service, &mut before).await;
    all(&service).await;
    assert_eq!(
        ran(&service, &mut before).await,
        [0; 6],
        "nothing was invalidated"
    );
    let odd = admin(&service, Method::POST, "/api/cache/invalidate/user/*").await;
    assert_eq!(odd.status, 400);
    service.stop().await;
}
