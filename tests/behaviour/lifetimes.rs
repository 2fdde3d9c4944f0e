//! Lifetimes of markers and dead entries on the server, and a server without room.

use std::time::Duration;

use cached_core::{Cache, cached};
use tests::{RedisServer, Store, namespace};

use crate::stored;

const HOUR: u64 = 3_600_000;

/// A marker outlives the last entry that names it by this much.
const BEYOND: u64 = 5 * 60_000;

/// The time that a busy machine may take between two looks.
const SLACK: u64 = 3_000;

#[cached(ttl = "1h", prefix = "user:{id}:long", tags = ["a"])]
async fn long(id: u64) -> u64 {
    id
}

#[cached(ttl = "2s", prefix = "user:{id}:short", tags = ["a", "b"])]
async fn short(id: u64) -> u64 {
    id
}

#[cached(ttl = "1d", prefix = "user:{id}:longest")]
async fn longest(id: u64) -> u64 {
    id
}

/// The names of the markers in a namespace, without it, and how long they will live.
fn markers(name: &str) -> Vec<(String, u64)> {
    let server = RedisServer::shared();
    server
        .keys(&format!("{name}:%*"))
        .into_iter()
        .map(|key| {
            let left = server.cli(&["PTTL", &key]).parse().unwrap_or_else(|_| {
                panic!("{key} lives for ever");
            });
            let short = key.strip_prefix(&format!("{name}:")).unwrap().to_owned();
            (short, left)
        })
        .collect()
}

fn names(markers: &[(String, u64)]) -> Vec<&str> {
    markers.iter().map(|(name, _)| name.as_str()).collect()
}

fn assert_lives(markers: &[(String, u64)], group: &str, ttl: u64) {
    let (_, left) = markers
        .iter()
        .find(|(name, _)| name == group)
        .unwrap_or_else(|| panic!("{group} has no marker: {markers:?}"));
    let wanted = ttl + BEYOND;
    // More than is needed, so that not every store has to say it again.
    let ample = wanted + ttl / 4 + 60_000;
    assert!(
        *left <= ample + SLACK && *left + SLACK >= wanted,
        "{group}: {left} of {wanted} to {ample}"
    );
}

#[tokio::test]
async fn marker_outlives_the_longest_entry_that_names_it() {
    let name = namespace("markers");
    let cache = Store::Redis.cache(&name);
    cache
        .scope(async {
            short(1).await;
            stored(&cache, 1).await;
            let all = markers(&name);
            for (group, _) in &all {
                assert_lives(&all, group, 2_000);
            }

            long(1).await;
            stored(&cache, 2).await;
            let all = markers(&name);
            for shared in ["%g", "%g:user", "%g:user:1", "%g:user:1:long", "%tag:a"] {
                assert_lives(&all, shared, HOUR);
            }
            for own in ["%g:user:1:short", "%tag:b"] {
                assert_lives(&all, own, 2_000);
            }

            // What lives shorter takes nothing off.
            short(2).await;
            short::refresh(1).await;
            stored(&cache, 4).await;
            let all = markers(&name);
            assert_lives(&all, "%g:user:1", HOUR);
            assert_lives(&all, "%g:user:2", 2_000);

            longest(1).await;
            stored(&cache, 5).await;
            let all = markers(&name);
            assert_lives(&all, "%g:user:1", 24 * HOUR);
            assert_lives(&all, "%g:user:1:long", HOUR);
        })
        .await;
}

#[tokio::test]
async fn markers_of_values_by_key_live_with_them_also_when_they_are_touched() {
    let name = namespace("touched");
    let cache = Store::Redis.cache(&name);
    let second = Duration::from_secs(1);
    cache.set("a:b", &1, 10 * second).await.unwrap();
    let all = markers(&name);
    assert_eq!(names(&all), ["%g", "%g:a", "%g:a:b"]);
    for (group, _) in &all {
        assert_lives(&all, group, 10_000);
    }
    assert!(cache.touch("a:b", 3_600 * second).await.unwrap());
    let all = markers(&name);
    for (group, _) in &all {
        assert_lives(&all, group, HOUR);
    }
    assert!(cache.touch("a:b", second).await.unwrap());
    let all = markers(&name);
    for (group, _) in &all {
        assert_lives(&all, group, HOUR);
    }
    assert_eq!(cache.get::<u8>("a:b").await.unwrap(), Some(1));
}

/// The words of the groups, which all versions share.
#[tokio::test]
async fn markers_are_named_after_their_groups() {
    let name = namespace("named");
    let cache = Store::Redis.cache(&name);
    cache.scope(short(7)).await;
    stored(&cache, 1).await;
    assert_eq!(
        names(&markers(&name)),
        [
            "%fn:behaviour:lifetimes:short",
            "%g",
            "%g:user",
            "%g:user:7",
            "%g:user:7:short",
            "%tag:a",
            "%tag:b"
        ]
    );
}

