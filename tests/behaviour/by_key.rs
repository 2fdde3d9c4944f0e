//! Calls by key: every one of them, on every store.

use std::time::{Duration, Instant};

use cached_core::{Cache, Clock, ErrorKind, Key, cached};
use tests::{CountingLoader, RedisServer, Store, every_store, namespace};
use tokio::task::JoinSet;

use crate::stored;

const MINUTE: Duration = Duration::from_secs(60);

/// What stands for a value in most of these tests.
fn ada() -> String {
    "Ada".to_owned()
}

async fn get(cache: &Cache, key: impl Into<Key>) -> Option<String> {
    cache.get(key).await.unwrap()
}

async fn set(cache: &Cache, key: impl Into<Key>, value: &str) {
    cache.set(key, &value.to_owned(), MINUTE).await.unwrap();
}

/// Whether `ttl` is what is left of `whole` after a moment.
fn is_left_of(ttl: Option<Duration>, whole: Duration) -> bool {
    ttl.is_some_and(|ttl| ttl <= whole && ttl + MINUTE / 2 > whole)
}

/// Texts that people and programs put into keys, some alike to a careless eye.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        ":",
        "::",
        "%",
        "%3A",
        "%253A",
        "*",
        "?",
        "[a]",
        "{a}",
        "\\",
        "\\*",
        "a",
        "A",
        "a:b",
        "a::b",
        "a:b:",
        ":a:b",
        "a%3Ab",
        "a b",
        "a+b",
        "a\nb",
        "a\r\nb",
        "a\0b",
        "a\0",
        "a\tb",
        "é",
        "e\u{301}",
        "\u{202e}a",
        "0123456789abcdef0123456789abcdef",
        "0123456789abcdef0123456789abcdef:",
    ]
    .map(str::to_owned)
    .into();
    texts.push("x".repeat(10_000));
    texts.push(format!("{}y", "x".repeat(9_999)));
    texts.push("a:".repeat(5_000));
    texts.push("a:".repeat(5_001));
    texts
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
async fn set_without_a_ttl_takes_the_default() {
    for store in Store::ALL {
        println!("store: {store:?}");
        let cache = match store {
            Store::Memory => Cache::builder(),
            Store::Redis => Cache::builder()
                .redis_url(RedisServer::shared().url())
                .op_timeout(Duration::from_secs(10)),
        }
        .namespace(namespace("default-ttl"))
        .default_ttl(10 * MINUTE)
        .build()
        .unwrap();
        cache.set("a", &1, None).await.unwrap();
        assert!(is_left_of(cache.ttl("a").await.unwrap(), 10 * MINUTE));
        cache.set_many([("b", &1)], None).await.unwrap();
        assert!(is_left_of(cache.ttl("b").await.unwrap(), 10 * MINUTE));
        let load = async || Ok::<_, String>(1);
        cache.get_or_load("c", None, load).await.unwrap();
        // `c` is written behind the answer.
        stored(&cache, 3).await;
        assert!(is_left_of(cache.ttl("c").await.unwrap(), 10 * MINUTE));
    }
}

#[tokio::test]
async fn default_ttl_is_five_minutes() {
    every_store("five-minutes", async |cache| {
        cache.set("a", &1, None).await.unwrap();
        assert!(is_left_of(cache.ttl("a").await.unwrap(), 5 * MINUTE));
    })
    .await;
}

