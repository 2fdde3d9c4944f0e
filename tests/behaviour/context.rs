//! Scopes, bypasses and refreshes around a future, in whatever order, and what a refresh leaves behind.
//!
//! The futures are passed as they are, not inside `async` blocks: they are made before what goes around them.

use std::time::Duration;

use cached_core::{Cache, cached};
use tests::{CountingLoader, Store, every_store, namespace};

use crate::stored;

#[cached(ttl = "1h", skip(answer, loader))]
async fn given(id: u64, answer: u64, loader: CountingLoader) -> u64 {
    loader.load(answer + id - id).await
}

#[cached(ttl = "1h", skip(answer, loader))]
async fn perhaps(id: u64, answer: Option<u64>, loader: CountingLoader) -> Option<u64> {
    loader.load(answer.filter(|_| id > 0)).await
}

#[cached(ttl = "1h", cache_if = |value: &u64| *value > 10, skip(answer, loader))]
async fn large(id: u64, answer: u64, loader: CountingLoader) -> u64 {
    loader.load(answer + id - id).await
}

/// Runs `check` on each store, outside any scope, with two caches that share nothing.
async fn on_each_store(check: impl AsyncFn(Cache, Cache)) {
    for store in Store::ALL {
        println!("store: {store:?}");
        let cache = || store.cache(&namespace("surroundings"));
        check(cache(), cache()).await;
    }
}

/// Keeps 1 as the answer of `given(1)` in `cache`, and checks that it is what a call gets.
async fn keep_one(cache: &Cache) {
    let stores = cache.stats().total.stores;
    assert_eq!(cache.scope(answer(1)).await, 1);
    stored(cache, stores + 1).await;
    assert_eq!(kept(cache).await, Some(1));
}

/// The call that most of these tests are about: `given(1)`, which loads `answer` if it loads.
fn answer(answer: u64) -> impl Future<Output = u64> {
    given(1, answer, CountingLoader::new())
}

/// Returns the value that `cache` has for that call.
async fn kept(cache: &Cache) -> Option<u64> {
    cache.get(given::key(1)).await.unwrap()
}

#[tokio::test]
async fn bypass_inside_scope_bypasses_the_cache_of_the_scope() {
    on_each_store(async |cache, _| {
        keep_one(&cache).await;
        // Twice: another cache than that of the scope would keep the first answer.
        for fresh in [2, 3] {
            assert_eq!(cache.scope(cache.bypass(answer(fresh))).await, fresh);
        }
        assert_eq!(kept(&cache).await, Some(1));
    })
    .await;
}

#[tokio::test]
async fn scope_inside_bypass_is_bypassed() {
    on_each_store(async |cache, _| {
        keep_one(&cache).await;
        assert_eq!(cache.bypass(cache.scope(answer(2))).await, 2);
        assert_eq!(kept(&cache).await, Some(1));
    })
    .await;
}

#[tokio::test]
async fn refresh_inside_scope_refreshes_the_cache_of_the_scope() {
    on_each_store(async |cache, _| {
        keep_one(&cache).await;
        assert_eq!(cache.scope(cache.refresh(answer(2))).await, 2);
        assert_eq!(kept(&cache).await, Some(2));
    })
    .await;
}

#[tokio::test]
async fn scope_inside_refresh_is_refreshed() {
    on_each_store(async |cache, _| {
        keep_one(&cache).await;
        assert_eq!(cache.refresh(cache.scope(answer(2))).await, 2);
        assert_eq!(kept(&cache).await, Some(2));
    })
    .await;
}

#[tokio::test]
async fn the_innermost_of_two_modes_counts() {
    on_each_store(async |cache, _| {
        keep_one(&cache).await;
        let call = cache.scope(cache.bypass(cache.refresh(answer(2))));
        assert_eq!(call.await, 2);
        assert_eq!(kept(&cache).await, Some(2));
        let call = cache.scope(cache.refresh(cache.bypass(answer(3))));
        assert_eq!(call.await, 3);
        assert_eq!(kept(&cache).await, Some(2));
    })
    .await;
}

