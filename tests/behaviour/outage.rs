//! Calls while Redis is not asked, and what is left of them afterwards.

use std::time::{Duration, Instant};

use cached_core::{Cache, Error, ErrorKind, HealthStatus, Invalidated, Outage, cached};
use tests::{CountingLoader, RedisServer};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::stored;

const PATIENCE: Duration = Duration::from_secs(20);

#[cached(ttl = "1h", prefix = "user:{id}:name", skip(loader, answer))]
async fn name(id: u64, loader: CountingLoader, answer: u64) -> u64 {
    loader.load(answer).await
}

#[cached(ttl = "1h", skip(loader))]
async fn strict(id: u64, loader: CountingLoader) -> Result<u64, Error> {
    Ok(loader.load(id).await)
}

fn cache(server: &RedisServer, outage: Outage) -> Cache {
    Cache::builder()
        .redis_url(server.url())
        .op_timeout(PATIENCE)
        .connect_timeout(PATIENCE)
        .outage(outage)
        .build()
        .unwrap()
}

/// Kills the server, and waits until the cache no longer asks it.
async fn outage(server: &RedisServer, cache: &Cache) {
    server.kill();
    let refused = "is not asked";
    while !matches!(cache.exists("any").await, Err(error) if error.to_string().contains(refused)) {
        tokio::task::yield_now().await;
    }
}

/// A cache that has stored 1 for the call on a server that is only silent.
async fn out_of_reach(server: &RedisServer, outage: Outage) -> Cache {
    let cache = Cache::builder()
        .redis_url(server.url())
        .op_timeout(Duration::from_millis(50))
        .outage(outage)
        .build()
        .unwrap();
    cache.ready(PATIENCE).await.unwrap();
    assert_eq!(answer(&cache, 1).await, 1);
    stored(&cache, 1).await;
    server.freeze();
    while cache.exists("any").await.unwrap_err().kind() == ErrorKind::Timeout {}
    cache
}

async fn recovery(server: &RedisServer, cache: &Cache) {
    server.restart();
    cache.ready(PATIENCE).await.unwrap();
}

async fn answer(cache: &Cache, answer: u64) -> u64 {
    cache.scope(name(1, CountingLoader::new(), answer)).await
}

