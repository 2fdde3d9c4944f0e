//! The vocabulary service: annotated methods, and what marking a word makes stale.

use reqwest::Method;
use serde_json::{Value, json};
use tests::RedisServer;

use crate::harness::{Answer, Service, Settings, send, stored};

mod load;
mod trace;

const TOKEN: &str = "for-these-tests-only";

pub(crate) fn vocabulary() -> Settings {
    Service::of(env!("CARGO_BIN_EXE_vocabulary"))
        .env("MODEL_LATENCY", "20ms")
        .env("WARM_WORDS", "0")
        .env("ADMIN_TOKEN", TOKEN)
}

/// Starts a server as compose.yaml has it: a password, a limit, and what was not asked for lately makes room.
fn redis() -> RedisServer {
    RedisServer::builder()
        .password("between us")
        .max_memory("64mb")
        .argument("--maxmemory-policy", "allkeys-lru")
        .start()
}

async fn hits(service: &Service) -> u64 {
    let health = service.get("/health/cache").await.ok();
    health["statistics"]["hits"].as_u64().expect("a number")
}

/// Asks twice; the second answer comes from the cache, says so, and is the same.
async fn cached(service: &Service, path: &str) -> Value {
    let first = service.get(path).await;
    assert!(!first.header("cache-status").contains(";hit"), "{first:?}");
    let before = hits(service).await;
    assert!(is_hit(service, path).await, "{path}");
    assert_eq!(hits(service).await, before + 1, "{path}");
    let again = service.get(path).await.ok();
    assert_eq!(again, first.ok(), "{path}");
    again
}

/// Returns `true` if the answer comes from the cache.
async fn is_hit(service: &Service, path: &str) -> bool {
    let answer = service.get(path).await;
    answer.ok();
    let status = answer.header("cache-status");
    assert!(status.starts_with("cached;"), "{answer:?}");
    status.contains(";hit")
}

async fn mark_known(service: &Service, user: u64, word: u64) -> u16 {
    let path = format!("/users/{user}/words/{word}");
    send(service.request(Method::PUT, &path)).await.status
}

async fn clear(service: &Service, token: &str, query: &str) -> Answer {
    let path = format!("/admin/cache/clear{query}");
    let request = service.request(Method::POST, &path);
    send(request.bearer_auth(token)).await
}

/// Checks every row of the service, wherever its entries are.
async fn check_methods(service: &Service) {
    let word = cached(service, "/words/1").await;
    assert_eq!(word["word"], "be");
    assert_eq!(word["level"], "A1");
    assert_eq!(word["senses"].as_array().map(Vec::len), Some(2));
    assert_eq!(word["see_also"].as_array().map(Vec::len), Some(5));

    let page = cached(service, "/words?level=A2&limit=3&offset=4").await;
    let ids: Vec<_> = page
        .as_array()
        .into_iter()
        .flatten()
        .map(|word| &word["id"])
        .collect();
    assert_eq!(ids, [505, 506, 507]);
    let usual = cached(service, "/words?level=A2").await;
    assert_eq!(usual.as_array().map(Vec::len), Some(20));

    let path = "/translations?text=a%20river&source=en&target=cs";
    let alone = cached(service, path).await;
    assert_eq!(alone["text"], "a river");
    let other = cached(service, "/translations?text=a%20river&source=en&target=de").await;
    assert_ne!(alone, other);
    let batch = json!({ "texts": ["a river", "a bridge"], "source": "en", "target": "cs" });
    let before = hits(service).await;
    let both = service.post("/translations/batch", &batch).await.ok();
    assert_eq!(both[0], alone);
    assert_eq!(hits(service).await, before + 1, "the river was there");
    assert_eq!(service.post("/translations/batch", &batch).await.ok(), both);
    assert_eq!(hits(service).await, before + 2, "now all of it");

    let episodes = cached(service, "/series/2/episodes").await;
    assert_eq!(episodes.as_array().map(Vec::len), Some(10));
    let lines = cached(service, "/episodes/11/subtitles").await;
    assert_eq!(lines.as_array().map(Vec::len), Some(40));
}

/// Checks that marking a word is about one user.
async fn check_users(service: &Service) {
    for user in [1, 2] {
        cached(service, &format!("/users/{user}/statistics")).await;
        cached(service, &format!("/users/{user}/progress")).await;
    }
    let before = service.get("/users/1/statistics").await.ok();
    assert_eq!(before["words"], 100);
    let known = before["known"].as_u64().expect("a number");

    assert_eq!(mark_known(service, 1, 3000).await, 204);
    assert!(is_hit(service, "/users/2/statistics").await);
    assert!(is_hit(service, "/users/2/progress").await);
    assert!(!is_hit(service, "/users/1/progress").await);
    let after = cached(service, "/users/1/statistics").await;
    assert_eq!(after["words"], 101);
    assert_eq!(after["known"], known + 1);

    // What was not written makes nothing stale.
    assert_eq!(mark_known(service, 1, 999_999).await, 404);
    assert!(is_hit(service, "/users/1/statistics").await);
}

