//! Start of the platform: without what it needs it ends, and says what to do, and nothing that is secret.

use std::time::{Duration, Instant};

use tests::RedisServer;

use super::{TOKEN, platform, unconnected};
use crate::harness::Settings;

/// Starts it, sees it refuse, and returns what it said.
async fn refused(settings: Settings) -> String {
    let (well, printed) = settings.run().await;
    assert!(!well && !printed.contains("listening"), "{printed}");
    printed
}

fn says_what_to_do(printed: &str) {
    for hint in ["Redis", "examples/compose.yaml", "set REDIS_URL=redis://"] {
        assert!(printed.contains(hint), "no {hint} in: {printed}");
    }
}

#[tokio::test]
async fn without_a_redis_it_says_what_to_do() {
    let printed = refused(unconnected()).await;
    says_what_to_do(&printed);
    assert!(printed.contains("there is no REDIS_URL"), "{printed}");
    says_what_to_do(&refused(unconnected().env("REDIS_URL", "")).await);
}

#[tokio::test]
async fn a_redis_that_does_not_answer_is_waited_for_and_then_refused() {
    let redis = RedisServer::builder().password("hunter2-is-secret").start();
    let settings = platform(&redis);
    redis.kill();
    let began = Instant::now();
    let printed = refused(settings).await;
    says_what_to_do(&printed);
    assert!(!printed.contains("hunter2"), "{printed}");
    assert!(
        began.elapsed() < Duration::from_secs(25),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_redis_that_comes_late_is_in_time() {
    let redis = RedisServer::start();
    redis.kill();
    let settings = platform(&redis);
    let starting = tokio::spawn(settings.start());
    tokio::time::sleep(Duration::from_millis(500)).await;
    redis.restart();
    let service = starting.await.expect("it starts");
    assert_eq!(service.get("/health").await.status, 200);
    service.stop().await;
}

#[tokio::test]
async fn a_wrong_password_is_refused_at_once() {
    let redis = RedisServer::builder().password("hunter2-is-secret").start();
    let address = format!("redis://:wrong-and-secret@127.0.0.1:{}", redis.port());
    let printed = refused(platform(&redis).env("REDIS_URL", address)).await;
    says_what_to_do(&printed);
    assert!(!printed.contains("-secret"), "{printed}");
}

#[tokio::test]
async fn a_cache_that_is_turned_off_is_no_redis() {
    let redis = RedisServer::start();
    let printed = refused(platform(&redis).env("CACHE_ENABLED", "false")).await;
    says_what_to_do(&printed);
    assert!(printed.contains("CACHE_ENABLED"), "{printed}");
}

#[tokio::test]
async fn without_a_good_token_it_does_not_start() {
    let redis = RedisServer::start();
    for token in ["", "tiny", "not a token at all"] {
        let printed = refused(platform(&redis).env("ADMIN_TOKEN", token)).await;
        assert!(printed.contains("ADMIN_TOKEN"), "{printed}");
        assert!(token.is_empty() || !printed.contains(token), "{printed}");
    }
}

#[tokio::test]
async fn it_starts_says_how_it_is_and_stops() {
    let redis = RedisServer::builder().password("hunter2-is-secret").start();
    let service = platform(&redis).start().await;
    let health = service.get("/health").await.ok();
    assert_eq!(health["status"], "healthy");
    assert_eq!(health["cache"]["redis"]["healthy"], true);
    assert_eq!(health["cache"]["fallback"]["available"], false, "{health}");
    let printed = service.stop().await;
    assert!(printed.contains("stopped"), "{printed}");
    assert!(
        !printed.contains("hunter2") && !printed.contains(TOKEN),
        "{printed}"
    );
}
