//! Servers that forget: what was invalidated stays so.

use std::time::{Duration, Instant};

use cached_core::{Cache, Invalidated, cached};
use tests::{CountingLoader, Proxy, RedisServer, Way, namespace};
use tokio::time::timeout;

use crate::load_generator::PATIENCE;

#[cached(ttl = "1h", prefix = "price:{id}")]
async fn price(id: u64, #[cached(skip)] now: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    let _ = id;
    loader.load(now).await
}

const OLD: u64 = 1;
const NEW: u64 = 2;

fn cache(url: &str, namespace: &str) -> Cache {
    let builder = Cache::builder().redis_url(url).namespace(namespace);
    builder
        .op_timeout(PATIENCE)
        .connect_timeout(PATIENCE)
        .build()
        .unwrap()
}

async fn call(cache: &Cache, id: u64, now: u64) -> u64 {
    let call = cache.scope(price(id, now, CountingLoader::new()));
    timeout(PATIENCE, call).await.expect("it answers")
}

async fn keep(cache: &Cache, id: u64, now: u64) {
    let kept = timeout(PATIENCE, async {
        while cache.scope(price::peek(id)).await != Some(now) {
            call(cache, id, now).await;
            tokio::task::yield_now().await;
        }
    });
    kept.await.expect("it is cached");
}

/// The new primary never got the last writes of the old one: an invalidation that was applied is not in it.
#[tokio::test]
async fn failover_that_loses_an_invalidation_brings_nothing_back() {
    let [primary, replica] = [(); 2].map(|()| RedisServer::start());
    let proxy = Proxy::to(&primary);
    let name = namespace("failover");
    let [cache, other] = [(); 2].map(|()| cache(&proxy.url(), &name));
    for id in 0..4 {
        keep(&cache, id, OLD).await;
    }
    replica.follow(&primary);
    replica.promote();
    // Lost: it is on its way to the replica when the primary dies.
    assert!(cache.invalidate("price:0").await.unwrap().is_applied());
    assert!(
        cache
            .scope(price::invalidate(1))
            .await
            .unwrap()
            .is_applied()
    );
    assert!(cache.delete(price::key(2)).await.unwrap());
    let lost = replica.keys(&format!("{name}:price:*"));
    assert_eq!(lost.len(), 4, "{lost:?}");
    proxy.lead_to(&replica);
    proxy.set(Way::Refused);
    proxy.set(Way::Open);
    for id in 0..4 {
        for cache in [&cache, &other] {
            assert_eq!(call(cache, id, NEW).await, NEW, "{id}");
        }
    }
    keep(&cache, 0, NEW).await;
    assert_eq!(call(&other, 0, OLD).await, NEW, "shared again");
}

/// A process whose primary became a replica without closing a connection, and which only reads: it serves nothing
/// that was invalidated on the new primary more than a second after that.
#[tokio::test]
async fn process_that_only_reads_learns_that_its_server_was_demoted() {
    const ROLE_LASTS: Duration = Duration::from_secs(1);
    let [old, new] = [(); 2].map(|()| RedisServer::start());
    let proxy = Proxy::to(&old);
    let name = namespace("demoted");
    let [busy, idle] = [(); 2].map(|()| cache(&proxy.url(), &name));
    keep(&busy, 0, OLD).await;
    assert_eq!(call(&idle, 0, NEW).await, OLD, "a hit");
    new.follow(&old);
    new.promote();
    proxy.lead_to(&new);
    // It never copies what the new primary holds: the old value stays.
    assert_eq!(old.cli(&["REPLICAOF", "127.0.0.1", "1"]), "OK");
    let demoted = Instant::now();
    let writer = cache(&new.url(), &name);
    assert!(writer.invalidate("price:0").await.unwrap().is_applied());
    while demoted.elapsed() < ROLE_LASTS {
        busy.scope(price::peek(0)).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for cache in [&busy, &idle] {
        assert_eq!(cache.scope(price::peek(0)).await, None);
        keep(cache, 0, NEW).await;
    }
    assert_eq!(call(&writer, 0, OLD).await, NEW, "shared by the new one");
    assert_eq!(proxy.connections(), 4, "one lane after the other");
}

#[tokio::test]
async fn restart_from_a_dump_undoes_neither_what_was_applied_nor_what_was_postponed() {
    let server = RedisServer::start();
    let name = namespace("dump");
    let [cache, other] = [(); 2].map(|()| cache(&server.url(), &name));
    for id in 0..3 {
        keep(&cache, id, OLD).await;
    }
    let dump = server.dump();
    assert!(cache.invalidate("price:0").await.unwrap().is_applied());
    keep(&other, 0, NEW).await;
    server.kill();
    assert_eq!(
        cache.invalidate("price:1").await.unwrap(),
        Invalidated::Postponed
    );
    server.restart_from(&dump);
    for id in 0..3 {
        for cache in [&cache, &other] {
            assert_eq!(call(cache, id, NEW).await, NEW, "{id}");
        }
    }
    keep(&cache, 0, NEW).await;
    assert_eq!(call(&other, 0, OLD).await, NEW, "shared again");
}

/// A server short of memory takes markers without their entries, and entries without their markers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eviction_of_anything_is_a_miss_and_never_an_old_value() {
    let server = RedisServer::start();
    let name = namespace("evicted");
    let [cache, other] = [(); 2].map(|()| cache(&server.url(), &name));
    for (round, gone) in ["%*", "price:*"].into_iter().cycle().take(10).enumerate() {
        let (old, new) = (round as u64 * 10 + OLD, round as u64 * 10 + NEW);
        keep(&cache, 7, old).await;
        let keys = server.keys(&format!("{name}:{gone}"));
        assert!(!keys.is_empty(), "nothing to evict");
        for key in keys {
            server.cli(&["DEL", &key]);
        }
        assert_eq!(other.scope(price::peek(7)).await, None, "{gone}");
        assert_eq!(call(&other, 7, new).await, new, "{gone}");
        assert!(cache.invalidate("price").await.unwrap().is_applied());
    }
}
