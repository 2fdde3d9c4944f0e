//! Values that a process keeps while it cannot reach Redis.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use cached_core::{Cache, HealthStatus, cached};
use tests::{CountingLoader, Proxy, RedisServer, Way, namespace};
use tokio::time::{sleep, timeout};

use super::{SHORT, SLACK, squared, until_open};
use crate::load_generator::PATIENCE;
use crate::timer_slack::TimerSlack;

/// A value that another process has invalidated is as old as that at the most.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn process_cut_off_from_redis_sees_what_others_invalidate_soon_enough() {
    const OUTAGE_TTL: Duration = Duration::from_millis(500);
    static NOW: AtomicU64 = AtomicU64::new(1);
    #[cached(ttl = "1h", prefix = "now:{id}")]
    async fn now(id: u64) -> u64 {
        NOW.load(SeqCst)
    }
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let name = namespace("cut-off");
    let timer_slack = TimerSlack::start();
    let [connected, cut_off] = [server.url(), proxy.url()].map(|url| {
        let builder = Cache::builder().redis_url(url).namespace(&name);
        let builder = builder.op_timeout(SHORT).outage_ttl(OUTAGE_TTL);
        builder.build().unwrap()
    });
    connected.ready(PATIENCE).await.unwrap();
    cut_off.ready(PATIENCE).await.unwrap();
    proxy.set(Way::Lost);
    until_open(&cut_off).await;
    for round in 2..5 {
        // Kept in the process that is cut off.
        cut_off.scope(now(1)).await;
        NOW.store(round, SeqCst);
        while !connected.invalidate("now:1").await.unwrap().is_applied() {}
        let applied = Instant::now();
        while cut_off.scope(now(1)).await != round {
            let most = OUTAGE_TTL + SLACK + 2 * timer_slack.worst();
            assert!(applied.elapsed() < most, "{:?}", applied.elapsed());
            sleep(Duration::from_millis(5)).await;
        }
    }
    // And what it kept is nothing to the others.
    proxy.set(Way::Open);
    NOW.store(9, SeqCst);
    while !connected.invalidate("now:1").await.unwrap().is_applied() {}
    while cut_off.health().await.status != HealthStatus::Healthy {
        sleep(Duration::from_millis(1)).await;
    }
    for cache in [&connected, &cut_off] {
        assert_eq!(cache.scope(now(1)).await, 9);
    }
}

/// Another process may have invalidated what it reads, and nobody here would know.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn load_that_takes_longer_than_a_value_may_be_kept_is_joined_by_nobody_who_comes_then() {
    const OUTAGE_TTL: Duration = Duration::from_millis(200);
    let server = RedisServer::start();
    let url = server.url();
    server.kill();
    let builder = Cache::builder()
        .redis_url(url)
        .namespace(namespace("long"))
        .outage_ttl(OUTAGE_TTL);
    let cache = Arc::new(builder.build().unwrap());
    until_open(&cache).await;
    let begin = |loader: &CountingLoader| tokio::spawn(cache.scope(squared(5_000, loader.clone())));
    let [first, later] = [(); 2].map(|()| CountingLoader::held());
    let mut calls = vec![begin(&first)];
    timeout(PATIENCE, first.started(1)).await.unwrap();
    sleep(2 * OUTAGE_TTL).await;
    calls.push(begin(&later));
    timeout(PATIENCE, later.started(1))
        .await
        .expect("it joins nothing that old");
    // Nor does anybody find what the old load ends with.
    first.release();
    calls.remove(0).await.unwrap();
    assert_eq!(cache.scope(squared::peek(5_000)).await, None);
    later.release();
    assert_eq!(calls.remove(0).await.unwrap(), 25_000_000);
}
