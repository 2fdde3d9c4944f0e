//! Events of calls, of the connection, and of changes of state.

use std::fmt;
use std::time::Duration;

use cached_core::{Cache, Clock, cached};
use tests::{CountingLoader, RedisServer, Store, every_store, namespace};

use super::Ears;
use crate::stored;

#[cached(ttl = "90s", prefix = "half:{number}")]
async fn half(number: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    tracing::info!(target: "cached_test", "body");
    loader.load(number / 2).await
}

#[tokio::test]
async fn miss_load_store_and_hit_are_told_in_this_order() {
    let (ears, _guard) = Ears::open();
    every_store("events", async |cache| {
        let store = cache.health().await.store;
        ears.take();
        half(8, CountingLoader::new()).await;
        stored(&cache, 1).await;
        let heard = ears.take();
        let messages: Vec<&str> = heard.iter().map(|seen| seen.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "miss",
                "span load",
                "enter",
                "body",
                "exit",
                "load",
                "store"
            ]
        );
        let [miss, span, _, _, _, load, written] = &heard[..] else {
            unreachable!();
        };
        for seen in [miss, span, load, written] {
            assert_eq!(
                (seen.target.as_str(), seen.level.as_str()),
                ("cached_core", "DEBUG")
            );
            assert_eq!(seen.field("function"), "behaviour::telemetry::events::half");
        }
        assert_eq!(miss.names(), ["function", "store"]);
        assert_eq!(span.names(), ["function"]);
        assert_eq!(load.names(), ["function", "milliseconds"]);
        assert_eq!(
            written.names(),
            ["function", "store", "bytes", "ttl_seconds"]
        );
        assert_eq!(
            (miss.field("store"), written.field("store")),
            (store, store)
        );
        assert!(load.field("milliseconds").parse::<f64>().unwrap() >= 0.0);
        assert!(written.field("bytes").parse::<u64>().unwrap() > 0);
        assert_eq!(written.field("ttl_seconds"), "90.0");

        half(8, CountingLoader::new()).await;
        let heard = ears.take();
        assert_eq!(heard.len(), 1, "{heard:?}");
        assert_eq!(heard[0].message, "hit");
        assert_eq!(
            (heard[0].level.as_str(), heard[0].target.as_str()),
            ("TRACE", "cached_core")
        );
        assert_eq!(heard[0].names(), ["function", "store"]);
        assert_eq!(heard[0].field("store"), store);
    })
    .await;
}

#[tokio::test]
async fn calls_by_key_have_a_name_too() {
    let (ears, _guard) = Ears::open();
    every_store("by-key", async |cache| {
        cache.get::<u8>("a").await.unwrap();
        cache.set("a", &1_u8, None).await.unwrap();
        cache.get::<u8>("a").await.unwrap();
        cache.get::<String>("a").await.unwrap();
        let heard = ears.take();
        let told: Vec<&str> = heard.iter().map(|seen| seen.message.as_str()).collect();
        let undecodable = "an entry could not be read: treated as a miss";
        assert_eq!(told, ["miss", "store", "hit", undecodable]);
        assert!(heard.iter().all(|seen| seen.field("function") == "by key"));
    })
    .await;
}

#[tokio::test]
async fn shared_load_is_told() {
    let (ears, _guard) = Ears::open();
    every_store("shared", async |cache| {
        let loader = CountingLoader::held();
        let call = || cache.scope(half(8, loader.clone()));
        let release = async {
            while cache.stats().total.misses < 2 {
                tokio::task::yield_now().await;
            }
            loader.release();
        };
        tokio::join!(call(), call(), release);
        let shared = "shared another call's load";
        let count = ears
            .messages()
            .iter()
            .filter(|told| *told == shared)
            .count();
        assert_eq!(count, 1);
        assert_eq!(cache.stats().total.shared, 1);
    })
    .await;
}

