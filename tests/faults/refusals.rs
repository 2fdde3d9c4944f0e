//! Refusals of a Redis that can be reached: commands, keys, writes.

use std::time::{Duration, Instant};

use cached_core::{Cache, Error, HealthStatus, Invalidated, Outage, cached};
use tests::{CountingLoader, Proxy, RedisServer, Way, namespace};
use tokio::time::{sleep, timeout};

use crate::load_generator::PATIENCE;

#[cached(ttl = "1h", prefix = "part:{id}")]
async fn part(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    loader.load(id).await
}

#[cached(ttl = "1h", prefix = "strict:{id}", on_outage = "fail")]
async fn strict(id: u64, #[cached(skip)] loader: CountingLoader) -> Result<u64, Error> {
    Ok(loader.load(id).await)
}

/// One in which a hit is one of Redis.
fn cache(url: &str, namespace: &str) -> Cache {
    let builder = Cache::builder().redis_url(url).namespace(namespace);
    let builder = builder.op_timeout(PATIENCE).connect_timeout(PATIENCE);
    builder.outage(Outage::Origin).build().unwrap()
}

async fn call(cache: &Cache, id: u64) {
    let call = cache.scope(part(id, CountingLoader::new()));
    assert_eq!(timeout(PATIENCE, call).await.expect("it answers"), id);
}

/// Returns true if a call does not run its body.
async fn is_hit(cache: &Cache, id: u64) -> bool {
    let loader = CountingLoader::new();
    let call = cache.scope(part(id, loader.clone()));
    assert_eq!(timeout(PATIENCE, call).await.expect("it answers"), id);
    loader.runs() == 0
}

/// Calls until it is a hit.
async fn keep(cache: &Cache, id: u64) {
    let kept = timeout(PATIENCE, async {
        while !is_hit(cache, id).await {
            sleep(Duration::from_millis(5)).await;
        }
    });
    kept.await.expect("it is cached");
}

/// The breaker opens.
async fn fail(cache: &Cache, proxy: &Proxy) {
    proxy.set(Way::Refused);
    let opened = timeout(PATIENCE, async {
        let mut calls = 0..;
        let errors = || cache.stats().total.errors;
        while errors() < 5 || {
            let before = errors();
            call(cache, calls.next().unwrap()).await;
            before < errors()
        } {
            call(cache, calls.next().unwrap()).await;
            sleep(Duration::from_millis(12)).await;
        }
    });
    opened.await.expect("Redis is still asked");
}

/// As an operator would write it: the keys of one application, and no more than it uses.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn user_with_few_rights_has_a_cache_again_after_an_outage() {
    let server = RedisServer::start();
    let name = namespace("rights");
    let keys = format!("~{name}:*");
    let refused = |command: &'static str| ["~*", "&*", "+@all", command];
    let users: [(&str, Vec<&str>); 5] = [
        ("keys", vec![&keys, "&*", "+@all"]),
        ("ping", refused("-ping").to_vec()),
        ("exists", refused("-exists").to_vec()),
        ("client", refused("-client").to_vec()),
        (
            "all",
            vec![&keys, "+@all", "-ping", "-exists", "-@dangerous", "+info"],
        ),
    ];
    for (user, rules) in users {
        println!("{user}");
        server.add_user_who_may(user, "secret", &rules);
        let proxy = Proxy::to(&server);
        let url = format!("redis://{user}:secret@127.0.0.1:{}", proxy.port());
        let cache = cache(&url, &name);
        keep(&cache, 1).await;
        for _ in 0..2 {
            fail(&cache, &proxy).await;
            proxy.set(Way::Open);
            keep(&cache, 1).await;
            assert!(cache.invalidate("part").await.unwrap().is_applied());
            keep(&cache, 1).await;
        }
    }
}

/// It says `MISCONF` to all that writes, deletions included.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_that_lost_its_disk_is_read_from() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let cache = cache(&proxy.url(), &namespace("disk"));
    for id in 1..3 {
        keep(&cache, id).await;
    }
    server.lose_disk();
    for id in 3..50 {
        call(&cache, id).await;
        assert!(is_hit(&cache, 1).await, "{:?}", cache.health().await);
    }
    // Also where a miss is expected, so that the read would write.
    for round in 10..13 {
        for id in 0..8 {
            call(&cache, 10 * round + id).await;
        }
        assert!(is_hit(&cache, 1).await, "{:?}", cache.health().await);
    }
    // What is left to send makes no key a hit that it covers, and every other one.
    let postponed = timeout(PATIENCE, cache.invalidate("part:2")).await.unwrap();
    assert_eq!(postponed.unwrap(), Invalidated::Postponed);
    assert!(!is_hit(&cache, 2).await);
    assert!(is_hit(&cache, 1).await);
    // And when it was away besides.
    fail(&cache, &proxy).await;
    proxy.set(Way::Open);
    keep(&cache, 1).await;
    assert!(!is_hit(&cache, 2).await);
    server.regain_disk();
    keep(&cache, 2).await;
    keep(&cache, 3).await;
    let applied = timeout(PATIENCE, async {
        while cache.health().await.status != HealthStatus::Healthy
            || !cache.invalidate("part:2").await.unwrap().is_applied()
        {
            sleep(Duration::from_millis(5)).await;
        }
    });
    applied.await.expect("it takes writes");
}

/// Full is not away: the function has its value, and so has its caller.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn function_that_fails_in_an_outage_does_not_where_redis_takes_no_writes() {
    type Change = fn(&RedisServer);
    let ways: [(Change, Change); 2] = [
        (
            |server| server.limit_memory("1"),
            |server| server.limit_memory("0"),
        ),
        (RedisServer::lose_disk, RedisServer::regain_disk),
    ];
    for (ruin, repair) in ways {
        let server = RedisServer::start();
        let cache = cache(&server.url(), &namespace("strict"));
        let asks = async |id| cache.scope(strict(id, CountingLoader::new())).await;
        let kept = timeout(PATIENCE, async {
            while cache.scope(strict::peek(1)).await.is_none() {
                asks(1).await.unwrap();
            }
        });
        kept.await.unwrap();
        ruin(&server);
        for id in 200..220 {
            assert_eq!(asks(id).await.unwrap(), id, "a miss where one is expected");
        }
        for round in 0..10 {
            assert_eq!(asks(1).await.unwrap(), 1, "a hit");
            assert_eq!(asks(2 + round).await.unwrap(), 2 + round, "a miss");
            let loader = CountingLoader::new();
            let refresh = cache.scope(strict::refresh(1, loader.clone()));
            assert_eq!(refresh.await.unwrap(), 1, "a refresh");
            assert_eq!(loader.runs(), 1);
            let miss = cache.scope(strict::refresh(100, CountingLoader::new()));
            assert_eq!(miss.await.unwrap(), 100, "a refresh of nothing");
        }
        repair(&server);
        assert_eq!(asks(1).await.unwrap(), 1);
        let began = Instant::now();
        server.kill();
        let failed = timeout(PATIENCE, async {
            while asks(500).await.is_ok() {
                assert!(began.elapsed() < PATIENCE, "away is not full");
            }
        });
        failed.await.unwrap();
    }
}
