//! Markers of which the server tells when they change: what hits read, and what it costs the server.

use std::time::Duration;

use cached_core::{Cache, cached};
use tests::{CountingLoader, RedisServer};

use crate::stored;

const HITS: u64 = 200;

#[cached(ttl = "1h", prefix = "a:{id}:x", tags = ["t:{id}", "u"])]
async fn six_groups(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    loader.load(id).await
}

#[cached(ttl = "1h", prefix = "b:{id}", stale_while_revalidate = "1h")]
async fn aged(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    loader.load(id).await
}

fn cache(url: &str, namespace: &str) -> Cache {
    let builder = Cache::builder().redis_url(url).namespace(namespace);
    let patience = Duration::from_secs(10);
    let builder = builder.op_timeout(patience).connect_timeout(patience);
    builder.build().unwrap()
}

/// A hit of `id`.
async fn hit(cache: &Cache, id: u64) {
    let loader = CountingLoader::new();
    assert_eq!(cache.scope(six_groups(id, loader.clone())).await, id);
    assert_eq!(loader.runs(), 0, "a hit of {id}");
}

/// `id` is stored, and its markers are watched where that can be.
async fn warm(cache: &Cache, id: u64) {
    let before = cache.stats().total.stores;
    cache.scope(six_groups(id, CountingLoader::new())).await;
    stored(cache, before + 1).await;
    for _ in 0..3 {
        hit(cache, id).await;
    }
}

/// Returns the number of keys that reads have named since this was called last.
fn named(server: &RedisServer) -> u64 {
    let [hits, misses] = ["keyspace_hits", "keyspace_misses"]
        .map(|field| server.info(field).unwrap().parse::<u64>().unwrap());
    server.cli(&["CONFIG", "RESETSTAT"]);
    hits + misses
}

#[tokio::test]
async fn hits_read_their_entry_alone() {
    let server = RedisServer::start();
    let cache = cache(&server.url(), "alone");
    warm(&cache, 1).await;
    named(&server);
    for _ in 0..HITS {
        hit(&cache, 1).await;
    }
    let named = named(&server);
    assert!(
        (HITS..HITS + 20).contains(&named),
        "{named} keys of {HITS} hits"
    );
}

#[tokio::test]
async fn hits_that_ask_for_an_age_read_their_entry_alone() {
    let server = RedisServer::start();
    let cache = cache(&server.url(), "aged");
    cache.scope(aged(1, CountingLoader::new())).await;
    stored(&cache, 1).await;
    let loader = CountingLoader::new();
    for _ in 0..3 {
        cache.scope(aged(1, loader.clone())).await;
    }
    named(&server);
    for _ in 0..HITS {
        cache.scope(aged(1, loader.clone())).await;
    }
    assert_eq!(loader.runs(), 0);
    let named = named(&server);
    // The entry, and how long it will be kept.
    assert!(
        (2 * HITS..2 * HITS + 20).contains(&named),
        "{named} keys of {HITS} hits"
    );
}

/// For a proxy between the two that speaks nothing else.
#[tokio::test]
async fn hits_of_the_older_protocol_read_all_markers() {
    let server = RedisServer::start();
    let url = format!("{}?protocol=resp2", server.url());
    let cache = cache(&url, "older");
    warm(&cache, 1).await;
    named(&server);
    for _ in 0..HITS {
        hit(&cache, 1).await;
    }
    let markers = server.keys("older:%*").len();
    assert!(markers >= 6, "{markers}");
    assert_eq!(named(&server), HITS * (1 + markers as u64));
    assert_eq!(server.info("tracking_clients").unwrap(), "0");
    assert!(cache.invalidate("a:1").await.unwrap().is_applied());
    let loader = CountingLoader::new();
    cache.scope(six_groups(1, loader.clone())).await;
    assert_eq!(loader.runs(), 1);
}

/// It is found out when the connection is made.
#[tokio::test]
async fn server_that_speaks_only_the_older_protocol_is_used() {
    let server = RedisServer::builder().rename("HELLO", "NOT-HELLO").start();
    for url in [server.url(), server.add_user("app", "secret")] {
        let cache = cache(&url, "old");
        warm(&cache, 1).await;
        assert_eq!(server.info("tracking_clients").unwrap(), "0");
        cache.purge("*").await.unwrap();
    }
}

/// The server remembers what it is to tell of.
#[tokio::test]
async fn markers_that_are_read_once_are_not_watched() {
    const IDS: u64 = 2_000;
    let server = RedisServer::start();
    let cache = cache(&server.url(), "once");
    for id in 0..IDS {
        cache.scope(six_groups(id, CountingLoader::new())).await;
    }
    stored(&cache, IDS).await;
    // Twice: where a miss is expected, the first call has not read but captured.
    for id in (0..IDS).chain(0..IDS) {
        let loader = CountingLoader::new();
        cache.scope(six_groups(id, loader.clone())).await;
    }
    let watched = || -> u64 {
        let keys = server.info("tracking_total_keys").unwrap();
        keys.parse().unwrap()
    };
    // Each has been read twice.
    assert!(watched() > IDS, "{}", watched());
    let once = self::cache(&server.url(), "other");
    let before = watched();
    for id in 0..IDS {
        once.scope(six_groups(id, CountingLoader::new())).await;
    }
    stored(&once, IDS).await;
    let after = watched();
    // Everything, `a`, `u`, and now and then one that shares its place with another.
    assert!(after < before + IDS / 10, "{before}, then {after}");
    drop(cache);
}

#[tokio::test]
async fn caches_of_one_process_watch_their_own() {
    let server = RedisServer::start();
    let [one, other] = ["one", "other"].map(|namespace| cache(&server.url(), namespace));
    for cache in [&one, &other] {
        warm(cache, 1).await;
    }
    for _ in 0..100 {
        let loader = CountingLoader::new();
        assert!(one.invalidate("a:1").await.unwrap().is_applied());
        hit(&other, 1).await;
        one.scope(six_groups(1, loader.clone())).await;
        assert_eq!(loader.runs(), 1);
    }
}