#[tokio::test]
async fn the_innermost_of_two_scopes_counts() {
    on_each_store(async |outer, inner| {
        keep_one(&outer).await;
        let call = outer.scope(inner.scope(answer(2)));
        assert_eq!(call.await, 2);
        stored(&inner, 1).await;
        assert_eq!(kept(&inner).await, Some(2));
        assert_eq!(kept(&outer).await, Some(1));
    })
    .await;
}

#[tokio::test]
async fn bypass_of_one_cache_leaves_another_alone() {
    on_each_store(async |one, other| {
        keep_one(&one).await;
        assert_eq!(one.scope(other.bypass(answer(2))).await, 1);
        assert_eq!(other.bypass(one.scope(answer(2))).await, 1);
        let call = one.bypass(other.scope(answer(2)));
        assert_eq!(call.await, 2);
        stored(&other, 1).await;
        assert_eq!(kept(&other).await, Some(2));
        assert_eq!(kept(&one).await, Some(1));
    })
    .await;
}

#[tokio::test]
async fn modes_of_two_caches_both_count() {
    on_each_store(async |one, other| {
        keep_one(&one).await;
        let call = one.scope(one.bypass(other.bypass(answer(2))));
        assert_eq!(call.await, 2);
        let call = other.bypass(one.refresh(one.scope(answer(3))));
        assert_eq!(call.await, 3);
        assert_eq!(kept(&one).await, Some(3));
        assert_eq!(kept(&other).await, None);
        assert_eq!(other.stats().total.stores, 0);
    })
    .await;
}

#[tokio::test]
async fn calls_by_key_heed_a_mode_from_any_depth() {
    on_each_store(async |one, other| {
        keep_one(&one).await;
        let key = given::key(1);
        let nested = one.bypass(other.bypass(one.get::<u64>(key.clone())));
        assert_eq!(nested.await.unwrap(), None);
        let nested = one.bypass(other.scope(one.get::<u64>(key.clone())));
        assert_eq!(nested.await.unwrap(), None);
        let nested = other.bypass(other.scope(one.get::<u64>(key)));
        assert_eq!(nested.await.unwrap(), Some(1));
    })
    .await;
}

#[tokio::test]
async fn refresh_to_none_leaves_no_old_value_behind() {
    every_store("to-none", async |cache| {
        let loader = CountingLoader::new();
        assert_eq!(perhaps(1, Some(1), loader.clone()).await, Some(1));
        stored(&cache, 1).await;
        let refreshed = perhaps::refresh(1, None, loader.clone());
        assert_eq!(refreshed.await, None);
        assert_eq!(perhaps(1, Some(3), loader.clone()).await, Some(3));
        assert_eq!(loader.runs(), 3);
    })
    .await;
}

#[tokio::test]
async fn refresh_to_a_value_that_is_not_wanted_leaves_no_old_value_behind() {
    every_store("to-unwanted", async |cache| {
        let loader = CountingLoader::new();
        assert_eq!(large(1, 11, loader.clone()).await, 11);
        stored(&cache, 1).await;
        assert_eq!(large::refresh(1, 2, loader.clone()).await, 2);
        assert_eq!(large(1, 13, loader.clone()).await, 13);
        assert_eq!(loader.runs(), 3);
    })
    .await;
}

#[tokio::test]
async fn the_mode_refresh_leaves_no_old_value_behind_either() {
    every_store("mode-to-none", async |cache| {
        let loader = CountingLoader::new();
        assert_eq!(perhaps(1, Some(1), loader.clone()).await, Some(1));
        stored(&cache, 1).await;
        let refreshed = cache.refresh(perhaps(1, None, loader.clone()));
        assert_eq!(refreshed.await, None);
        assert_eq!(perhaps(1, Some(3), loader.clone()).await, Some(3));
    })
    .await;
}

