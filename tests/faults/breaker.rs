//! Redis is not asked while it fails: what that saves, and how it is found again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cached_core::{Cache, HealthStatus, Outage, cached};
use tests::{CountingLoader, Proxy, RedisServer, Way, namespace};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::load_generator::{LoadGenerator, PATIENCE, SHORT, SLACK, processes};
use crate::timer_slack::TimerSlack;

mod ends;
mod impatient;
mod memory;
mod runtimes;
mod told;

#[cached(ttl = "1h", prefix = "squared:{number}")]
async fn squared(number: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    loader.load(number * number).await
}

async fn call(cache: &Cache, number: u64) {
    let call = cache.scope(squared(number, CountingLoader::new()));
    let value = timeout(PATIENCE, call).await.expect("it answers");
    assert_eq!(value, number * number);
}

fn cache(url: &str, outage: Outage) -> Cache {
    let builder = Cache::builder()
        .redis_url(url)
        .namespace(namespace("breaker"));
    builder.op_timeout(SHORT).outage(outage).build().unwrap()
}

/// Calls until Redis is not asked any more.
async fn until_open(cache: &Cache) {
    let opened = timeout(PATIENCE, async {
        let mut number = 0;
        loop {
            let errors = cache.stats().total.errors;
            for _ in 0..3 {
                number += 1;
                call(cache, number).await;
            }
            if errors > 0 && cache.stats().total.errors == errors {
                return;
            }
        }
    });
    opened.await.expect("it is still asked");
}

async fn until_back(cache: &Cache) -> Duration {
    let began = Instant::now();
    let back = timeout(PATIENCE, async {
        while cache.scope(squared::peek(0)).await.is_none()
            || cache.health().await.status != HealthStatus::Healthy
        {
            call(cache, 0).await;
            sleep(Duration::from_millis(1)).await;
        }
    });
    back.await.expect("it hits again");
    began.elapsed()
}

