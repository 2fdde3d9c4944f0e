//! Calls by key: every one of them, on every store.

use std::time::Duration;

use cached_core::{Cache, Key};
use tests::{CountingLoader, RedisServer, Store, every_store, namespace};
use tokio::task::JoinSet;

mod names;
mod purge;
mod ttls;

const MINUTE: Duration = Duration::from_secs(60);

/// The value in most of these tests.
fn ada() -> String {
    "Ada".to_owned()
}

async fn get(cache: &Cache, key: impl Into<Key>) -> Option<String> {
    cache.get(key).await.unwrap()
}

async fn set(cache: &Cache, key: impl Into<Key>, value: &str) {
    cache.set(key, &value.to_owned(), MINUTE).await.unwrap();
}

/// Returns true if `ttl` is what is left of `whole` after a moment.
fn is_left_of(ttl: Option<Duration>, whole: Duration) -> bool {
    ttl.is_some_and(|ttl| ttl <= whole && ttl + MINUTE / 2 > whole)
}

#[tokio::test]
async fn value_is_read_back_until_another_replaces_it() {
    every_store("get-set", async |cache| {
        assert_eq!(get(&cache, "user:42:name").await, None);
        set(&cache, "user:42:name", "Ada").await;
        assert_eq!(get(&cache, "user:42:name").await, Some(ada()));
        set(&cache, "user:42:name", "Grace").await;
        assert_eq!(get(&cache, "user:42:name").await.as_deref(), Some("Grace"));
        let total = cache.stats().total;
        assert_eq!((total.hits, total.misses, total.stores), (2, 1, 2));
        assert_eq!((total.errors, total.loads), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn many_values_come_back_in_the_order_of_their_keys() {
    // More than one command takes.
    const COUNT: u64 = 600;
    every_store("many", async |cache| {
        let key = |number: u64| format!("number:{number}");
        let numbers: Vec<u64> = (0..COUNT).collect();
        let entries = numbers.iter().map(|number| (key(*number), number));
        cache.set_many(entries, MINUTE).await.unwrap();

        let asked: Vec<u64> = (0..COUNT + 2).rev().collect();
        let found = cache
            .get_many::<u64>(asked.iter().map(|number| key(*number)))
            .await
            .unwrap();
        let expected: Vec<_> = asked
            .iter()
            .map(|number| (*number < COUNT).then_some(*number))
            .collect();
        assert_eq!(found, expected);
        let total = cache.stats().total;
        assert_eq!((total.stores, total.hits, total.misses), (COUNT, COUNT, 2));
        assert!(is_left_of(cache.ttl(key(599)).await.unwrap(), MINUTE));
    })
    .await;
}

#[tokio::test]
async fn a_key_asked_for_twice_is_answered_twice() {
    every_store("twice", async |cache| {
        set(&cache, "a", "Ada").await;
        let found = cache.get_many::<String>(["a", "b", "a"]).await.unwrap();
        assert_eq!(found, [Some(ada()), None, Some(ada())]);
    })
    .await;
}

#[tokio::test]
async fn nothing_asked_for_is_nothing() {
    every_store("nothing", async |cache| {
        assert!(cache.get_many::<u8>([""; 0]).await.unwrap().is_empty());
        cache.set_many::<u8>([("", &0); 0], None).await.unwrap();
        assert_eq!(cache.stats().total.stores, 0);
    })
    .await;
}

#[tokio::test]
async fn get_or_load_runs_the_load_once() {
    every_store("load", async |cache| {
        let loader = CountingLoader::new();
        for _ in 0..3 {
            let value = cache
                .get_or_load("user:42", MINUTE, async || {
                    Ok::<_, String>(loader.load(ada()).await)
                })
                .await;
            assert_eq!(value, Ok(ada()));
        }
        assert_eq!(loader.runs(), 1);
        let total = cache.stats().total;
        assert_eq!((total.loads, total.misses, total.hits), (1, 1, 2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_get_or_load_share_one_load() {
    every_store("share", async |cache| {
        let loader = CountingLoader::held();
        let mut tasks = JoinSet::new();
        for _ in 0..100 {
            let (cache, loader) = (cache.clone(), loader.clone());
            tasks.spawn(async move {
                let load = async || Ok::<_, String>(loader.load(7).await);
                cache.get_or_load("seven", MINUTE, load).await
            });
        }
        loader.started(1).await;
        loader.release();
        while let Some(value) = tasks.join_next().await {
            assert_eq!(value.unwrap(), Ok(7));
        }
        assert_eq!(loader.runs(), 1);
    })
    .await;
}

#[tokio::test]
async fn failed_load_is_returned_and_not_stored() {
    every_store("failed", async |cache| {
        let loader = CountingLoader::new();
        for _ in 0..2 {
            let value = cache
                .get_or_load("user:42", MINUTE, async || {
                    loader.load(Err::<u8, _>("no such user")).await
                })
                .await;
            assert_eq!(value, Err("no such user"));
        }
        assert_eq!(loader.runs(), 2);
        assert!(!cache.exists("user:42").await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn get_or_load_never_returns_an_error_of_the_store() {
    let server = RedisServer::start();
    server.kill();
    let cache = Cache::builder().redis_url(server.url()).build().unwrap();
    let value = cache
        .get_or_load("a", MINUTE, async || Ok::<_, String>(1))
        .await;
    assert_eq!(value, Ok(1));
    assert!(cache.get::<u8>("a").await.unwrap_err().is_transient());
    assert!(cache.stats().total.errors >= 2);
}

#[tokio::test]
async fn delete_says_whether_something_was_there() {
    every_store("delete", async |cache| {
        assert!(!cache.delete("a").await.unwrap());
        set(&cache, "a", "Ada").await;
        set(&cache, "a:b", "Grace").await;
        assert!(cache.delete("a").await.unwrap());
        assert!(!cache.delete("a").await.unwrap());
        assert_eq!(get(&cache, "a").await, None);
        assert!(get(&cache, "a:b").await.is_some());
    })
    .await;
}

#[tokio::test]
async fn exists_and_ttl_tell_of_an_entry_of_any_type() {
    every_store("exists", async |cache| {
        assert!(!cache.exists("a").await.unwrap());
        assert_eq!(cache.ttl("a").await.unwrap(), None);
        cache.set("a", &vec![1_u8], MINUTE).await.unwrap();
        assert!(cache.exists("a").await.unwrap());
        assert!(is_left_of(cache.ttl("a").await.unwrap(), MINUTE));
        // Neither is a look for a value.
        let total = cache.stats().total;
        assert_eq!((total.hits, total.misses), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn touch_counts_a_new_ttl_from_now() {
    every_store("touch", async |cache| {
        assert!(!cache.touch("a", MINUTE).await.unwrap());
        assert!(!cache.exists("a").await.unwrap());
        set(&cache, "a", "Ada").await;
        assert!(cache.touch("a", 60 * MINUTE).await.unwrap());
        assert!(is_left_of(cache.ttl("a").await.unwrap(), 60 * MINUTE));
        assert_eq!(get(&cache, "a").await, Some(ada()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_sets_at_once_one_is_stored() {
    every_store("sets", async |cache| {
        let mut sets = JoinSet::new();
        for number in 0..50_u64 {
            let cache = cache.clone();
            sets.spawn(async move {
                let both = [("counter", &number), ("other", &number)];
                cache.set_many(both, None).await.unwrap();
                number
            });
        }
        sets.join_all().await;
        assert!(cache.get::<u64>("counter").await.unwrap().is_some());
        assert!(cache.get::<u64>("other").await.unwrap().is_some());
        let total = cache.stats().total;
        // Those that found a younger one there left it.
        assert_eq!(total.stores + total.stores_rejected, 100, "{total:?}");
    })
    .await;
}

#[tokio::test]
async fn another_type_is_a_counted_miss() {
    every_store("type", async |cache| {
        set(&cache, "a", "Ada").await;
        assert_eq!(cache.get::<u64>("a").await.unwrap(), None);
        assert_eq!(cache.get_many::<u64>(["a"]).await.unwrap(), [None]);
        let total = cache.stats().total;
        assert_eq!((total.misses, total.undecodable, total.errors), (2, 2, 0));
        assert_eq!(get(&cache, "a").await, Some(ada()));
        // A load replaces it.
        let load = async || Ok::<_, String>(7_u64);
        assert_eq!(cache.get_or_load("a", MINUTE, load).await, Ok(7));
        assert_eq!(cache.get::<u64>("a").await.unwrap(), Some(7));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_a_hundred_takers_gets_the_value() {
    every_store("take", async |cache| {
        set(&cache, "state", "Ada").await;
        let mut takers = JoinSet::new();
        for _ in 0..100 {
            let cache = cache.clone();
            takers.spawn(async move { cache.take::<String>("state").await.unwrap() });
        }
        let taken: Vec<String> = takers.join_all().await.into_iter().flatten().collect();
        assert_eq!(taken, [ada()]);
        assert_eq!(cache.take::<String>("state").await.unwrap(), None);
        let total = cache.stats().total;
        assert_eq!((total.hits, total.misses), (1, 100));
    })
    .await;
}

#[tokio::test]
async fn bypass_neither_reads_nor_stores_and_refresh_does_not_read() {
    every_store("modes", async |cache| {
        set(&cache, "a", "Ada").await;
        cache
            .bypass(async {
                assert_eq!(get(&cache, "a").await, None);
                assert_eq!(cache.take::<String>("a").await.unwrap(), None);
                set(&cache, "a", "Grace").await;
            })
            .await;
        assert_eq!(get(&cache, "a").await, Some(ada()));
        cache
            .refresh(async {
                assert_eq!(get(&cache, "a").await, None);
                set(&cache, "a", "Grace").await;
            })
            .await;
        assert_eq!(get(&cache, "a").await.as_deref(), Some("Grace"));
        // What is taken is not loaded, so there is nothing to load anew.
        let taken = cache.refresh(cache.take::<String>("a")).await;
        assert_eq!(taken.unwrap().as_deref(), Some("Grace"));
        assert_eq!(get(&cache, "a").await, None);
    })
    .await;
}

#[tokio::test]
async fn cache_turned_off_has_nothing_and_still_deletes() {
    let name = namespace("off");
    let on = Store::Redis.cache(&name);
    let off = Cache::builder()
        .redis_url(RedisServer::shared().url())
        .namespace(&name)
        .op_timeout(Duration::from_secs(10))
        .enabled(false)
        .build()
        .unwrap();
    set(&on, "a", "Ada").await;
    set(&off, "b", "Grace").await;
    assert_eq!(get(&off, "a").await, None);
    assert_eq!(get(&on, "b").await, None);
    let load = async || Ok::<_, String>(7);
    assert_eq!(off.get_or_load("c", MINUTE, load).await, Ok(7));
    assert!(off.delete("a").await.unwrap());
    assert_eq!(get(&on, "a").await, None);
    assert!(!on.exists("c").await.unwrap());
}