/// Lets a load of 1 begin, runs `replace`, which makes the answer 2, lets the load end, and checks that 2 stays.
async fn outlives_an_older_load(name: &str, replace: impl AsyncFn(Cache)) {
    for store in Store::ALL {
        println!("store: {store:?}");
        let namespace = namespace(name);
        let cache = store.cache(&namespace);
        let loader = CountingLoader::held();
        let older = tokio::spawn(cache.scope(given(1, 1, loader.clone())));
        loader.started(1).await;
        cache.scope(replace(cache.clone())).await;
        assert_eq!(kept(&cache).await, Some(2));
        loader.release();
        assert_eq!(older.await.unwrap(), 1, "its caller gets what it loaded");
        assert_eq!(cache.scope(answer(3)).await, 2);
        if store == Store::Redis {
            // Whatever was on its way has arrived, or never will; and then another process looks.
            cache.shutdown().await;
            assert_eq!(kept(&store.cache(&namespace)).await, Some(2));
        }
    }
}

#[tokio::test]
async fn an_older_load_does_not_replace_what_a_refresh_has_stored() {
    outlives_an_older_load("older-refresh", async |_| {
        let refreshed = given::refresh(1, 2, CountingLoader::new());
        assert_eq!(refreshed.await, 2);
    })
    .await;
}

#[tokio::test]
async fn an_older_load_does_not_replace_what_was_set() {
    outlives_an_older_load("older-set", async |cache| {
        cache.set(given::key(1), &2_u64, None).await.unwrap();
    })
    .await;
}

/// Which of two overlapping refreshes read the database last is not known: what each returned must not be
/// followed by what the other did.
#[tokio::test]
async fn of_overlapping_refreshes_neither_stays() {
    for older_ends_first in [true, false] {
        on_each_store(async |cache, _| {
            keep_one(&cache).await;
            let (older, younger) = (CountingLoader::held(), CountingLoader::held());
            let refresh = |answer, loader: &CountingLoader| {
                let refresh = given::refresh(1, answer, loader.clone());
                tokio::spawn(cache.scope(refresh))
            };
            let first = refresh(2, &older);
            older.started(1).await;
            let second = refresh(3, &younger);
            younger.started(1).await;
            let mut ends = [(&older, first, 2), (&younger, second, 3)];
            if !older_ends_first {
                ends.reverse();
            }
            for (loader, refresh, answer) in ends {
                loader.release();
                assert_eq!(refresh.await.unwrap(), answer);
            }
            assert_eq!(kept(&cache).await, None, "{older_ends_first}");
            let alone = given::refresh(1, 4, CountingLoader::new());
            assert_eq!(cache.scope(alone).await, 4);
            assert_eq!(kept(&cache).await, Some(4), "one after the other");
        })
        .await;
    }
}

/// A load that began during the refresh may have read the database before it.
#[tokio::test]
async fn load_that_runs_beside_a_refresh_does_not_take_its_place() {
    for load_ends_first in [true, false] {
        on_each_store(async |cache, _| {
            let (refreshed, loaded) = (CountingLoader::held(), CountingLoader::held());
            let refresh = given::refresh(1, 2, refreshed.clone());
            let refresh = tokio::spawn(cache.scope(refresh));
            refreshed.started(1).await;
            let load = tokio::spawn(cache.scope(given(1, 1, loaded.clone())));
            loaded.started(1).await;
            if load_ends_first {
                loaded.release();
                assert_eq!(load.await.unwrap(), 1);
                refreshed.release();
                assert_eq!(refresh.await.unwrap(), 2);
            } else {
                refreshed.release();
                assert_eq!(refresh.await.unwrap(), 2);
                let late = cache.scope(given(1, 3, CountingLoader::new())).await;
                assert_ne!(late, 1, "a load from before is not joined");
                loaded.release();
                assert_eq!(load.await.unwrap(), 1);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            assert_ne!(kept(&cache).await, Some(1), "{load_ends_first}");
        })
        .await;
    }
}
