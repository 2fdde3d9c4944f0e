//! Statistics: by function, in total, and of each cache alone.

use std::time::Duration;

use cached_core::{Cache, cached};
use tests::{CountingLoader, every_store};

use crate::stored;

#[cached(ttl = "1h", prefix = "counted:one")]
async fn one(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    loader.load(id).await
}

#[cached(ttl = "1h", prefix = "counted:other")]
async fn other(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    loader.load(id).await
}

#[cached(ttl = "1h")]
#[allow(dead_code, reason = "it is never called")]
async fn never_called(id: u64) -> u64 {
    id
}

mod old {
    #[super::cached(ttl = "1h", id = "visible-same")]
    pub(super) async fn same() -> u8 {
        1
    }
}

mod new {
    #[super::cached(ttl = "1h", id = "visible-same")]
    pub(super) async fn same() -> u8 {
        1
    }
}

#[tokio::test]
async fn statistics_are_kept_per_function_and_in_total() {
    every_store("stats", async |cache| {
        let loader = CountingLoader::new();
        for id in [1, 2, 1, 1] {
            one(id, loader.clone()).await;
        }
        other(1, loader.clone()).await;
        cache.set("a", &1_u8, None).await.unwrap();
        cache.get::<u8>("a").await.unwrap();
        stored(&cache, 4).await;

        let stats = cache.stats();
        let counts = |name: &str| {
            stats
                .function(&format!("behaviour::telemetry::statistics::{name}"))
                .unwrap()
        };
        assert_eq!((counts("one").misses, counts("one").hits), (2, 2));
        assert_eq!((counts("one").loads, counts("one").stores), (2, 2));
        assert_eq!((counts("other").misses, counts("other").hits), (1, 0));
        let total = &stats.total;
        assert_eq!((total.misses, total.hits), (3, 3));
        assert_eq!((total.loads, total.stores), (3, 4));
        assert_eq!((total.errors, total.undecodable), (0, 0));
        assert!(total.load_time > Duration::ZERO);
        assert_eq!(
            total.load_time,
            counts("one").load_time + counts("other").load_time
        );
        assert!((counts("one").hit_rate() - 0.5).abs() < 1e-9);
        assert!((stats.hit_rate() - 0.5).abs() < 1e-9);
    })
    .await;
}

#[tokio::test]
async fn functions_not_called_yet_are_listed_with_zeros() {
    let cache = Cache::in_memory().unwrap();
    let stats = cache.stats();
    let counts = stats
        .function("behaviour::telemetry::statistics::never_called")
        .unwrap();
    assert_eq!(*counts, cached_core::Counts::default());
    assert!(
        stats
            .function("behaviour::telemetry::statistics::one")
            .is_some()
    );
    assert!(
        stats
            .function("behaviour::telemetry::statistics::nobody")
            .is_none()
    );
    assert!(counts.hit_rate().abs() < 1e-9);
    // In the order of their names.
    assert!(stats.functions.keys().is_sorted());
}

#[tokio::test]
async fn functions_of_one_id_are_counted_by_their_own_names() {
    every_store("same", async |cache| {
        old::same().await;
        stored(&cache, 1).await;
        new::same().await;
        new::same().await;
        let stats = cache.stats();
        let counts = |name: &str| {
            stats
                .function(&format!("behaviour::telemetry::statistics::{name}"))
                .unwrap()
        };
        assert_eq!(
            (counts("old::same").misses, counts("old::same").hits),
            (1, 0)
        );
        assert_eq!(
            (counts("new::same").misses, counts("new::same").hits),
            (0, 2)
        );
    })
    .await;
}

#[tokio::test]
async fn statistics_of_two_caches_are_apart() {
    let (one_cache, other_cache) = (Cache::in_memory().unwrap(), Cache::in_memory().unwrap());
    one_cache.scope(one(1, CountingLoader::new())).await;
    assert_eq!(one_cache.clone().stats().total.misses, 1);
    assert_eq!(other_cache.stats().total, cached_core::Counts::default());
}
