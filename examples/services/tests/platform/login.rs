//! The state of a login: readable once, by whoever comes first.

use std::time::Duration;

use serde_json::{Value, json};
use tests::RedisServer;

use super::{platform, two_platforms};
use crate::harness::Service;

fn login() -> Value {
    json!({ "user_id": 7, "back_to": "/lessons" })
}

/// Returns the path that a provider sends a user back to.
pub(super) async fn begun(service: &Service) -> String {
    let begun = service.post("/api/oauth/github", &login()).await;
    assert_eq!(begun.status, 201, "{begun:?}");
    let state = begun.ok()["state"].as_str().expect("a state").to_owned();
    format!("/api/oauth/github/callback?state={state}")
}

#[tokio::test]
async fn state_read_twice_is_good_once() {
    let redis = RedisServer::start();
    let service = platform(&redis).start().await;
    let back = begun(&service).await;
    assert_ne!(back, begun(&service).await);
    assert_eq!(service.get(&back).await.ok(), login());
    for _ in 0..3 {
        let again = service.get(&back).await;
        assert_eq!(again.status, 400);
        let why = again.json()["error"].to_string();
        assert!(why.contains("begin again"), "{why}");
    }
    service.stop().await;
}

#[tokio::test]
async fn one_of_a_hundred_who_come_with_one_state_is_let_in() {
    let redis = RedisServer::start();
    let (one, other) = two_platforms(&redis).await;
    for _ in 0..5 {
        let back = begun(&one).await;
        let asked = (0..100).map(|number| {
            let service = if number % 2 == 0 { &one } else { &other };
            service.get(&back)
        });
        let answers = futures_util::future::join_all(asked).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!((statuses[0], &statuses[1..]), (200, &[400; 99][..]));
    }
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn state_of_another_provider_or_of_nobody_is_refused_and_costs_nothing() {
    let redis = RedisServer::start();
    let service = platform(&redis).start().await;
    let back = begun(&service).await;
    let elsewhere = back.replace("github", "gitlab");
    let forged = [
        "*",
        "",
        "%2A",
        "github",
        "AAAAAAAAAAAAAAAAAAAAAA",
        "..%2Fgithub",
    ];
    let forged = forged.map(|state| format!("/api/oauth/github/callback?state={state}"));
    for path in forged.iter().chain([&elsewhere]) {
        assert_eq!(service.get(path).await.status, 400, "{path}");
    }
    assert_eq!(service.get("/api/oauth/github/callback").await.status, 400);
    assert_eq!(service.get(&back).await.ok(), login());
    service.stop().await;
}

#[tokio::test]
async fn login_that_takes_too_long_has_to_begin_again() {
    let redis = RedisServer::start();
    let service = platform(&redis)
        .env("OAUTH_STATE_TTL", "200ms")
        .start()
        .await;
    let back = begun(&service).await;
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert_eq!(service.get(&back).await.status, 400);
    service.stop().await;
}
