//! Ttls of calls by key: the default, the longest, and when an entry ends.

use std::time::{Duration, Instant};

use cached_core::{Cache, Clock, ErrorKind};
use tests::{RedisServer, Store, every_store, namespace};

use super::{MINUTE, ada, get, is_left_of, set};
use crate::stored;

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
        // `c` is written in the background.
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
