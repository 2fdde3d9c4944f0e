//! Very many at once: callers of one key, keys that end together, invalidations.

use std::collections::BTreeMap;
use std::time::Duration;

use cached_core::{Cache, cached};
use tests::{Connection, CountingLoader, RedisServer, Reply, every_store, namespace};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::load_generator::PATIENCE;

#[cached(ttl = "100s", prefix = "hot:{id}", jitter = "50%")]
async fn hot(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    loader.load(id).await
}

fn cache(server: &RedisServer) -> Cache {
    let builder = Cache::builder()
        .redis_url(server.url())
        .namespace(namespace("storm"));
    builder
        .op_timeout(PATIENCE)
        .connect_timeout(PATIENCE)
        .build()
        .unwrap()
}

/// Waits until the server has confirmed so many entries.
async fn until_stored(cache: &Cache, entries: u64) {
    let stored = timeout(PATIENCE, async {
        while cache.stats().total.stores < entries {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    let all = || panic!("{:?}", cache.stats().total);
    stored.await.unwrap_or_else(|_| all());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_misses_of_one_key_are_one_load() {
    every_store("hot", async |cache| {
        let loader = CountingLoader::held();
        let mut callers = JoinSet::new();
        for _ in 0..10_000 {
            callers.spawn(cache.scope(hot(1, loader.clone())));
        }
        timeout(PATIENCE, loader.started(1)).await.unwrap();
        loader.release();
        let values = timeout(PATIENCE, callers.join_all()).await.unwrap();
        assert_eq!(values, vec![1; 10_000]);
        assert_eq!(loader.runs(), 1);
    })
    .await;
}

/// Stored at one moment, they do not end at one moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_keys_with_jitter_end_at_different_times() {
    const KEYS: u64 = 10_000;
    const TENTH: i64 = 5_000;
    let server = RedisServer::start();
    let cache = cache(&server);
    let mut callers = JoinSet::new();
    for id in 0..KEYS {
        callers.spawn(cache.scope(hot(id, CountingLoader::new())));
    }
    timeout(PATIENCE, callers.join_all()).await.unwrap();
    until_stored(&cache, KEYS).await;
    let ends = ends(&mut server.connect());
    assert_eq!(ends.len() as u64, KEYS);
    // Of the half of the ttl over which they spread, each tenth has about a tenth of them.
    let first = *ends.iter().min().unwrap();
    let mut tenths = BTreeMap::<i64, u64>::new();
    for end in ends {
        *tenths.entry((end - first) / TENTH).or_default() += 1;
    }
    for tenth in 1..9 {
        let share = tenths.get(&tenth).copied().unwrap_or_default();
        assert!((500..2_000).contains(&share), "{tenths:?}");
    }
}

/// The end of each entry, in milliseconds of the server's clock.
fn ends(connection: &mut Connection) -> Vec<i64> {
    let script = "local ends = {} for _, key in ipairs(redis.call('KEYS', '*:hot:*')) do \
                  if not string.find(key, '%%') then ends[#ends + 1] = redis.call('PEXPIRETIME', key) end end \
                  return ends";
    let Reply::List(ends) = connection.send(&["EVAL", script, "0"]).unwrap() else {
        panic!("no list");
    };
    let end = |reply| match reply {
        Reply::Integer(end) => end,
        other => panic!("{other}"),
    };
    ends.into_iter().map(end).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hot_key_that_ends_among_ten_thousand_is_loaded_once() {
    let server = RedisServer::start();
    let cache = cache(&server);
    cache.scope(hot(1, CountingLoader::new())).await;
    // There, and not on its way: then its ttl would begin after what is done to it here.
    until_stored(&cache, 1).await;
    let entry = || server.keys("*:hot:1:*");
    let [key] = &entry()[..] else {
        panic!("one entry");
    };
    // As its ttl does: the server takes it, and leaves the markers.
    assert_eq!(server.cli(&["PEXPIRE", key, "1"]), "1");
    while !entry().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let loader = CountingLoader::new();
    let mut callers = JoinSet::new();
    for id in 0..10_000 {
        let id = if id % 2 == 0 { 1 } else { id };
        let loader = if id == 1 {
            loader.clone()
        } else {
            CountingLoader::new()
        };
        callers.spawn(cache.scope(hot(id, loader)));
    }
    timeout(PATIENCE, callers.join_all()).await.unwrap();
    assert_eq!(loader.runs(), 1, "{:?}", cache.stats().total);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn storm_of_invalidations_is_applied_without_looking_for_keys() {
    const WRITES: u64 = 20_000;
    let server = RedisServer::start();
    let cache = cache(&server);
    for id in 0..10 {
        cache.set(format!("user:{id}"), &id, None).await.unwrap();
    }
    let before = server.calls("unlink");
    let mut writers = JoinSet::new();
    for number in 0..WRITES {
        let cache = cache.clone();
        writers.spawn(async move { cache.invalidate(format!("user:{}", number % 10)).await });
    }
    for applied in timeout(PATIENCE, writers.join_all()).await.unwrap() {
        assert!(applied.unwrap().is_applied());
    }
    for id in 0..10 {
        assert_eq!(cache.get::<u64>(format!("user:{id}")).await.unwrap(), None);
    }
    for searching in ["scan", "keys"] {
        assert_eq!(server.calls(searching), 0, "{searching}");
    }
    let sent = server.calls("unlink") - before;
    assert!(sent <= WRITES, "{sent} deletions");
    println!("{sent} deletions");
}

/// Nothing grows while Redis is away but a journal that has an end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn storm_of_invalidations_during_an_outage_is_a_few_deletions_after_it() {
    let server = RedisServer::start();
    let builder = Cache::builder()
        .redis_url(server.url())
        .op_timeout(PATIENCE);
    let cache = builder.journal_capacity(100).build().unwrap();
    cache.ready(PATIENCE).await.unwrap();
    server.kill();
    for number in 0..20_000 {
        let postponed = cache.invalidate(format!("user:{number}")).await.unwrap();
        assert!(!postponed.is_applied());
    }
    assert_eq!(cache.stats().total.postponed, 20_000);
    server.restart();
    let applied = timeout(PATIENCE, async {
        while !cache.invalidate("user:1").await.unwrap().is_applied() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    applied.await.expect("it is sent again");
    let sent = server.calls("unlink");
    assert!(sent <= 200, "{sent} deletions");
}
