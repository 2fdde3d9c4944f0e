//! A process that starts without Redis, and one that ends without it.

use std::time::{Duration, Instant};

use cached_core::{Cache, HealthStatus, Invalidated, cached};
use tests::{CountingLoader, RedisServer, namespace};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::load_generator::{
    DEADLINE, LoadGenerator, PATIENCE, SHORT, SLACK, one_load_a_key, processes,
};
use crate::timer_slack::TimerSlack;

#[cached(ttl = "1h", prefix = "order:{id}")]
async fn order(id: u64, #[cached(skip)] now: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    let _ = id;
    loader.load(now).await
}

fn cache(url: &str, namespace: &str) -> Cache {
    let builder = Cache::builder().redis_url(url).namespace(namespace);
    builder.op_timeout(SHORT).build().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_starts_after_the_process() {
    let server = RedisServer::start();
    let url = server.url();
    server.kill();
    let processes = processes(|| Cache::builder().redis_url(&url));
    let load = LoadGenerator::start(&processes);
    sleep(Duration::from_millis(500)).await;
    for process in &processes {
        assert_eq!(process.cache.health().await.status, HealthStatus::Degraded);
    }
    load.only_read();
    server.restart();
    for process in &processes {
        let took = process.hits_again().await;
        assert!(took <= Duration::from_secs(1) + load.slack(), "{took:?}");
    }
    load.stop().await;
    one_load_a_key(&processes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_never_comes() {
    let server = RedisServer::start();
    let url = server.url();
    server.kill();
    let processes = processes(|| Cache::builder().redis_url(&url));
    let load = LoadGenerator::start(&processes);
    sleep(Duration::from_secs(3)).await;
    for process in &processes {
        assert_eq!(process.cache.health().await.status, HealthStatus::Degraded);
        let postponed = process.cache.invalidate("item").await.unwrap();
        assert_eq!(postponed, Invalidated::Postponed);
    }
    let slack = load.slack();
    load.stop().await;
    let began = Instant::now();
    let ends: JoinSet<()> = processes
        .into_iter()
        .map(|process| async move { process.cache.shutdown().await })
        .collect();
    timeout(PATIENCE, ends.join_all()).await.unwrap();
    let most = 2 * DEADLINE + slack;
    assert!(began.elapsed() <= most, "{:?}", began.elapsed());
}

/// What was postponed is sent before the process ends, if there is anybody to send it to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn process_ends_with_postponed_invalidations_when_redis_is_back() {
    let server = RedisServer::start();
    let name = namespace("ends");
    let [cache, other] = [(); 2].map(|()| cache(&server.url(), &name));
    let peek = async |id| other.scope(order::peek(id)).await;
    for id in 0..100 {
        while peek(id).await.is_none() {
            other.scope(order(id, 1, CountingLoader::new())).await;
        }
    }
    cache.ready(PATIENCE).await.unwrap();
    server.cli(&["ACL", "SETUSER", "default", "-unlink"]);
    for id in 0..100 {
        let postponed = cache.scope(order::invalidate(id)).await.unwrap();
        assert_eq!(postponed, Invalidated::Postponed);
    }
    assert_eq!(peek(1).await, Some(1));
    server.cli(&["ACL", "SETUSER", "default", "+unlink"]);
    // Its task that resends may have been there already, and the limit of time is a busy machine's too.
    timeout(PATIENCE, cache.shutdown()).await.unwrap();
    for id in 0..100 {
        assert_eq!(peek(id).await, None, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn process_ends_in_time_with_a_full_journal_and_a_redis_that_is_away() {
    let server = RedisServer::start();
    let timer_slack = TimerSlack::start();
    let builder = Cache::builder().redis_url(server.url()).op_timeout(SHORT);
    let cache = builder.journal_capacity(1_000).build().unwrap();
    cache.ready(PATIENCE).await.unwrap();
    server.freeze();
    for id in 0..1_000 {
        drop(tokio::spawn({
            let cache = cache.clone();
            async move { cache.invalidate(format!("order:{id}")).await }
        }));
    }
    while cache.stats().total.postponed < 1_000 {
        sleep(Duration::from_millis(1)).await;
    }
    let began = Instant::now();
    timeout(PATIENCE, cache.shutdown()).await.unwrap();
    let most = 2 * SHORT + SLACK + 2 * timer_slack.worst();
    assert!(began.elapsed() <= most, "{:?}", began.elapsed());
}

/// Nobody else knows of it then: the old value lives for its ttl.
#[test]
fn invalidation_of_a_process_that_dies_in_an_outage_holds_when_the_value_has_expired() {
    #[cached(ttl = "2s", prefix = "brief:{id}")]
    async fn brief(id: u64, #[cached(skip)] now: u64) -> u64 {
        let _ = id;
        now
    }
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap()
    };
    let server = RedisServer::start();
    let name = namespace("dies");
    let other = cache(&server.url(), &name);
    let dead = cache(&server.url(), &name);
    let dies = runtime();
    dies.block_on(async {
        while dead.scope(brief::peek(1)).await.is_none() {
            dead.scope(brief(1, 1)).await;
        }
        server.cli(&["ACL", "SETUSER", "default", "-unlink"]);
        let postponed = dead.scope(brief::invalidate(1)).await.unwrap();
        assert_eq!(postponed, Invalidated::Postponed);
    });
    drop((dead, dies));
    server.cli(&["ACL", "SETUSER", "default", "+unlink"]);
    let expires = server.keys(&format!("{name}:brief:*"));
    assert_eq!(expires.len(), 1);
    runtime().block_on(async {
        let gone = timeout(PATIENCE, async {
            while !server.keys(&format!("{name}:brief:*")).is_empty() {
                sleep(Duration::from_millis(10)).await;
            }
        });
        gone.await.expect("it expires");
        assert_eq!(other.scope(brief(1, 2)).await, 2);
    });
}