/// However it fails, once that is known nobody waits.
async fn costs_nothing_when_open(way: Way) {
    const CALLS: u32 = 200;
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    for outage in [Outage::Origin, Outage::Memory] {
        let cache = cache(&proxy.url(), outage);
        proxy.set(Way::Open);
        cache.ready(PATIENCE).await.unwrap();
        proxy.set(way);
        until_open(&cache).await;
        let timer_slack = TimerSlack::start();
        let began = Instant::now();
        for number in 0..CALLS {
            call(&cache, u64::from(number)).await;
            cache.get::<u64>("key").await.unwrap_err();
            assert!(!cache.invalidate("squared").await.unwrap().is_applied());
        }
        // One deadline would be too much, and so would be a tenth of one a call.
        let most = SHORT + SLACK + 2 * timer_slack.worst();
        assert!(began.elapsed() < most, "{outage:?}: {:?}", began.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_a_redis_that_is_known_to_be_silent() {
    costs_nothing_when_open(Way::Lost).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_a_redis_that_is_known_to_be_late() {
    let [commands, replies] = [Duration::from_millis(150); 2];
    costs_nothing_when_open(Way::Slow { commands, replies }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_a_redis_that_is_known_to_refuse() {
    costs_nothing_when_open(Way::Refused).await;
}

/// At the default deadline: whatever the connections have met, and whenever it ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_behind_a_black_hole_is_found_within_a_second_of_its_end() {
    let server = RedisServer::start();
    let timer_slack = TimerSlack::start();
    let mut rounds = JoinSet::new();
    for round in 0..24 {
        let proxy = Proxy::to(&server);
        rounds.spawn(async move {
            let builder = Cache::builder().redis_url(proxy.url());
            let cache = builder.namespace(namespace("found")).build().unwrap();
            until_back(&cache).await;
            proxy.set(Way::Lost);
            let began = Instant::now();
            while began.elapsed() < Duration::from_millis(500 + 100 * round) {
                call(&cache, round).await;
                sleep(Duration::from_millis(5)).await;
            }
            proxy.set(Way::Open);
            until_back(&cache).await
        });
    }
    let mut took = rounds.join_all().await;
    took.sort();
    let most = Duration::from_millis(1_100) + 2 * timer_slack.worst();
    assert!(took.iter().all(|took| *took <= most), "{most:?}: {took:?}");
}

/// What is invalidated in the meantime need not be sent before anybody reads again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_found_within_a_second_whatever_is_invalidated_meanwhile() {
    const BEAT: Duration = Duration::from_millis(1);
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let builder = Cache::builder().redis_url(proxy.url());
    let cache = builder.namespace(namespace("writers")).build().unwrap();
    until_back(&cache).await;
    proxy.set(Way::Refused);
    let writer = tokio::spawn({
        let cache = cache.clone();
        async move {
            let began = Instant::now();
            let mut writes = JoinSet::new();
            for number in 0_u32.. {
                let cache = cache.clone();
                let group = format!("written:{number}");
                writes.spawn(async move { cache.invalidate(group).await });
                while writes.try_join_next().is_some() {}
                sleep((BEAT * number).saturating_sub(began.elapsed())).await;
            }
        }
    });
    sleep(Duration::from_millis(500)).await;
    let timer_slack = TimerSlack::start();
    let [commands, replies] = [Duration::from_millis(5); 2];
    proxy.set(Way::Slow { commands, replies });
    let took = until_back(&cache).await;
    let most = Duration::from_millis(1_100) + 2 * timer_slack.worst();
    assert!(took <= most, "{took:?}, {:?}", cache.health().await);
    assert!(!writer.is_finished());
    writer.abort();
}

/// However many wait for one reply: a pause of the server is one accident.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_late_reply_opens_nothing() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let cache = cache(&proxy.url(), Outage::Origin);
    until_back(&cache).await;
    proxy.set(Way::Held);
    let mut callers = JoinSet::new();
    for _ in 0..64 {
        let call = cache.scope(squared(0, CountingLoader::new()));
        callers.spawn(call);
    }
    assert_eq!(callers.join_all().await, vec![0; 64]);
    proxy.set(Way::Open);
    let hits = cache.stats().total.hits;
    call(&cache, 0).await;
    let total = cache.stats().total;
    assert_eq!(
        total.hits,
        hits + 1,
        "{total:?}, {:?}",
        cache.health().await
    );
}

/// All its round trips together: a read, and what a load leaves behind before it begins.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn miss_on_a_slow_redis_waits_one_deadline_in_all() {
    const DEADLINE: Duration = Duration::from_secs(1);
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let timer_slack = TimerSlack::start();
    let builder = Cache::builder().redis_url(proxy.url()).op_timeout(DEADLINE);
    let cache = builder.connect_timeout(PATIENCE).build().unwrap();
    cache.ready(PATIENCE).await.unwrap();
    let [commands, replies] = [Duration::from_millis(400); 2];
    proxy.set(Way::Slow { commands, replies });
    let began = Instant::now();
    call(&cache, 1).await;
    let most = DEADLINE + SLACK + 2 * timer_slack.worst();
    assert!(began.elapsed() <= most, "{:?}", began.elapsed());
}

/// What callers have loaded while Redis was away, they load once more when it is back, and empty.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_that_is_back_costs_one_load_a_key() {
    const KEYS: usize = 16;
    // None that was loaded before.
    const FIRST: u64 = 1_000;
    let server = RedisServer::start();
    let cache = cache(&server.url(), Outage::Memory);
    until_back(&cache).await;
    let loaders = Arc::new([(); KEYS].map(|()| CountingLoader::new()));
    let loads = || loaders.each_ref().map(CountingLoader::runs);
    let errors = || cache.stats().total.errors;
    server.kill();
    until_open(&cache).await;
    let callers: Vec<_> = (0..64)
        .map(|caller| {
            let (cache, loaders) = (cache.clone(), Arc::clone(&loaders));
            tokio::spawn(async move {
                for (number, loader) in (FIRST..).zip(&*loaders).cycle().skip(caller) {
                    let loader = loader.clone();
                    let call = cache.scope(squared(number, loader));
                    assert_eq!(call.await, number * number);
                    sleep(Duration::from_millis(5)).await;
                }
            })
        })
        .collect();
    while loads().contains(&0) {
        sleep(Duration::from_millis(1)).await;
    }
    let (before, failed) = (loads(), errors());
    server.restart();
    until_back(&cache).await;
    let kept = timeout(PATIENCE, async {
        for number in (FIRST..).take(KEYS) {
            while cache.scope(squared::peek(number)).await.is_none() {
                sleep(Duration::from_millis(1)).await;
            }
        }
    });
    kept.await.expect("they are cached again");
    for caller in callers {
        assert!(!caller.is_finished());
        caller.abort();
    }
    let again: Vec<usize> = loads()
        .into_iter()
        .zip(before)
        .map(|(now, before)| now - before)
        .collect();
    // A machine that is too busy for the deadline makes calls run their bodies.
    if errors() == failed {
        assert!(again.iter().all(|loads| *loads <= 1), "{again:?}");
    }
    assert!(again.iter().any(|loads| *loads > 0), "nothing was loaded");
}

/// What waited in a queue is not sent when nobody waits for it any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_that_thaws_is_not_asked_what_was_asked_while_it_was_frozen() {
    let server = RedisServer::start();
    let cache = cache(&server.url(), Outage::Origin);
    until_back(&cache).await;
    let reads = server.calls("mget");
    server.freeze();
    let mut callers = JoinSet::new();
    for number in 0..500 {
        let call = cache.scope(squared(number, CountingLoader::new()));
        callers.spawn(async move {
            // Over some deadlines.
            sleep(Duration::from_millis(2 * number)).await;
            call.await
        });
    }
    timeout(PATIENCE, callers.join_all()).await.unwrap();
    server.thaw();
    while cache.health().await.status != HealthStatus::Healthy {
        sleep(Duration::from_millis(1)).await;
    }
    let reads = server.calls("mget") - reads;
    assert!(reads <= 20, "{reads} reads of 500");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_that_is_away_is_looked_for_by_one_task_with_pauses() {
    const OUTAGE: Duration = Duration::from_secs(3);
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let processes = processes(|| Cache::builder().redis_url(proxy.url()));
    let load = LoadGenerator::start(&processes);
    for process in &processes {
        process.hits_again().await;
    }
    proxy.set(Way::Refused);
    // Until all have failed often enough.
    sleep(Duration::from_millis(500)).await;
    let before = proxy.connections();
    sleep(OUTAGE).await;
    let tries = proxy.connections() - before;
    let calls = load.stop().await;
    // A look each 200 to 400 ms, for each of four processes.
    assert!((4 * 3..=4 * 18).contains(&tries), "{tries} connections");
    assert!(calls > 4 * tries, "{calls} calls prove nothing");
}

/// A look now and then, until somebody has corrected it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_that_refuses_the_password_is_seldom_asked() {
    let server = RedisServer::start();
    let url = server.add_user("app", "right");
    let cache = cache(&url, Outage::Memory);
    until_back(&cache).await;
    server.change_password("app", "wrong");
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(4) {
        call(&cache, 1).await;
        sleep(Duration::from_millis(1)).await;
    }
    let refused = server.info("acl_access_denied_auth");
    // A password comes with `HELLO`.
    let refused = refused.map_or_else(|| server.calls("hello"), |count| count.parse().unwrap());
    // The pauses are doubled from 50 ms on: 25 to 50, 50 to 100, … 1600 to 3200.
    assert!((2..=12).contains(&refused), "{refused} tries");
    server.change_password("app", "right");
    let took = until_back(&cache).await;
    assert!(took < Duration::from_secs(8), "{took:?}");
}