/// Checks that a client that has an answer gets it again only if it has changed.
async fn check_clients_copies(service: &Service) {
    let path = "/users/3/statistics";
    let tag = service.get(path).await.header("etag").to_owned();
    let ask = async || {
        let request = service.request(Method::GET, path);
        send(request.header("if-none-match", &tag)).await
    };
    let unchanged = ask().await;
    assert_eq!((unchanged.status, unchanged.text.as_str()), (304, ""));
    assert_eq!(mark_known(service, 3, 3000).await, 204);
    assert_eq!(ask().await.status, 200);
}

async fn check_admin(service: &Service) {
    let paths = [
        "/words/1",
        "/translations?text=a%20river&source=en&target=cs",
        "/users/2/statistics",
    ];
    for path in paths {
        service.get(path).await.ok();
    }
    let left = async |kept: [bool; 3]| {
        for (path, kept) in paths.into_iter().zip(kept) {
            assert_eq!(is_hit(service, path).await, kept, "{path}");
        }
    };
    for (cache_type, kept) in [
        ("translation", [true, false, true]),
        ("vocabulary", [false, true, true]),
        ("all", [false, false, false]),
    ] {
        let answer = clear(service, TOKEN, &format!("?cache_type={cache_type}")).await;
        assert_eq!(answer.ok(), json!({ "outcome": "applied" }));
        left(kept).await;
    }

    assert_eq!(
        clear(service, "for-another-server", "?cache_type=all")
            .await
            .status,
        401
    );
    let nobody = service.request(Method::POST, "/admin/cache/clear?cache_type=all");
    assert_eq!(send(nobody).await.status, 401);
    assert_eq!(clear(service, TOKEN, "?cache_type=users").await.status, 400);
    assert_eq!(clear(service, TOKEN, "").await.status, 400);
    left([true, true, true]).await;
}

#[tokio::test]
async fn methods_are_cached_on_redis() {
    let redis = redis();
    let service = vocabulary().redis(&redis).start().await;
    check_methods(&service).await;
    check_users(&service).await;
    check_clients_copies(&service).await;
    check_admin(&service).await;

    let health = service.get("/health/cache").await.ok();
    assert_eq!(health["status"], "healthy");
    for figure in [
        "memory", "keys", "hits", "misses", "hit_rate", "clients", "uptime",
    ] {
        assert!(
            health["statistics"][figure].is_number(),
            "{figure}: {health}"
        );
    }
    service.stop().await;
}

#[tokio::test]
async fn methods_are_cached_in_memory() {
    let service = vocabulary().start().await;
    check_methods(&service).await;
    check_users(&service).await;
    check_clients_copies(&service).await;
    check_admin(&service).await;

    let health = service.get("/health/cache").await.ok();
    assert_eq!(health["status"], "healthy");
    assert!(health["statistics"]["keys"].as_u64() > Some(5), "{health}");
    assert!(health["statistics"]["clients"].is_null(), "{health}");
    service.stop().await;
}

#[tokio::test]
async fn entries_live_as_long_as_they_are_good_for() {
    let redis = redis();
    let service = vocabulary().redis(&redis).start().await;
    let batch = json!({ "texts": ["a bridge"], "source": "en", "target": "cs" });
    service.post("/translations/batch", &batch).await.ok();
    for path in [
        "/words/1",
        "/words?level=A1",
        "/users/1/statistics",
        "/users/1/progress",
        "/series/1/episodes",
        "/episodes/1/subtitles",
    ] {
        service.get(path).await.ok();
    }
    service.stop().await;
    for (glob, seconds) in [
        ("learn:vocabulary:word:1:*", 3600),
        ("learn:vocabulary:level:A1:*", 3600),
        (
            "learn:translation:en:cs:????????????????????????????????",
            86_400,
        ),
        ("learn:translation:en:cs:batch:*", 86_400),
        ("learn:user:1:statistics:*", 300),
        ("learn:user:1:progress:*", 300),
        ("learn:vocabulary:series:1:episodes:*", 1800),
        ("learn:vocabulary:episode:1:subtitles:*", 7200),
    ] {
        let keys = redis.keys(glob);
        assert_eq!(keys.len(), 1, "{glob}");
        let left: i64 = redis.cli(&["TTL", &keys[0]]).parse().expect("seconds");
        assert!((seconds - 60..=seconds).contains(&left), "{glob}: {left}");
    }
}

