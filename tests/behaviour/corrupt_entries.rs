//! Bytes at our keys that are not what we wrote, and values and arguments that cannot be written.

use std::time::Duration;

use cached_core::{Cache, ErrorKind, Key, cached};
use serde::{Deserialize, Serialize};
use tests::{CountingLoader, RedisServer, Reply, Store, every_store, namespace};

use crate::stored;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Report {
    id: u64,
    text: String,
}

fn report_of(id: u64) -> Report {
    Report {
        id,
        text: "a few words".to_owned(),
    }
}

#[cached(ttl = "1h", prefix = "report:{id}")]
async fn report(id: u64, #[cached(skip)] loader: CountingLoader) -> Report {
    loader.load(report_of(id)).await
}

fn server() -> &'static RedisServer {
    RedisServer::shared()
}

/// A cache in a namespace of its own, and the name in Redis of one of its keys.
fn cache_and_name(test: &str, key: &Key) -> (Cache, String) {
    let namespace = namespace(test);
    (Store::Redis.cache(&namespace), format!("{namespace}:{key}"))
}

fn put(name: &str, bytes: &[u8]) {
    assert_eq!(server().cli(&[b"SET", name.as_bytes(), bytes]), "OK");
}

fn bytes_at(name: &str) -> Vec<u8> {
    match server().command(&["GET", name]) {
        Reply::Bytes(bytes) => bytes,
        other => panic!("{other:?} at {name}"),
    }
}

/// Stores `report(1)` and returns the bytes that lie at `name` then.
async fn stored_report(cache: &Cache, name: &str) -> Vec<u8> {
    cache.scope(report(1, CountingLoader::new())).await;
    stored(cache, 1).await;
    bytes_at(name)
}

/// Reads `report(1)` by key, and expects a miss that counts as `undecodable` more.
async fn misses(cache: &Cache, undecodable: u64) {
    let before = cache.stats().total;
    let read = cache.get::<Report>(report::key(1)).await.unwrap();
    let now = cache.stats().total;
    assert_eq!(read, None);
    assert_eq!(now.misses, before.misses + 1);
    assert_eq!(now.undecodable, before.undecodable + undecodable);
    assert_eq!((now.hits, now.errors), (before.hits, 0));
}

#[tokio::test]
async fn truncated_entry_is_a_counted_miss_wherever_it_ends() {
    let (writer, name) = cache_and_name("truncated", &report::key(1));
    let whole = stored_report(&writer, &name).await;
    let reader = Store::Redis.cache(name.split(':').next().unwrap());
    for length in 0..whole.len() {
        put(&name, &whole[..length]);
        misses(&reader, 1).await;
    }
    put(&name, &whole);
    let read = reader.get::<Report>(report::key(1)).await.unwrap();
    assert_eq!(read, Some(report_of(1)));
}

#[tokio::test]
async fn flipped_bit_is_a_counted_miss_wherever_it_is() {
    let (writer, name) = cache_and_name("flipped", &report::key(1));
    let whole = stored_report(&writer, &name).await;
    let reader = Store::Redis.cache(name.split(':').next().unwrap());
    for at in 0..whole.len() {
        for bit in [1, 0x20, 0x80] {
            let mut flipped = whole.clone();
            flipped[at] ^= bit;
            put(&name, &flipped);
            misses(&reader, 1).await;
        }
    }
    put(&name, &[whole.as_slice(), b"\n"].concat());
    misses(&reader, 1).await;
}

#[tokio::test]
async fn damaged_entry_is_replaced_by_the_next_load() {
    let (cache, name) = cache_and_name("replaced", &report::key(1));
    let mut damaged = stored_report(&cache, &name).await;
    damaged.pop();
    put(&name, &damaged);

    let cache = Store::Redis.cache(name.split(':').next().unwrap());
    let loader = CountingLoader::new();
    assert_eq!(cache.scope(report(1, loader.clone())).await, report_of(1));
    stored(&cache, 1).await;
    assert_eq!(cache.scope(report(1, loader.clone())).await, report_of(1));
    assert_eq!(loader.runs(), 1);
    assert_eq!(cache.stats().total.undecodable, 1);
}

#[tokio::test]
async fn foreign_string_is_a_counted_miss_and_stays_as_it_is() {
    let strings: [&[u8]; 7] = [
        b"",
        b"hello",
        b"7",
        b"{\"id\":1,\"text\":\"a few words\"}",
        b"cc2 00112233445566778899aabbccddeeff E 00000000 v 1 0 -\n1",
        b"\xff\xfe\0\0",
        b"cc",
    ];
    for string in strings {
        let (cache, name) = cache_and_name("string", &report::key(1));
        put(&name, string);
        misses(&cache, 1).await;
        let loader = CountingLoader::new();
        for runs in 1..=2 {
            assert_eq!(cache.scope(report(1, loader.clone())).await, report_of(1));
            assert_eq!(loader.runs(), runs);
        }
        cache.shutdown().await;
        assert_eq!(bytes_at(&name), string);
        let total = cache.stats().total;
        assert_eq!((total.undecodable, total.stores, total.errors), (3, 0, 0));
    }
}