#[tokio::test]
async fn connection_is_told_with_the_version() {
    let (ears, _guard) = Ears::open();
    let cache = Store::Redis.cache(&namespace("connected"));
    cache.ready(Duration::from_secs(10)).await.unwrap();
    let heard = ears.heard.lock().unwrap().clone();
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert_eq!(
        (heard[0].level.as_str(), heard[0].message.as_str()),
        ("INFO", "connected to Redis")
    );
    assert_eq!(heard[0].names(), ["version"]);
}

#[tokio::test]
async fn failures_are_told_and_each_change_of_state_once() {
    let (ears, _guard) = Ears::open();
    let server = RedisServer::start();
    let cache = Cache::builder()
        .redis_url(server.url())
        .op_timeout(Duration::from_secs(10))
        .build()
        .unwrap();
    let loader = CountingLoader::held();
    let call = tokio::spawn(cache.scope(half(8, loader.clone())));
    loader.started(1).await;
    // What was captured is there; the value finds no room.
    server.cli(&["CONFIG", "SET", "maxmemory", "1"]);
    loader.release();
    call.await.unwrap();
    while cache.stats().total.errors < 1 {
        tokio::task::yield_now().await;
    }
    server.kill();
    for _ in 0..100 {
        cache.scope(half(6, CountingLoader::new())).await;
    }
    server.restart();
    cache.ready(Duration::from_secs(30)).await.unwrap();
    let heard = ears.take();
    for message in [
        "store failed: the value is returned, not kept",
        "read failed: the body runs instead",
    ] {
        let seen = heard.iter().find(|seen| seen.message == message);
        let seen = seen.unwrap_or_else(|| panic!("{message}: {heard:?}"));
        assert_eq!(seen.level, "DEBUG");
        assert_eq!(seen.names(), ["function", "store", "error"]);
        assert_eq!(seen.field("function"), "behaviour::telemetry::events::half");
        assert_eq!(seen.field("store"), "redis");
    }
    let loud: Vec<_> = heard
        .iter()
        .filter(|seen| ["ERROR", "WARN", "INFO"].contains(&seen.level.as_str()))
        .filter(|seen| seen.target == "cached_core" && seen.message != "connected to Redis")
        .map(|seen| (seen.level.as_str(), seen.message.as_str()))
        .collect();
    assert_eq!(
        loud,
        [
            ("WARN", "Redis takes no writes: nothing new is cached"),
            (
                "WARN",
                "Redis is not asked any more until a look in the background finds it"
            ),
            ("INFO", "Redis is back"),
        ]
    );
}

#[cached(ttl = "100s", stale_while_revalidate = "1m", stale_if_error = "2m")]
async fn quarter(n: u64, #[cached(skip)] fails: bool) -> Result<u64, fmt::Error> {
    if fails { Err(fmt::Error) } else { Ok(n / 4) }
}

#[tokio::test]
async fn values_past_their_ttl_are_told_and_counted() {
    let (ears, _guard) = Ears::open();
    let clock = Clock::manual();
    let cache = Cache::builder().clock(clock.clone()).build().unwrap();
    let relevant = || {
        let mut messages = ears.messages();
        messages.retain(|message| !["enter", "exit", "span load"].contains(&message.as_str()));
        messages
    };
    let calls = async {
        assert_eq!(quarter(8, false).await, Ok(2));
        ears.take();
        clock.advance(Duration::from_secs(130));
        assert_eq!(quarter(8, true).await, Ok(2));
        while cache.stats().total.loads < 2 {
            tokio::task::yield_now().await;
        }
        let stale = "stale: past its ttl, and loaded anew";
        let failed = "the body returned an error: the value past its ttl is kept";
        assert_eq!(relevant(), [stale, "load", failed]);
        clock.advance(Duration::from_secs(60));
        assert_eq!(quarter(8, true).await, Ok(2));
        let instead = "stale: past its ttl, in place of an error";
        assert_eq!(relevant(), ["miss", "load", failed, instead]);
    };
    cache.scope(calls).await;
    let counts = cache.stats().total;
    assert_eq!((counts.hits, counts.misses), (1, 2));
    assert_eq!((counts.stale, counts.refreshes, counts.loads), (2, 1, 3));
}
