//! Redis is away: no session is invented, and what a user ended stays ended.

use std::time::{Duration, Instant};

use cached_axum::sessions::CacheStore;
use cached_core::{Cache, HealthStatus};
use tests::{RedisServer, namespace};
use tower_sessions::{SessionStore, session_store::Error};

use crate::created;

const PATIENCE: Duration = Duration::from_secs(30);

fn cache(server: &RedisServer) -> Cache {
    Cache::builder()
        .redis_url(server.url())
        .namespace(namespace("sessions"))
        .build()
        .unwrap()
}

/// Waits until `cache` asks Redis again.
async fn is_back(cache: &Cache) {
    let began = Instant::now();
    while cache.health().await.status != HealthStatus::Healthy
        || cache.get::<u8>("anything").await.is_err()
    {
        assert!(began.elapsed() < PATIENCE, "{:?}", cache.health().await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn is_backend<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::Backend(_)))
}

#[tokio::test]
async fn sessions_are_out_of_reach_while_redis_is_and_there_again_afterwards() {
    let server = RedisServer::start();
    let cache = cache(&server);
    let store = CacheStore::new(cache.clone());
    let mut session = created(&store, "Ada").await;
    server.freeze();
    let began = Instant::now();
    for _ in 0..20 {
        assert!(is_backend(&store.load(&session.id).await));
        assert!(is_backend(&store.save(&session).await));
        assert!(is_backend(&store.create(&mut session.clone()).await));
    }
    // Once the breaker is open nobody waits.
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
    server.thaw();
    is_back(&cache).await;
    assert_eq!(
        store.load(&session.id).await.unwrap().as_ref(),
        Some(&session)
    );
    session.data.clear();
    store.save(&session).await.unwrap();
    assert_eq!(store.load(&session.id).await.unwrap(), Some(session));
}

#[tokio::test]
async fn logout_in_an_outage_is_made_up_for() {
    let server = RedisServer::start();
    let cache = cache(&server);
    let store = CacheStore::new(cache.clone());
    let (session, other) = (created(&store, "Ada").await, created(&store, "Grace").await);
    server.freeze();
    assert!(is_backend(&store.delete(&session.id).await));
    server.thaw();
    is_back(&cache).await;
    assert_eq!(store.load(&session.id).await.unwrap(), None);
    assert_eq!(store.load(&other.id).await.unwrap(), Some(other));
}

#[tokio::test]
async fn sessions_end_with_the_run_of_the_server() {
    let server = RedisServer::start();
    let cache = cache(&server);
    let store = CacheStore::new(cache.clone());
    let session = created(&store, "Ada").await;
    server.kill();
    assert!(is_backend(&store.load(&session.id).await));
    server.restart();
    is_back(&cache).await;
    assert_eq!(store.load(&session.id).await.unwrap(), None);
    let session = created(&store, "Ada").await;
    assert_eq!(store.load(&session.id).await.unwrap(), Some(session));
}