#[tokio::test]
async fn memory_keeps_what_is_loaded_meanwhile_and_forgets_it_when_redis_is_back() {
    let server = RedisServer::start();
    let cache = cache(&server, Outage::Memory);
    cache.ready(PATIENCE).await.unwrap();
    outage(&server, &cache).await;
    assert_eq!(answer(&cache, 1).await, 1);
    assert_eq!(answer(&cache, 2).await, 1);
    assert_eq!(cache.get::<u64>(name::key(1)).await.unwrap(), Some(1));
    assert_eq!(cache.scope(name::peek(1)).await, Some(1));
    let health = cache.health().await;
    assert_eq!(health.status, HealthStatus::Degraded);
    assert_eq!(health.problem.unwrap().kind(), ErrorKind::Unavailable);

    recovery(&server, &cache).await;
    assert_eq!(server.cli(&["DBSIZE"]), "0", "never copied");
    assert_eq!(answer(&cache, 3).await, 3);
    outage(&server, &cache).await;
    assert_eq!(answer(&cache, 4).await, 4, "each outage has its own");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_shares_loads() {
    let server = RedisServer::start();
    let cache = cache(&server, Outage::Memory);
    outage(&server, &cache).await;
    let loader = CountingLoader::held();
    let mut calls = JoinSet::new();
    for _ in 0..64 {
        calls.spawn(cache.scope(name(1, loader.clone(), 7)));
    }
    loader.started(1).await;
    loader.release();
    let answers = timeout(PATIENCE, calls.join_all()).await.unwrap();
    assert!(answers.iter().all(|answer| *answer == 7));
    assert_eq!(loader.runs(), 1);
}

#[tokio::test]
async fn memory_keeps_nothing_for_longer_than_it_may() {
    let server = RedisServer::start();
    let cache = Cache::builder()
        .redis_url(server.url())
        .outage_ttl(Duration::from_millis(50))
        .build()
        .unwrap();
    outage(&server, &cache).await;
    assert_eq!(answer(&cache, 1).await, 1);
    // Also the time that the load took counts: nothing of one that took all of it is kept.
    let loader = CountingLoader::held();
    let load = tokio::spawn(cache.scope(name(2, loader.clone(), 1)));
    loader.started(1).await;
    sleep(Duration::from_millis(80)).await;
    loader.release();
    assert_eq!(load.await.unwrap(), 1);
    assert_eq!(cache.scope(name::peek(2)).await, None);
    assert_eq!(answer(&cache, 2).await, 2);
}

#[tokio::test]
async fn invalidation_holds_in_memory_at_once_and_elsewhere_before_anything_is_read_again() {
    let server = RedisServer::start();
    let [cache, other] = [(); 2].map(|()| cache(&server, Outage::Memory));
    assert_eq!(answer(&cache, 1).await, 1);
    stored(&cache, 1).await;
    assert_eq!(answer(&other, 2).await, 1);
    outage(&server, &cache).await;
    assert_eq!(answer(&cache, 3).await, 3);
    let done = cache.invalidate("user:1:*").await.unwrap();
    assert_eq!(done, Invalidated::Postponed);
    assert_eq!(answer(&cache, 4).await, 4);
    let done = cache.invalidate(name::key(1)).await.unwrap();
    assert_eq!(done, Invalidated::Postponed);
    assert_eq!(answer(&cache, 5).await, 5);
    recovery(&server, &cache).await;
    assert_eq!(answer(&cache, 6).await, 6);
}

/// The server was only out of reach, and still has what it had.
#[tokio::test]
async fn what_was_invalidated_meanwhile_is_not_there_when_a_server_is_reached_again() {
    let server = RedisServer::start();
    let cache = out_of_reach(&server, Outage::Origin).await;
    assert_eq!(
        cache.invalidate("user:1").await.unwrap(),
        Invalidated::Postponed
    );
    server.thaw();
    cache.ready(PATIENCE).await.unwrap();
    assert_eq!(answer(&cache, 2).await, 2);
}

#[tokio::test]
async fn origin_runs_every_body() {
    let server = RedisServer::start();
    let cache = cache(&server, Outage::Origin);
    outage(&server, &cache).await;
    for fresh in 1..4 {
        assert_eq!(answer(&cache, fresh).await, fresh);
    }
    assert_eq!(cache.scope(name::peek(1)).await, None);
    let error = cache.get::<u64>(name::key(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn fail_is_the_error_of_functions_that_have_such_a_one() {
    let server = RedisServer::start();
    let cache = cache(&server, Outage::Fail);
    cache.ready(PATIENCE).await.unwrap();
    outage(&server, &cache).await;
    let loader = CountingLoader::new();
    let error = cache.scope(strict(1, loader.clone())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let refresh = strict::refresh(1, loader.clone());
    assert!(cache.scope(refresh).await.is_err());
    assert!(cache.scope(strict::peek(1)).await.is_none());
    assert_eq!(loader.runs(), 0);
    assert_eq!(answer(&cache, 1).await, 1, "this one has none");
    let load = async || Ok::<_, Error>(5);
    assert_eq!(cache.get_or_load("key", None, load).await.unwrap(), 5);
    recovery(&server, &cache).await;
    assert_eq!(cache.scope(strict(1, loader.clone())).await.unwrap(), 1);
}

#[tokio::test]
async fn refresh_replaces_what_memory_has_and_what_redis_had() {
    let server = RedisServer::start();
    let cache = out_of_reach(&server, Outage::Memory).await;
    assert_eq!(answer(&cache, 2).await, 2);
    let refresh = name::refresh(1, CountingLoader::new(), 3);
    assert_eq!(cache.scope(refresh).await, 3);
    assert_eq!(answer(&cache, 4).await, 3);
    server.thaw();
    cache.ready(PATIENCE).await.unwrap();
    assert_eq!(answer(&cache, 5).await, 5);
}

#[tokio::test]
async fn calls_by_key_say_at_once_that_redis_is_away() {
    let server = RedisServer::start();
    let cache = cache(&server, Outage::Memory);
    outage(&server, &cache).await;
    let began = Instant::now();
    for _ in 0..100 {
        let error = cache.set("key", &1, None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(cache.get::<u8>("key").await.is_err());
        assert!(cache.take::<u8>("key").await.is_err());
        assert!(cache.delete("key").await.is_err());
        assert!(cache.ttl("key").await.is_err());
    }
    assert!(began.elapsed() < PATIENCE);
    // What a load has left there is found.
    let load = async || Ok::<_, Error>(5_u8);
    assert_eq!(cache.get_or_load("key", None, load).await.unwrap(), 5);
    assert_eq!(cache.get::<u8>("key").await.unwrap(), Some(5));
}

#[tokio::test]
async fn cache_that_nobody_has_any_more_looks_for_no_server() {
    let server = RedisServer::start();
    let port = server.port();
    let cache = cache(&server, Outage::Memory);
    outage(&server, &cache).await;
    drop(cache);
    drop(server);
    let listener = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    listener.set_nonblocking(true).unwrap();
    sleep(Duration::from_secs(1)).await;
    assert!(listener.accept().is_err(), "somebody still connects");
}
