//! Redis dead, silent, full or refusing: callers get what the body gives.
//!
//! These tests own the servers they hurt. Figures of time are generous: the machine may be busy.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use cached_core::{Cache, ErrorKind, HealthStatus, Observer, cached};
use tests::{CountingLoader, RedisServer};
use tokio::task::JoinSet;

use crate::stored;

/// The deadline of one operation in these tests.
const DEADLINE: Duration = Duration::from_millis(150);

/// The time that a busy machine may add to it.
const SLACK: Duration = Duration::from_millis(350);

#[cached(ttl = "1h", prefix = "doubled:{number}")]
async fn doubled(number: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    loader.load(number * 2).await
}

fn cache(url: &str) -> Cache {
    Cache::builder()
        .redis_url(url)
        .namespace("faults")
        .op_timeout(DEADLINE)
        .build()
        .unwrap()
}

/// Calls once, checks the value and that it took one deadline at the most.
async fn call(cache: &Cache, number: u64, loader: &CountingLoader) {
    let began = Instant::now();
    let value = cache.scope(doubled(number, loader.clone())).await;
    assert_eq!(value, number * 2);
    let took = began.elapsed();
    assert!(took < DEADLINE + SLACK, "{took:?}");
}

/// Calls until the cache answers again.
async fn until_hit(cache: &Cache, number: u64) {
    let loader = CountingLoader::new();
    let began = Instant::now();
    loop {
        let hits = cache.stats().total.hits;
        call(cache, number, &loader).await;
        if cache.stats().total.hits > hits {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "no hit again");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_that_is_not_there_costs_no_value_and_is_found_when_it_comes() {
    let server = RedisServer::start();
    server.kill();
    let cache = cache(&server.url());
    let loader = CountingLoader::new();
    for number in 0..20 {
        call(&cache, number, &loader).await;
    }
    assert_eq!(loader.runs(), 20);
    // A few failures in a row, and it is not asked any more.
    let errors = cache.stats().total.errors;
    assert!((5..20).contains(&errors), "{errors}");
    let health = cache.health().await;
    assert_eq!(health.status, HealthStatus::Degraded);
    assert_eq!(health.problem.unwrap().kind(), ErrorKind::Unavailable);

    server.restart();
    cache.ready(Duration::from_secs(30)).await.unwrap();
    assert_eq!(cache.health().await.status, HealthStatus::Healthy);
    until_hit(&cache, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_killed_under_load_costs_no_value_and_the_lane_is_replaced() {
    let server = RedisServer::start();
    let cache = cache(&server.url());
    cache.ready(Duration::from_secs(10)).await.unwrap();
    let loader = CountingLoader::new();
    let mut tasks = JoinSet::new();
    for task in 0..64 {
        let (cache, loader) = (cache.clone(), loader.clone());
        tasks.spawn(async move {
            for number in 0..200 {
                call(&cache, (task * 7 + number) % 50, &loader).await;
                tokio::task::yield_now().await;
            }
        });
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    server.kill();
    while let Some(result) = tasks.join_next().await {
        result.unwrap();
    }
    assert!(
        cache.stats().total.errors > 0,
        "the server was killed too late"
    );
    server.restart();
    until_hit(&cache, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frozen_redis_costs_one_deadline_a_call() {
    let server = RedisServer::start();
    let cache = cache(&server.url());
    let loader = CountingLoader::new();
    call(&cache, 1, &loader).await;
    server.freeze();
    let mut tasks = JoinSet::new();
    for number in 0..64 {
        let (cache, loader) = (cache.clone(), loader.clone());
        tasks.spawn(async move { call(&cache, number, &loader).await });
    }
    while let Some(result) = tasks.join_next().await {
        result.unwrap();
    }
    server.thaw();
    until_hit(&cache, 1).await;
}

/// They cannot know of a load that has begun whether it is new enough for them; of one that has not, they can.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_miss_the_deadline_at_one_moment_do_not_all_load() {
    let server = RedisServer::start();
    let cache = cache(&server.url());
    cache.ready(Duration::from_secs(30)).await.unwrap();
    server.freeze();
    let loader = CountingLoader::new();
    let mut tasks = JoinSet::new();
    for _ in 0..64 {
        let (cache, loader) = (cache.clone(), loader.clone());
        tasks.spawn(async move { call(&cache, 1, &loader).await });
    }
    tasks.join_all().await;
    let runs = loader.runs();
    assert!(runs <= 32, "{runs} loads for 64 callers");
    server.thaw();
}

/// A listener whose backlog takes connections that nobody ever answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_never_answers_costs_one_deadline_a_call() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let cache = cache(&format!("redis://{}", listener.local_addr().unwrap()));
    let loader = CountingLoader::new();
    for number in 0..4 {
        call(&cache, number, &loader).await;
    }
    assert_eq!(loader.runs(), 4);
    let problem = cache.health().await.problem.unwrap();
    assert_eq!(problem.kind(), ErrorKind::Timeout);
}

/// As a branch of `select!` that waits for another, or a buffered stream that nobody drains.
#[tokio::test]
async fn a_caller_that_is_never_polled_again_holds_nobody_up_for_longer_than_a_deadline() {
    let server = RedisServer::start();
    let cache = cache(&server.url());
    let loader = CountingLoader::new();
    call(&cache, 1, &loader).await;
    until_hit(&cache, 1).await;
    let mut stuck = std::pin::pin!(cache.get::<u64>("key"));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(stuck.as_mut().poll(&mut context).is_pending());
    // Behind the stuck caller, then not any more.
    call(&cache, 1, &loader).await;
    let hits = cache.stats().total.hits;
    for _ in 0..10 {
        call(&cache, 1, &loader).await;
    }
    assert_eq!(cache.stats().total.hits, hits + 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_the_server_closes_is_replaced() {
    let server = RedisServer::start();
    let cache = cache(&server.url());
    let loader = CountingLoader::new();
    call(&cache, 1, &loader).await;
    until_hit(&cache, 1).await;
    server.cli(&["CLIENT", "KILL", "TYPE", "normal"]);
    until_hit(&cache, 1).await;
    assert_eq!(loader.runs(), 1);
}

/// A call that asks for its age, or by key for a ttl, is as good as any other.
#[tokio::test]
async fn a_connection_that_the_server_closes_costs_no_hit_however_closely_it_is_read() {
    let server = RedisServer::start();
    // Not about time.
    let cache = Cache::builder()
        .redis_url(server.url())
        .op_timeout(Duration::from_secs(10))
        .connect_timeout(Duration::from_secs(10))
        .build()
        .unwrap();
    let loader = CountingLoader::new();
    cache.scope(doubled(1, loader.clone())).await;
    stored(&cache, 1).await;
    for _ in 0..5 {
        server.cli(&["CLIENT", "KILL", "TYPE", "normal"]);
        let observer = Observer::new();
        let call = observer.scope(doubled(1, loader.clone()));
        cache.scope(call).await;
        assert!(observer.calls()[0].age.is_some());
        server.cli(&["CLIENT", "KILL", "TYPE", "normal"]);
        assert!(cache.ttl(doubled::key(1)).await.unwrap().is_some());
    }
    assert_eq!((loader.runs(), cache.stats().total.errors), (1, 0));
}

#[tokio::test]
async fn a_wrong_password_is_one_clear_error_and_is_not_repeated() {
    let server = RedisServer::builder().password("open-sesame").start();
    let url = format!("redis://:hunter2@127.0.0.1:{}", server.port());
    let cache = cache(&url);
    let loader = CountingLoader::new();
    call(&cache, 1, &loader).await;
    assert_eq!(loader.runs(), 1);
    // Waiting does not help, so `ready` does not wait.
    let began = Instant::now();
    let error = cache.ready(Duration::from_secs(30)).await.unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(error.kind(), ErrorKind::Refused);
    for text in [
        format!("{error}"),
        format!("{error:?}"),
        format!("{cache:?}"),
    ] {
        assert!(!text.contains("hunter2"), "{text}");
    }
    assert!(error.to_string().contains("REDIS_URL"), "{error}");
}

#[tokio::test]
async fn a_full_server_loses_no_value_and_still_answers_reads() {
    let server = RedisServer::start();
    let cache = cache(&server.url());
    let loader = CountingLoader::new();
    call(&cache, 1, &loader).await;
    until_hit(&cache, 1).await;
    server.cli(&["CONFIG", "SET", "maxmemory", "1"]);
    call(&cache, 2, &loader).await;
    call(&cache, 1, &loader).await;
    let error = cache.set("key", &1_u8, None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("OOM"), "{error}");
    assert_eq!(loader.runs(), 2, "what was stored is still a hit");
    server.cli(&["CONFIG", "SET", "maxmemory", "0"]);
    until_hit(&cache, 2).await;
}

#[tokio::test]
async fn a_replica_is_not_used() {
    let primary = RedisServer::start();
    let replica = RedisServer::start();
    replica.cli(&["REPLICAOF", "127.0.0.1", &primary.port().to_string()]);
    let cache = cache(&replica.url());
    let loader = CountingLoader::new();
    call(&cache, 1, &loader).await;
    let error = cache.ready(Duration::from_secs(30)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    // Promoted, it serves.
    replica.cli(&["REPLICAOF", "NO", "ONE"]);
    until_hit(&cache, 1).await;
}

/// Everything in a server, entries with their markers, as its dump has it.
fn dump(server: &RedisServer) -> Vec<[String; 2]> {
    let keys = server.keys("*").into_iter();
    keys.map(|key| [server.cli(&["GET", &key]), key]).collect()
}

fn restore(server: &RedisServer, dump: &[[String; 2]]) {
    assert!(dump.len() > 3, "an entry and its markers: {dump:?}");
    for [value, key] in dump {
        assert_eq!(server.cli(&["SET", key, value]), "OK");
    }
}

#[tokio::test]
async fn an_entry_from_another_run_of_the_server_is_a_miss() {
    let (old, new) = (RedisServer::start(), RedisServer::start());
    let loader = CountingLoader::new();
    let before = cache(&old.url());
    call(&before, 1, &loader).await;
    until_hit(&before, 1).await;
    // As if the new server had been started from the old one's dump.
    restore(&new, &dump(&old));
    let after = cache(&new.url());
    call(&after, 1, &loader).await;
    assert_eq!(loader.runs(), 2);
    until_hit(&after, 1).await;
}

#[tokio::test]
async fn a_server_that_comes_back_from_an_old_dump_brings_nothing_back_that_was_invalidated() {
    let server = RedisServer::start();
    let [this, other] = [(); 2].map(|()| cache(&server.url()));
    call(&this, 1, &CountingLoader::new()).await;
    until_hit(&other, 1).await;
    let dumped = dump(&server);
    assert!(this.invalidate("doubled:1").await.unwrap().is_applied());
    this.delete(doubled::key(1)).await.unwrap();
    server.restart();
    restore(&server, &dumped);
    for cache in [&this, &other] {
        cache.ready(Duration::from_secs(10)).await.unwrap();
        let found = cache.scope(doubled::peek(1)).await;
        assert_eq!(found, None);
    }
    until_hit(&this, 1).await;
    until_hit(&other, 1).await;
}

#[test]
fn a_connection_outlives_the_runtime_that_made_it() {
    let server = RedisServer::start();
    let cache = cache(&server.url());
    let loader = CountingLoader::new();
    for _ in 0..3 {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            call(&cache, 1, &loader).await;
            until_hit(&cache, 1).await;
        });
    }
}

#[test]
fn outside_a_runtime_the_body_runs_and_memory_works() {
    let server = RedisServer::start();
    let loader = CountingLoader::new();
    let redis = cache(&server.url());
    assert_eq!(poll_once(redis.scope(doubled(1, loader.clone()))), 2);
    assert_eq!(loader.runs(), 1);
    let memory = Cache::in_memory().unwrap();
    assert_eq!(poll_once(memory.scope(doubled(1, loader.clone()))), 2);
    assert_eq!(poll_once(memory.scope(doubled(1, loader.clone()))), 2);
    assert_eq!(loader.runs(), 2);
}

#[test]
fn on_a_runtime_without_a_timer_the_body_runs_and_memory_works() {
    let server = RedisServer::start();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap();
    runtime.block_on(async {
        let redis = cache(&server.url());
        let loader = CountingLoader::new();
        for _ in 0..3 {
            assert_eq!(redis.scope(doubled(1, loader.clone())).await, 2);
        }
        assert_eq!(loader.runs(), 3);
        assert!(redis.ready(Duration::from_secs(30)).await.is_err());
        assert!(redis.purge("*").await.is_err());

        let memory = Cache::in_memory().unwrap();
        let loader = CountingLoader::held();
        let first = tokio::spawn(memory.scope(doubled(1, loader.clone())));
        loader.started(1).await;
        let second = tokio::spawn(memory.scope(doubled(1, loader.clone())));
        tokio::task::yield_now().await;
        loader.release();
        assert_eq!((first.await.unwrap(), second.await.unwrap()), (2, 2));
        assert_eq!(loader.runs(), 1);
    });
}

/// Runs a future that has nothing to wait for.
fn poll_once<F: Future>(future: F) -> F::Output {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("it waits"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_connection_is_enough_for_everything() {
    let server = RedisServer::start();
    let cache = Cache::builder()
        .redis_url(server.url())
        .pool_size(1)
        .build()
        .unwrap();
    let loader = CountingLoader::new();
    call(&cache, 1, &loader).await;
    until_hit(&cache, 1).await;
    assert_eq!(cache.purge("doubled:*").await.unwrap(), 1);
    assert!(cache.server_info().await.unwrap().version.is_some());
    let clients = cache.server_info().await.unwrap().connected_clients;
    assert!(clients <= Some(2), "{clients:?}, one of them the fixture's");
}

#[tokio::test]
async fn a_purge_over_the_only_connection_waits_one_deadline_for_it() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let cache = Cache::builder()
        .redis_url(format!("redis://{}", silent.local_addr().unwrap()))
        .op_timeout(DEADLINE)
        .connect_timeout(Duration::from_secs(10))
        .pool_size(1)
        .build()
        .unwrap();
    let began = Instant::now();
    let error = cache.purge("*").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(began.elapsed() < DEADLINE + SLACK, "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_finds_a_new_connection_within_the_same_deadline() {
    let server = RedisServer::start();
    let cache = Cache::builder()
        .redis_url(server.url())
        // Not about time: on a busy machine a second is short.
        .op_timeout(Duration::from_secs(10))
        .connect_timeout(Duration::from_secs(10))
        .retry_on_timeout(true)
        .build()
        .unwrap();
    let loader = CountingLoader::new();
    cache.scope(doubled(1, loader.clone())).await;
    // Not until a hit: until the write lands, its flight answers, and a kill takes the write.
    stored(&cache, 1).await;
    for _ in 0..5 {
        server.cli(&["CLIENT", "KILL", "TYPE", "normal"]);
        cache.scope(doubled(1, loader.clone())).await;
    }
    assert_eq!(loader.runs(), 1, "the second try read it each time");
    assert_eq!(cache.stats().total.errors, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutdown_waits_for_writes_and_then_functions_run_their_bodies() {
    let server = RedisServer::start();
    // Not about time: on a busy machine a write may miss the usual deadline.
    let cache = Cache::builder()
        .redis_url(server.url())
        .namespace("faults")
        .op_timeout(Duration::from_secs(10))
        .connect_timeout(Duration::from_secs(10))
        .build()
        .unwrap();
    let loader = CountingLoader::new();
    for number in 0..50 {
        call(&cache, number, &loader).await;
    }
    cache.shutdown().await;
    assert_eq!(server.keys("faults:doubled:*").len(), 50);
    call(&cache, 1, &loader).await;
    assert_eq!(loader.runs(), 51);
    assert_eq!(cache.health().await.status, HealthStatus::Disabled);
}