#[tokio::test]
async fn zero_ttl_is_an_error_and_changes_nothing() {
    every_store("zero", async |cache| {
        set(&cache, "a", "Ada").await;
        let grace = "Grace".to_owned();
        for ttl in [Duration::ZERO, Duration::from_micros(999)] {
            let refused = [
                cache.set("a", &grace, ttl).await.unwrap_err(),
                cache.set_many([("a", &grace)], ttl).await.unwrap_err(),
                cache.touch("a", ttl).await.unwrap_err(),
            ];
            for error in refused {
                assert_eq!(error.kind(), ErrorKind::Config);
                assert!(error.to_string().contains("ttl"), "{error}");
            }
            // A load's value is not lost to a wrong ttl.
            let loaded = cache
                .get_or_load("b", ttl, async || Ok::<_, String>(1))
                .await;
            assert_eq!(loaded, Ok(1));
        }
        assert_eq!(get(&cache, "a").await, Some(ada()));
        assert!(is_left_of(cache.ttl("a").await.unwrap(), MINUTE));
        assert!(!cache.exists("b").await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn longest_ttl_is_no_overflow() {
    every_store("longest", async |cache| {
        cache.set("a", &ada(), Duration::MAX).await.unwrap();
        assert_eq!(get(&cache, "a").await, Some(ada()));
        assert!(cache.touch("a", Duration::MAX).await.unwrap());
        assert!(cache.ttl("a").await.unwrap() > Some(1_000_000 * MINUTE));
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
async fn entry_lives_for_its_ttl_by_the_clock() {
    let clock = Clock::manual();
    let cache = Cache::builder().clock(clock.clone()).build().unwrap();
    set(&cache, "a", "Ada").await;
    clock.advance(Duration::from_nanos(59_999_999_999));
    assert_eq!(get(&cache, "a").await, Some(ada()));
    assert_eq!(cache.ttl("a").await.unwrap(), Some(Duration::from_nanos(1)));
    assert!(cache.touch("a", MINUTE).await.unwrap());
    clock.advance(MINUTE);
    assert_eq!(get(&cache, "a").await, None);
    assert_eq!(cache.ttl("a").await.unwrap(), None);
    assert!(!cache.exists("a").await.unwrap());
    assert!(!cache.touch("a", MINUTE).await.unwrap());
    assert!(!cache.delete("a").await.unwrap());
    assert_eq!(cache.take::<String>("a").await.unwrap(), None);
}

#[tokio::test]
async fn entry_in_redis_lives_for_its_ttl() {
    const TTL: Duration = Duration::from_millis(300);
    let cache = Store::Redis.cache(&namespace("expire"));
    let began = Instant::now();
    cache.set("a", &ada(), TTL).await.unwrap();
    let found = get(&cache, "a").await;
    assert!(found.is_some() || began.elapsed() >= TTL);
    while get(&cache, "a").await.is_some() {
        assert!(began.elapsed() < 20 * TTL, "still there");
        tokio::time::sleep(TTL / 20).await;
    }
    assert!(began.elapsed() >= TTL);
}

#[tokio::test]
async fn every_text_names_an_entry_of_its_own() {
    every_store("texts", async |cache| {
        let texts = texts();
        for text in &texts {
            set(&cache, text, text).await;
        }
        for text in &texts {
            assert_eq!(get(&cache, text).await.as_ref(), Some(text), "{text:.80?}");
        }
        for text in &texts {
            assert!(cache.delete(text).await.unwrap(), "{text:.80?}");
            assert!(!cache.exists(text).await.unwrap(), "{text:.80?}");
        }
    })
    .await;
}

#[tokio::test]
async fn every_segment_names_an_entry_of_its_own() {
    every_store("segments", async |cache| {
        let key = |typed: &str| Key::from_segments(["user", typed, "avatar"]);
        let texts = texts();
        for text in &texts {
            set(&cache, key(text), text).await;
        }
        for text in &texts {
            let key = key(text);
            assert_eq!(get(&cache, &key).await.as_ref(), Some(text), "{text:.80?}");
            let shown = key.to_string();
            assert_eq!(shown.split(':').count(), 3, "{shown}");
            assert!(shown.starts_with("user:") && shown.ends_with(":avatar"));
            assert!(shown.len() < 200, "{shown}");
        }
        set(&cache, "user:a:b:avatar", "as text").await;
        assert_eq!(get(&cache, key("a:b")).await.as_deref(), Some("a:b"));
    })
    .await;
}

#[tokio::test]
async fn glob_characters_in_keys_match_only_themselves() {
    every_store("glob", async |cache| {
        let typed = ["*", "?", "[a]", "[a-z]", "\\*", "a", "z", "aa"];
        let key = |typed: &str| Key::from_segments(["user", typed]);
        for typed in typed {
            set(&cache, key(typed), typed).await;
        }
        // By key: one entry each.
        assert!(cache.delete(key("*")).await.unwrap());
        assert!(cache.delete(key("[a-z]")).await.unwrap());
        for left in ["?", "[a]", "\\*", "a", "z", "aa"] {
            assert!(cache.exists(key(left)).await.unwrap(), "{left}");
        }
        // What a key displays is a glob for that key alone.
        for typed in ["?", "\\*", "[a]"] {
            assert_eq!(cache.purge(&key(typed).to_string()).await.unwrap(), 1);
            assert!(!cache.exists(key(typed)).await.unwrap(), "{typed}");
        }
        assert_eq!(
            cache
                .get_many(["user:a", "user:z", "user:aa"])
                .await
                .unwrap(),
            ["a", "z", "aa"].map(|left| Some(left.to_owned()))
        );
    })
    .await;
}

#[tokio::test]
async fn purge_deletes_what_matches_and_counts_it() {
    every_store("purge", async |cache| {
        let keys = [
            "user:1:name",
            "user:1:age",
            "user:2:name",
            "users",
            "team:1",
        ];
        for key in keys {
            set(&cache, key, key).await;
        }
        assert_eq!(cache.purge("user:1:*").await.unwrap(), 2);
        assert_eq!(cache.purge("user:1:*").await.unwrap(), 0);
        assert_eq!(cache.purge("name").await.unwrap(), 0);
        assert_eq!(cache.purge("user:?:n[ab]me").await.unwrap(), 1);
        assert_eq!(cache.purge("").await.unwrap(), 0);
        assert!(cache.exists("users").await.unwrap());
        assert_eq!(cache.purge("*").await.unwrap(), 2);
        assert!(!cache.exists("team:1").await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn purge_in_memory_counts_what_is_being_loaded_as_well() {
    let cache = Cache::in_memory().unwrap();
    let load = async || {
        set(&cache, "user:1:name", "Ada").await;
        let purged = cache.purge("user:*").await.unwrap();
        Ok::<u64, ()>(purged)
    };
    let purged = cache.get_or_load("user:1:name", MINUTE, load).await;
    assert_eq!(purged, Ok(1));
    assert_eq!(cache.get::<u64>("user:1:name").await.unwrap(), None);
}

#[tokio::test]
async fn purge_finds_every_one_of_many_keys() {
    every_store("purge-many", async |cache| {
        let entries = (0..5_000).map(|number| (format!("number:{number}"), &0_u8));
        cache.set_many(entries, MINUTE).await.unwrap();
        set(&cache, "other", "Ada").await;
        assert_eq!(cache.purge("number:*").await.unwrap(), 5_000);
        assert_eq!(cache.purge("number:*").await.unwrap(), 0);
        assert_eq!(get(&cache, "other").await, Some(ada()));
    })
    .await;
}

/// `app` would reach into `app:eu`: the key `eu:x` of the one is the key `x` of the other.
#[test]
fn a_namespace_has_one_segment() {
    let error = Cache::builder().namespace("app:eu").build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("namespace"), "{error}");
    assert!(Cache::builder().namespace("app:").build().is_ok());
}

#[tokio::test]
async fn other_namespaces_survive_a_purge_of_everything() {
    let name = namespace("boundary");
    let neighbours: Vec<Cache> = [format!("{name}-2"), format!("x{name}"), name.to_uppercase()]
        .iter()
        .map(|name| Store::Redis.cache(name))
        .collect();
    for cache in &neighbours {
        set(cache, "a", "Ada").await;
    }
    RedisServer::shared().cli(&["SET", &format!("{name}x"), "not ours"]);
    let cache = Store::Redis.cache(&name);
    set(&cache, "a", "Grace").await;
    for glob in ["*", "../*", "*:a", "[^x]*", "\\*"] {
        cache.purge(glob).await.unwrap();
    }
    assert_eq!(get(&cache, "a").await, None);
    for cache in &neighbours {
        assert_eq!(get(cache, "a").await, Some(ada()), "{cache:?}");
    }
    assert_eq!(
        RedisServer::shared().cli(&["GET", &format!("{name}x")]),
        "not ours"
    );
}

#[tokio::test]
async fn dots_and_dashes_of_a_namespace_are_no_wildcards() {
    let name = namespace("a.b-c");
    let cache = Store::Redis.cache(&name);
    let other = Store::Redis.cache(&name.replace('.', "x"));
    set(&other, "a", "Ada").await;
    cache.purge("*").await.unwrap();
    assert_eq!(get(&other, "a").await, Some(ada()));
}

#[cached(ttl = "1h", prefix = "person:{id}")]
async fn person(id: u64, #[cached(skip)] loader: CountingLoader) -> String {
    loader.load(format!("person {id}")).await
}

#[tokio::test]
async fn key_of_a_call_names_its_entry() {
    every_store("call", async |cache| {
        let loader = CountingLoader::new();
        set(&cache, person::key(1), "set by key").await;
        assert_eq!(person(1, loader.clone()).await, "set by key");
        assert_eq!(loader.runs(), 0);

        assert!(cache.delete(person::key(1)).await.unwrap());
        assert_eq!(person(1, loader.clone()).await, "person 1");
        assert_eq!(
            get(&cache, person::key(1)).await.as_deref(),
            Some("person 1")
        );
        assert_eq!(loader.runs(), 1);
        assert_eq!(get(&cache, person::key(2)).await, None);
    })
    .await;
}

/// A `None` that its function keeps is nothing by key, and nothing is wrong with it.
#[tokio::test]
async fn none_that_a_call_has_kept_is_a_plain_miss_by_key() {
    #[cached(ttl = "1h", cache_none = "1h")]
    async fn nobody(id: u64, #[cached(skip)] loader: CountingLoader) -> Option<String> {
        loader.load(None).await.filter(|_: &String| id == 0)
    }
    every_store("none", async |cache| {
        nobody(1, CountingLoader::new()).await;
        while nobody::peek(1).await.is_none() {
            tokio::task::yield_now().await;
        }
        assert_eq!(get(&cache, nobody::key(1)).await, None);
        assert_eq!(
            cache.take::<String>(nobody::key(1)).await.unwrap(),
            None::<String>
        );
        assert_eq!(cache.stats().total.undecodable, 0);
    })
    .await;
}

#[tokio::test]
async fn text_that_spells_the_key_of_a_call_is_another_key() {
    every_store("spelt", async |cache| {
        let loader = CountingLoader::new();
        person(1, loader.clone()).await;
        let spelt = person::key(1).to_string();
        set(&cache, &spelt, "forged").await;
        assert_eq!(person(1, loader.clone()).await, "person 1");
        assert!(cache.delete(&spelt).await.unwrap());
        assert!(cache.exists(person::key(1)).await.unwrap());
        assert_eq!(loader.runs(), 1);
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