#[tokio::test]
async fn lease_is_a_plain_miss() {
    let (cache, name) = cache_and_name("lease", &report::key(1));
    put(&name, b"cc1 00112233445566778899aabbccddeeff L");
    misses(&cache, 0).await;
    assert!(!cache.exists(report::key(1)).await.unwrap());
    assert_eq!(cache.ttl(report::key(1)).await.unwrap(), None);
}

/// As after a restart from an old dump: what was deleted since may be back.
#[tokio::test]
async fn entry_of_another_server_run_is_a_plain_miss() {
    let (cache, name) = cache_and_name("run", &report::key(1));
    let other = RedisServer::start();
    let before = Cache::builder()
        .redis_url(other.url())
        .namespace(name.split(':').next().unwrap())
        .op_timeout(Duration::from_secs(10))
        .build()
        .unwrap();
    before.scope(report(1, CountingLoader::new())).await;
    stored(&before, 1).await;
    let Reply::Bytes(bytes) = other.command(&["GET", &name]) else {
        panic!("nothing at {name}");
    };
    put(&name, &bytes);
    misses(&cache, 0).await;
}

#[tokio::test]
async fn list_at_our_key_is_a_miss_and_stays_as_it_is() {
    let key = || report::key(1);
    let (cache, name) = cache_and_name("list", &key());
    server().cli(&["RPUSH", &name, "a", "b"]);

    assert_eq!(cache.get::<Report>(key()).await.unwrap(), None);
    assert_eq!(cache.get_many::<Report>([key()]).await.unwrap(), [None]);
    assert_eq!(cache.take::<Report>(key()).await.unwrap(), None);
    assert!(!cache.exists(key()).await.unwrap());
    assert_eq!(cache.ttl(key()).await.unwrap(), None);
    let total = cache.stats().total;
    assert_eq!((total.misses, total.errors), (3, 0));

    let error = cache.set(key(), &report_of(1), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(
        error.to_string().contains("no entry lies at this key"),
        "{error}"
    );

    let loader = CountingLoader::new();
    let value = cache.scope(report(1, loader.clone())).await;
    assert_eq!(value, report_of(1));
    let value = cache.scope(report::refresh(1, loader.clone())).await;
    assert_eq!(value, report_of(1));
    assert_eq!(loader.runs(), 2);
    cache.shutdown().await;
    // By `refresh`, and by the call.
    let total = cache.stats().total;
    assert_eq!((total.stores, total.undecodable, total.errors), (0, 2, 0));

    let next = Store::Redis.cache(name.split(':').next().unwrap());
    let load = async || Ok::<_, String>(report_of(2));
    assert_eq!(next.get_or_load(key(), None, load).await, Ok(report_of(2)));
    next.shutdown().await;
    assert_eq!(server().cli(&["LRANGE", &name, "0", "-1"]), "a\nb");
}

const HUGE: usize = 100_000_000;

fn huge_text() -> String {
    "One line of a long text.\n".repeat(HUGE / 25)
}

#[cached(ttl = "1h", prefix = "huge")]
async fn huge(#[cached(skip)] loader: CountingLoader) -> String {
    loader.load(huge_text()).await
}

#[tokio::test]
async fn huge_value_is_returned_and_not_stored() {
    every_store("huge", async |cache| {
        let loader = CountingLoader::new();
        for runs in 1..=2 {
            assert_eq!(huge(loader.clone()).await.len(), HUGE);
            assert_eq!(loader.runs(), runs);
        }
        let total = cache.stats().total;
        assert_eq!((total.too_large, total.stores, total.unstorable), (2, 0, 0));
        assert!(!cache.exists(huge::key()).await.unwrap());

        let value = huge_text();
        let error = cache.set("huge", &value, None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert_eq!(cache.stats().total.too_large, 3);
        let load = async || Ok::<_, String>(value);
        assert_eq!(
            cache.get_or_load("huge", None, load).await.unwrap().len(),
            HUGE
        );
        assert_eq!(cache.stats().total.errors, 0);
    })
    .await;
}

#[tokio::test]
async fn entry_over_the_limit_is_a_counted_miss_when_read() {
    let name = namespace("limit");
    let with_limit = |limit| {
        Cache::builder()
            .redis_url(RedisServer::shared().url())
            .namespace(&name)
            .op_timeout(Duration::from_secs(10))
            .max_entry_size(limit)
            .build()
            .unwrap()
    };
    let (generous, strict) = (with_limit(10_000), with_limit(1_000));
    let text = "x".repeat(2_000);
    generous.set("a", &text, None).await.unwrap();
    assert_eq!(strict.get::<String>("a").await.unwrap(), None);
    let total = strict.stats().total;
    assert_eq!(
        (total.too_large, total.misses, total.undecodable),
        (1, 1, 0)
    );
    // Nothing is lost by looking.
    assert_eq!(generous.get("a").await.unwrap(), Some(text));
}

#[tokio::test]
async fn limit_counts_the_bytes_of_the_whole_entry() {
    let name = namespace("exact");
    let cache = Cache::builder()
        .redis_url(RedisServer::shared().url())
        .namespace(&name)
        .op_timeout(Duration::from_secs(10))
        .max_entry_size(1_000)
        .build()
        .unwrap();
    let set = async |length: usize| cache.set("a", &"x".repeat(length), None).await;
    set(100).await.unwrap();
    let header_and_quotes = bytes_at(&format!("{name}:a")).len() - 100;
    set(1_000 - header_and_quotes).await.unwrap();
    assert_eq!(bytes_at(&format!("{name}:a")).len(), 1_000);
    let error = set(1_001 - header_and_quotes).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

/// Only calls of the function itself keep away from what is not ours: the others do as they are told.
#[tokio::test]
async fn calls_that_replace_leave_what_is_not_ours_and_those_that_remove_do_not() {
    let (cache, name) = cache_and_name("told", &report::key(1));
    let key = || report::key(1);
    put(&name, b"hello");
    cache.scope(report::refresh(1, CountingLoader::new())).await;
    assert!(cache.set(key(), &report_of(2), None).await.is_err());
    assert_eq!(server().cli(&["GET", &name]), "hello");
    assert_eq!(cache.take::<u64>(key()).await.unwrap(), None);
    assert_eq!(server().command(&["EXISTS", &name]), Reply::Integer(0));

    server().command(&["RPUSH", &name, "a"]);
    assert!(cache.set(key(), &report_of(1), None).await.is_err());
    assert_eq!(cache.take::<Report>(key()).await.unwrap(), None);
    assert_eq!(server().command(&["EXISTS", &name]), Reply::Integer(1));
    let hour = Duration::from_secs(3_600);
    assert!(!cache.touch(key(), hour).await.unwrap());
    assert_eq!(server().command(&["PTTL", &name]), Reply::Integer(-1));
    assert!(cache.delete(key()).await.unwrap());
    put(&name, b"hello");
    assert_eq!(cache.take::<Report>(key()).await.unwrap(), None);
    assert_eq!(server().command(&["EXISTS", &name]), Reply::Integer(0));
}

mod was {
    use super::{CountingLoader, cached};

    #[cached(ttl = "1h", id = "foreign-answer")]
    pub(super) async fn answer(#[cached(skip)] loader: CountingLoader) -> u64 {
        loader.load(42).await
    }
}

mod is {
    use super::{CountingLoader, cached};

    #[cached(ttl = "1h", id = "foreign-answer")]
    pub(super) async fn answer(#[cached(skip)] loader: CountingLoader) -> String {
        loader.load("forty-two".to_owned()).await
    }
}

#[tokio::test]
async fn entry_of_another_type_under_one_id_is_a_counted_miss() {
    for store in Store::ALL {
        println!("store: {store:?}");
        let name = namespace("another-type");
        let mut cache = store.cache(&name);
        let loader = CountingLoader::new();
        let mut undecodable = 0;
        for runs in 1..=3 {
            if runs % 2 == 1 {
                assert_eq!(cache.scope(was::answer(loader.clone())).await, 42);
            } else {
                let answer = cache.scope(is::answer(loader.clone())).await;
                assert_eq!(answer, "forty-two");
            }
            assert_eq!(loader.runs(), runs);
            if store == Store::Redis {
                // The next one is another process, which this one's load cannot answer.
                cache.shutdown().await;
                undecodable += cache.stats().total.undecodable;
                assert_eq!(cache.stats().total.errors, 0);
                cache = store.cache(&name);
            }
        }
        assert_eq!(cache.scope(was::answer(loader.clone())).await, 42);
        assert_eq!(loader.runs(), 3);
        assert_eq!(undecodable + cache.stats().total.undecodable, 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiter_for_a_load_of_another_type_loads_for_itself() {
    every_store("waiting-type", async |cache| {
        let loader = CountingLoader::held();
        let first = tokio::spawn(cache.scope(was::answer(loader.clone())));
        loader.started(1).await;
        let second = tokio::spawn(cache.scope(is::answer(CountingLoader::new())));
        while cache.stats().total.misses < 2 {
            tokio::task::yield_now().await;
        }
        loader.release();
        assert_eq!(first.await.unwrap(), 42);
        assert_eq!(second.await.unwrap(), "forty-two");
    })
    .await;
}
