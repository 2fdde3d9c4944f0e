//! Values that may be read once, as the state of an OAuth login.

use std::time::Duration;

use cached_core::Cache;
use serde::{Deserialize, Serialize};
use tests::{RedisServer, every_store, namespace};
use tokio::task::JoinSet;

use crate::processes;

const MINUTES: Duration = Duration::from_secs(600);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Login {
    verifier: String,
    back_to: String,
}

fn login() -> Login {
    Login {
        verifier: "a verifier".to_owned(),
        back_to: "/lessons".to_owned(),
    }
}

/// Has a hundred readers ask for one state at once, and returns what they get.
async fn a_hundred_readers(caches: &[Cache], state: &str) -> Vec<Login> {
    let mut readers = JoinSet::new();
    for number in 0..100 {
        let (cache, state) = (caches[number % caches.len()].clone(), state.to_owned());
        readers.spawn(async move { cache.take::<Login>(&state).await.unwrap() });
    }
    readers.join_all().await.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_a_hundred_readers_gets_the_state() {
    every_store("state", async |cache| {
        for round in 0..20 {
            let state = format!("oauth:{round}");
            cache.set(&state, &login(), MINUTES).await.unwrap();
            let taken = a_hundred_readers(std::slice::from_ref(&cache), &state).await;
            assert_eq!(taken, [login()]);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_a_hundred_readers_in_several_processes_gets_the_state() {
    let caches = processes("state-of-all", 4);
    for round in 0..20 {
        let state = format!("oauth:{round}");
        caches[0].set(&state, &login(), MINUTES).await.unwrap();
        let taken = a_hundred_readers(&caches, &state).await;
        assert_eq!(taken, [login()]);
    }
}

#[tokio::test]
async fn state_read_twice_is_there_once() {
    every_store("twice", async |cache| {
        cache.set("oauth:state", &login(), MINUTES).await.unwrap();
        let first = cache.take::<Login>("oauth:state").await.unwrap();
        assert_eq!(first, Some(login()));
        assert_eq!(cache.take::<Login>("oauth:state").await.unwrap(), None);
        assert_eq!(cache.get::<Login>("oauth:state").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn state_of_a_login_that_took_too_long_is_gone() {
    every_store("too-long", async |cache| {
        let short = Duration::from_millis(100);
        cache.set("oauth:state", &login(), short).await.unwrap();
        tokio::time::sleep(Duration::from_millis(120)).await;
        assert_eq!(cache.take::<Login>("oauth:state").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn state_that_was_forged_is_nobodys() {
    every_store("forged", async |cache| {
        cache.set("oauth:state", &login(), MINUTES).await.unwrap();
        for forged in [
            "oauth",
            "oauth:*",
            "oauth:stat?",
            "oauth:",
            "oauth:state:",
            "",
        ] {
            assert_eq!(cache.take::<Login>(forged).await.unwrap(), None, "{forged}");
        }
        assert_eq!(
            cache.take::<Login>("oauth:state").await.unwrap(),
            Some(login())
        );
    })
    .await;
}

#[tokio::test]
async fn state_cannot_be_read_while_redis_is_away_nor_twice_afterwards() {
    let server = RedisServer::start();
    let cache = Cache::builder()
        .redis_url(server.url())
        .namespace(namespace("away"))
        .build()
        .unwrap();
    cache.set("oauth:state", &login(), MINUTES).await.unwrap();
    server.freeze();
    for _ in 0..10 {
        assert!(
            cache
                .take::<Login>("oauth:state")
                .await
                .unwrap_err()
                .is_transient()
        );
    }
    server.thaw();
    cache.ready(Duration::from_secs(30)).await.unwrap();
    // The server may have taken it when it went on; whoever asked has seen an error, and begins again.
    let taken = a_hundred_readers(&[cache], "oauth:state").await;
    assert!(taken.len() <= 1, "{taken:?}");
}