#[tokio::test]
async fn two_processes_never_answer_with_what_the_other_made_stale() {
    let redis = redis();
    let first = vocabulary().redis(&redis).start().await;
    let second = vocabulary().redis(&redis).database_of(&first).start().await;
    let before = first.get("/users/1/statistics").await.ok();
    first.get("/users/2/statistics").await.ok();
    stored(&redis, "learn:user:1:statistics:*").await;
    assert!(is_hit(&second, "/users/1/statistics").await);
    for word in 3000..3010 {
        assert_eq!(mark_known(&second, 1, word).await, 204);
        let known = first.get("/users/1/statistics").await.ok();
        let marked = word - 2999;
        assert_eq!(known["known"], before["known"].as_u64().unwrap() + marked);
        assert_eq!(second.get("/users/1/statistics").await.ok(), known);
    }
    assert!(is_hit(&first, "/users/2/statistics").await);
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn learners_notice_nothing_when_redis_stops_and_comes_back() {
    let redis = redis();
    let service = vocabulary().redis(&redis).start().await;
    let word = service.get("/words/1").await.ok();
    let before = service.get("/users/1/statistics").await.ok();

    redis.kill();
    let health = service.until("/health/cache", |health| health["status"] == "degraded");
    assert!(health.await["statistics"]["memory"].is_null());
    for _ in 0..10 {
        assert_eq!(service.get("/words/1").await.ok(), word);
    }
    assert_eq!(mark_known(&service, 1, 3000).await, 204);
    let after = service.get("/users/1/statistics").await.ok();
    assert_ne!(after, before, "nobody sees what is stale");
    let cleared = clear(&service, TOKEN, "?cache_type=all").await;
    assert_eq!(cleared.status, 202, "no other process knows of it yet");
    assert_eq!(cleared.json(), json!({ "outcome": "postponed" }));

    redis.restart();
    service
        .until("/health/cache", |health| health["status"] == "healthy")
        .await;
    assert_eq!(cached(&service, "/users/1/statistics").await, after);
    assert_eq!(cached(&service, "/words/1").await, word);
    service.stop().await;
}

#[tokio::test]
async fn words_of_the_chosen_levels_are_there_from_the_start() {
    let service = vocabulary()
        .env("WARM_LEVELS", "A1,B2")
        .env("WARM_WORDS", "5")
        .start()
        .await;
    for (path, warm) in [
        ("/words?level=A1&limit=5", true),
        ("/words/5", true),
        ("/words/6", false),
        ("/words/501", false),
        ("/words/2401", true),
    ] {
        assert_eq!(is_hit(&service, path).await, warm, "{path}");
    }
    let printed = service.stop().await;
    assert!(
        printed.contains(r#"what="B2" done=5 failed=0"#),
        "{printed}"
    );

    let service = vocabulary()
        .env("WARM_LEVELS", "B1")
        .env("WARM_WORDS", "")
        .start()
        .await;
    assert!(is_hit(&service, "/words?level=B1").await);
    service.stop().await;

    let (well, printed) = vocabulary().env("WARM_LEVELS", "C2").run().await;
    assert!(!well && printed.contains("WARM_LEVELS"), "{printed}");
}

#[tokio::test]
async fn what_cannot_be_answered_is_told_apart() {
    let service = vocabulary().start().await;
    for (path, status) in [
        ("/words/999999", 404),
        ("/words/be", 400),
        ("/words?level=C2", 400),
        ("/words?level=A1&limit=101", 400),
        ("/words?level=A1&limit=-1", 400),
        ("/translations?text=x", 400),
        ("/translations?text=%20&source=&target=", 200),
        ("/users/999999/statistics", 404),
        ("/nothing", 404),
    ] {
        assert_eq!(service.get(path).await.status, status, "{path}");
    }
    let many = json!({ "texts": vec!["x"; 51], "source": "en", "target": "cs" });
    assert_eq!(service.post("/translations/batch", &many).await.status, 400);
    service.stop().await;

    let open = vocabulary().env("ADMIN_TOKEN", "").start().await;
    assert_eq!(clear(&open, "", "?cache_type=all").await.status, 404);
    let (well, printed) = vocabulary().env("ADMIN_TOKEN", "short").run().await;
    assert!(!well && printed.contains("ADMIN_TOKEN"), "{printed}");
}

/// The settings that compose.yaml gives to redis-server are those of these tests, and do what it says.
#[test]
fn compose_file_starts_a_server_with_password_limit_and_eviction() {
    let compose = include_str!("../../compose.yaml");
    let (_, command) = compose.split_once("- redis-server\n").expect("a command");
    let (command, _) = command
        .split_once("ports:")
        .expect("the end of the command");
    let words: Vec<&str> = command
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- "))
        .map(|word| word.trim_matches('"'))
        .collect();
    let mut server = RedisServer::builder();
    for pair in words.chunks(2) {
        let [name, value] = pair else {
            panic!("a setting without a value: {pair:?}")
        };
        server = match *name {
            "--requirepass" => server.password("between us"),
            name => server.argument(name, value),
        };
    }
    let server = server.start();
    let setting = |name: &str| server.cli(&["CONFIG", "GET", name]);
    assert!(setting("maxmemory-policy").contains("allkeys-lru"));
    assert!(setting("maxmemory").contains("268435456"));
    assert!(setting("requirepass").contains("between us"));
}
