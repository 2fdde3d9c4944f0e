//! Acceptance of the service: cached look-ups ten times faster, 95 % of them within 100 ms, six of ten found.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tests::RedisServer;

use super::trace::Trace;
use super::{redis, vocabulary};
use crate::harness::Service;

const CALLERS: usize = 8;
const READS: usize = 2000;
/// The number of reads of which one is done without the cache as well.
const EACH: usize = 10;
const ROUNDS: usize = 10;

/// The latencies of requests.
#[derive(Debug, Default)]
struct Latencies(Vec<Duration>);

impl Latencies {
    fn add(&mut self, other: Self) {
        self.0.extend(other.0);
        self.0.sort_unstable();
    }

    fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100);
        self.0
            .get(rank.saturating_sub(1))
            .copied()
            .unwrap_or_default()
    }

    fn print(&self, what: &str) {
        println!(
            "{what:>8}: {} reads by {CALLERS} callers, median {:.1?}, 95th percentile {:.1?}",
            self.0.len(),
            self.percentile(50),
            self.percentile(95)
        );
    }
}

/// Has all callers take the next path of `trace` as soon as they have their answer.
async fn measure(service: &Service, trace: &[String]) -> Latencies {
    let next = AtomicUsize::new(0);
    let latencies = Mutex::new(Vec::with_capacity(trace.len()));
    let caller = || async {
        while let Some(path) = trace.get(next.fetch_add(1, Ordering::Relaxed)) {
            let began = Instant::now();
            service.get(path).await.ok();
            latencies.lock().unwrap().push(began.elapsed());
        }
    };
    join_all((0..CALLERS).map(|_| caller())).await;
    let mut latencies = latencies.into_inner().unwrap();
    latencies.sort_unstable();
    Latencies(latencies)
}

/// Sends the same reads to the same service, with the cache and without, in turn: what else the machine does meets both.
#[tokio::test(flavor = "multi_thread")]
async fn cached_reads_are_ten_times_faster_and_six_of_ten_are_found() {
    let redis = redis();
    let settings = || vocabulary().redis(&redis).env("MODEL_LATENCY", "150ms");
    let service = settings().start().await;
    let without = settings().env("CACHE_ENABLED", "false").start().await;
    let trace: Vec<String> = Trace::new(1).take(READS).collect();

    // Nothing is warm: each first reader of a thing waits for it.
    let cold = measure(&service, &trace).await;
    let health = service.get("/health/cache").await.ok();
    let hit_rate = health["statistics"]["hit_rate"].as_f64().expect("a number");
    let (mut cached, mut uncached) = <(Latencies, Latencies)>::default();
    for round in trace.chunks(READS / ROUNDS) {
        cached.add(measure(&service, round).await);
        uncached.add(measure(&without, &round[..round.len() / EACH]).await);
    }

    cold.print("cold");
    cached.print("cached");
    uncached.print("uncached");
    let ratio = |percent| {
        let of = |latencies: &Latencies| latencies.percentile(percent).as_secs_f64();
        of(&uncached) / of(&cached)
    };
    println!(
        "hit rate from cold {hit_rate:.1} %; {:.0} times faster in the median, {:.0} times at the 95th percentile",
        ratio(50),
        ratio(95)
    );
    assert!(hit_rate > 60.0, "{hit_rate} %");
    assert!(cached.percentile(95) < Duration::from_millis(100));
    assert!(ratio(95) >= 10.0 && ratio(50) >= 10.0);
    service.stop().await;
    without.stop().await;
}

type Trouble = fn(&RedisServer);

/// Sends the same reads, again and again, while something happens to Redis; each has to be answered.
#[tokio::test(flavor = "multi_thread")]
async fn no_read_fails_while_redis_is_killed_restarted_frozen_thawed_and_emptied() {
    let redis = Arc::new(redis());
    let service = vocabulary()
        .redis(&redis)
        .env("REDIS_SOCKET_TIMEOUT", "100ms");
    let service = service.start().await;
    let trace: Vec<String> = Trace::new(2).take(100).collect();
    measure(&service, &trace).await;

    let troubles: [(&str, Trouble, &str); 5] = [
        ("killed", RedisServer::kill, "degraded"),
        ("restarted", RedisServer::restart, "healthy"),
        ("frozen", RedisServer::freeze, "degraded"),
        ("thawed", RedisServer::thaw, "healthy"),
        ("emptied", |redis| drop(redis.cli(&["FLUSHALL"])), "healthy"),
    ];
    for (what, trouble, then) in troubles {
        let redis = Arc::clone(&redis);
        let happens = tokio::task::spawn_blocking(move || trouble(&redis));
        let (reads, happened) = tokio::join!(measure(&service, &trace), happens);
        happened.expect("the server does as it is told");
        reads.print(what);
        service
            .until("/health/cache", |health| health["status"] == then)
            .await;
        measure(&service, &trace).await.print("after");
    }
    service.stop().await;
}