#[tokio::test]
async fn invalidated_entries_are_replaced_in_place() {
    let name = namespace("in-place");
    let cache = Store::Redis.cache(&name);
    let server = RedisServer::shared();
    cache
        .scope(async {
            let mut sizes = Vec::new();
            let mut stores = 0;
            for _ in 0..10 {
                for id in 0..20 {
                    long(id).await;
                    longest(id).await;
                    cache
                        .set(format!("user:{id}:note"), &id, None)
                        .await
                        .unwrap();
                }
                stores += 60;
                stored(&cache, stores).await;
                sizes.push(server.keys(&format!("{name}:*")).len());
                assert!(cache.clear().await.unwrap().is_applied());
                for id in 0..20 {
                    assert!(
                        cache
                            .invalidate(format!("user:{id}"))
                            .await
                            .unwrap()
                            .is_applied()
                    );
                }
                assert!(cache.invalidate_tag("a").await.unwrap().is_applied());
            }
            assert!(sizes.iter().all(|size| *size == sizes[0]), "{sizes:?}");
            // Dead entries wait for their ttl; markers are gone.
            assert!(server.keys(&format!("{name}:user:*")).len() == 60);
            for key in server.keys(&format!("{name}:*")) {
                let left: i64 = server.cli(&["PTTL", &key]).parse().unwrap();
                assert!(left > 0, "{key} lives for ever");
            }
        })
        .await;
}

#[tokio::test]
async fn exact_invalidation_leaves_nothing_behind() {
    let name = namespace("nothing");
    let cache = Store::Redis.cache(&name);
    let server = RedisServer::shared();
    cache
        .scope(async {
            for round in 1..=5 {
                long(1).await;
                stored(&cache, round).await;
                assert!(long::invalidate(1).await.unwrap().is_applied());
                assert!(server.keys(&format!("{name}:user:*")).is_empty());
            }
        })
        .await;
}

#[tokio::test]
async fn invalidating_what_nobody_cached_writes_nothing() {
    let name = namespace("unknown");
    let cache = Store::Redis.cache(&name);
    for id in 0..100 {
        assert!(
            cache
                .invalidate(format!("user:{id}"))
                .await
                .unwrap()
                .is_applied()
        );
        assert!(
            cache
                .invalidate_tag(format!("{id}"))
                .await
                .unwrap()
                .is_applied()
        );
    }
    assert_eq!(RedisServer::shared().keys(&format!("{name}:*")), [""; 0]);
}

#[tokio::test]
async fn lease_ends_after_five_minutes() {
    let name = namespace("lease");
    let cache = Store::Redis.cache(&name);
    let loader = tests::CountingLoader::held();
    let load = tokio::spawn({
        let (cache, loader) = (cache.clone(), loader.clone());
        async move {
            let load = async || Ok::<u8, ()>(loader.load(1).await);
            cache.get_or_load("key", None, load).await
        }
    });
    loader.started(1).await;
    let left: u64 = RedisServer::shared()
        .cli(&["PTTL", &format!("{name}:key")])
        .parse()
        .unwrap();
    assert!(left <= BEYOND && left + SLACK > BEYOND, "{left}");
    // It is nothing that anybody reads.
    assert!(!cache.exists("key").await.unwrap());
    assert_eq!(cache.ttl("key").await.unwrap(), None);
    assert_eq!(cache.get::<u8>("key").await.unwrap(), None);
    assert!(!cache.touch("key", Duration::from_secs(9)).await.unwrap());
    loader.release();
    assert_eq!(load.await.unwrap(), Ok(1));
}

#[tokio::test]
async fn full_server_still_invalidates() {
    let server = RedisServer::start();
    let [cache, other] = [(); 2].map(|()| {
        Cache::builder()
            .redis_url(server.url())
            .namespace("full")
            .op_timeout(Duration::from_secs(10))
            .build()
            .unwrap()
    });
    cache
        .scope(async {
            for id in 1..=4 {
                long(id).await;
            }
            stored(&cache, 4).await;
            server.cli(&["CONFIG", "SET", "maxmemory", "1"]);
            assert_eq!(long::peek(1).await, Some(1));
            assert!(cache.invalidate("user:1").await.unwrap().is_applied());
            assert!(long::invalidate(2).await.unwrap().is_applied());
            assert!(cache.delete(long::key(3)).await.unwrap());
            for id in 1..=3 {
                assert_eq!(long::peek(id).await, None);
                assert_eq!(other.scope(long::peek(id)).await, None);
                // Not stored, and no harm done.
                assert_eq!(long(id).await, id);
            }
            assert_eq!(long::peek(4).await, Some(4));
            assert!(cache.clear().await.unwrap().is_applied());
            assert_eq!(other.scope(long::peek(4)).await, None);
            server.cli(&["CONFIG", "SET", "maxmemory", "0"]);
            long(4).await;
            stored(&cache, 5).await;
            assert_eq!(other.scope(long::peek(4)).await, Some(4));
        })
        .await;
}

/// To extend a life is to change a marker, of which every process hears that has it watched.
#[tokio::test]
async fn a_life_is_not_extended_while_it_lasts() {
    let server = RedisServer::start();
    let cache = Cache::builder().redis_url(server.url()).build().unwrap();
    let extensions = || {
        let stats = server.cli(&["INFO", "commandstats"]);
        let line = stats.lines().find(|line| line.contains("pexpire"))?;
        let (_, calls) = line.split_once("calls=")?;
        calls.split(',').next()?.parse().ok()
    };
    cache
        .scope(async {
            for id in 0..50 {
                long(id).await;
                short(id).await;
            }
            stored(&cache, 100).await;
        })
        .await;
    assert_eq!(
        extensions(),
        None::<u64>,
        "all are as old as their first entries"
    );
    cache.scope(longest(1)).await;
    stored(&cache, 101).await;
    assert_eq!(extensions(), Some(3), "`%g`, `%g:user` and `%g:user:1`");
}
