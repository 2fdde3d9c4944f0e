//! The old value is the answer, and is loaded anew behind it.

use std::time::Duration;

use cached_core::Cache;
use tests::{RedisServer, Store, namespace};

use super::{
    Closed, MINUTE, Place, Shop, TTL, every_store,
    functions::{chosen, found, plain, price, spread, tagged},
    make_old,
};

#[tokio::test]
async fn old_value_is_the_answer_and_the_next_call_has_the_new_one() {
    every_store("revalidate", async |place: &Place| {
        make_old(place).await;
        assert_eq!(price(1, &place.shop).await, Ok(10));
        place.stored(2).await;
        assert_eq!(price(1, &place.shop).await, Ok(11));
        assert_eq!(place.shop.runs(), 2);
        let counts = place.counts();
        assert_eq!((counts.hits, counts.stale, counts.misses), (2, 1, 1));
        assert_eq!((counts.refreshes, counts.loads), (1, 2));
    })
    .await;
}

#[tokio::test]
async fn past_the_window_the_body_runs() {
    every_store("past", async |place: &Place| {
        make_old(place).await;
        place.pass(MINUTE / 2);
        assert_eq!(price(1, &place.shop).await, Ok(11));
        place.stored(2).await;
        place.pass(TTL + 3 * MINUTE);
        place.shop.set(1, 12);
        assert_eq!(price(1, &place.shop).await, Ok(12));
        assert_eq!(place.counts().stale, 0);
    })
    .await;
}

#[tokio::test]
async fn many_calls_are_answered_and_one_loads() {
    every_store("many", async |place: &Place| {
        make_old(place).await;
        let held = place.shop.hold();
        for _ in 0..64 {
            assert_eq!(price(1, &place.shop).await, Ok(10));
        }
        place.ran(2).await;
        for _ in 0..64 {
            assert_eq!(price(1, &place.shop).await, Ok(10));
        }
        held.release();
        place.stored(2).await;
        assert_eq!(price(1, &place.shop).await, Ok(11));
        assert_eq!((place.shop.runs(), place.counts().refreshes), (2, 1));
    })
    .await;
}

#[tokio::test]
async fn call_past_the_window_waits_for_the_load_behind_an_answer() {
    every_store("joined", async |place: &Place| {
        make_old(place).await;
        let held = place.shop.hold();
        assert_eq!(price(1, &place.shop).await, Ok(10));
        place.ran(2).await;
        place.pass(MINUTE);
        let waiting = place.call_price();
        place.settled().await;
        held.release();
        assert_eq!(waiting.await.unwrap(), Ok(11));
        assert_eq!(place.shop.runs(), 2);
    })
    .await;
}

#[tokio::test]
async fn invalidated_value_is_not_served_at_any_age() {
    every_store("invalidated", async |place: &Place| {
        make_old(place).await;
        assert!(
            place
                .cache
                .invalidate("price:1")
                .await
                .unwrap()
                .is_applied()
        );
        assert_eq!(price(1, &place.shop).await, Ok(11));
        place.stored(2).await;

        place.pass(TTL + MINUTE / 2);
        place.shop.set(1, 12);
        assert!(place.cache.delete(price::key(1)).await.unwrap());
        assert_eq!(price(1, &place.shop).await, Ok(12));
        place.stored(3).await;

        place.pass(TTL + MINUTE / 2);
        place.shop.fail(true);
        assert!(place.cache.clear().await.unwrap().is_applied());
        assert_eq!(price(1, &place.shop).await, Err(Closed));
        assert_eq!(place.counts().stale, 0);
    })
    .await;
}

#[tokio::test]
async fn load_that_began_before_an_invalidation_is_not_kept() {
    every_store("fenced", async |place: &Place| {
        for by_group in [true, false] {
            let before = place.counts();
            place.cache.clear().await.unwrap();
            place.shop.set(1, 10);
            assert_eq!(price(1, &place.shop).await, Ok(10));
            place.stored(before.stores + 1).await;
            place.pass(TTL + MINUTE / 2);
            let held = place.shop.hold();
            let runs = place.shop.runs();
            place.shop.set(1, 11);
            assert_eq!(price(1, &place.shop).await, Ok(10));
            place.ran(runs + 1).await;

            place.shop.set(1, 12);
            if by_group {
                place.cache.invalidate("price:1").await.unwrap();
            } else {
                place.cache.delete(price::key(1)).await.unwrap();
            }
            held.release();
            while place.counts().stores_rejected == before.stores_rejected {
                tokio::task::yield_now().await;
            }
            assert_eq!(price(1, &place.shop).await, Ok(12));
        }
    })
    .await;
}

#[tokio::test]
async fn load_that_fails_leaves_the_old_value_and_a_later_call_tries_again() {
    every_store("failing", async |place: &Place| {
        make_old(place).await;
        place.shop.fail(true);
        assert_eq!(price(1, &place.shop).await, Ok(10));
        place.ran(2).await;
        place.settled().await;
        assert_eq!(price(1, &place.shop).await, Ok(10));
        place.ran(3).await;
        place.settled().await;
        place.shop.fail(false);
        assert_eq!(price(1, &place.shop).await, Ok(10));
        place.stored(2).await;
        assert_eq!(price(1, &place.shop).await, Ok(11));
    })
    .await;
}

#[tokio::test]
async fn value_that_is_no_longer_there_is_no_longer_served() {
    every_store("gone", async |place: &Place| {
        assert_eq!(found(1, &place.shop).await, Ok(Some(10)));
        place.stored(1).await;
        place.pass(TTL + MINUTE / 2);
        place.shop.set(1, None);
        assert_eq!(found(1, &place.shop).await, Ok(Some(10)));
        place.ran(2).await;
        let gone = async {
            while found(1, &place.shop).await != Ok(None) {
                tokio::task::yield_now().await;
            }
        };
        let gone = tokio::time::timeout(Duration::from_secs(10), gone).await;
        assert!(gone.is_ok(), "{:?}", place.counts());

        // Also after a load in the foreground.
        place.shop.set(1, 10);
        let stores = place.counts().stores;
        assert_eq!(found(1, &place.shop).await, Ok(Some(10)));
        place.stored(stores + 1).await;
        place.pass(TTL + MINUTE + MINUTE / 2);
        place.shop.set(1, None);
        assert_eq!(found(1, &place.shop).await, Ok(None));
        place.shop.fail(true);
        let gone = async {
            while found(1, &place.shop).await != Err(Closed) {
                tokio::task::yield_now().await;
            }
        };
        let gone = tokio::time::timeout(Duration::from_secs(10), gone).await;
        assert!(gone.is_ok(), "{:?}", place.counts());
    })
    .await;
}

#[tokio::test]
async fn load_that_panics_leaves_the_old_value() {
    every_store("panic", async |place: &Place| {
        assert_eq!(tagged(1, &place.shop).await, Ok(10));
        place.stored(1).await;
        place.pass(TTL + MINUTE / 2);
        place.shop.set(1, 13);
        assert_eq!(tagged(1, &place.shop).await, Ok(10));
        place.ran(2).await;
        place.settled().await;
        place.shop.set(1, 14);
        assert_eq!(tagged(1, &place.shop).await, Ok(10));
        place.stored(2).await;
        assert_eq!(tagged(1, &place.shop).await, Ok(14));
        // A tag covers it like any other.
        place.pass(TTL + MINUTE / 2);
        place.shop.set(1, 15);
        assert!(
            place
                .cache
                .invalidate_tag("prices")
                .await
                .unwrap()
                .is_applied()
        );
        assert_eq!(tagged(1, &place.shop).await, Ok(15));
    })
    .await;
}

#[tokio::test]
async fn new_value_goes_to_the_same_cache_whatever_is_around_the_call() {
    every_store("around", async |place: &Place| {
        make_old(place).await;
        let other = Cache::in_memory().unwrap();
        let answer = other.bypass(other.refresh(price(1, &place.shop))).await;
        assert_eq!(answer, Ok(10));
        place.stored(2).await;
        assert_eq!(price(1, &place.shop).await, Ok(11));
        assert_eq!(other.stats().total.loads, 0);

        // Inside a transaction it is loaded outside of it.
        place.pass(TTL + MINUTE / 2);
        place.shop.set(1, 12);
        let answer = place.cache.after(price(1, &place.shop)).await;
        assert_eq!(answer, Ok(11));
        place.stored(3).await;
        assert_eq!(price(1, &place.shop).await, Ok(12));
    })
    .await;
}

#[tokio::test]
async fn function_with_a_cache_of_its_own_loads_into_it_and_calls_others_in_that_of_its_caller() {
    every_store("chosen", async |place: &Place| {
        let own = place.aging.builder().namespace(namespace("own"));
        let own = own.build().unwrap();
        let call = || chosen(1, own.clone(), &place.shop);
        // Nothing is stored by the function that this one calls: it stays out of the way.
        assert_eq!(place.cache.bypass(call()).await, Ok(10));
        crate::stored(&own, 1).await;
        place.shop.set(1, 11);
        if place.aging.store == Store::Redis {
            // Only this place's entries are made older.
            return;
        }
        place.pass(TTL + MINUTE / 2);
        assert_eq!(call().await, Ok(10));
        place.stored(1).await;
        crate::stored(&own, 2).await;
        assert_eq!((own.stats().total.refreshes, place.counts().loads), (1, 1));
        assert_eq!(call().await, Ok(11));
    })
    .await;
}

#[tokio::test]
async fn who_waits_for_a_load_behind_an_answer_that_panics_loads() {
    every_store("handed", async |place: &Place| {
        assert_eq!(tagged(1, &place.shop).await, Ok(10));
        place.stored(1).await;
        place.pass(TTL + MINUTE / 2);
        place.shop.set(1, 13);
        let held = place.shop.hold();
        assert_eq!(tagged(1, &place.shop).await, Ok(10));
        place.ran(2).await;
        place.shop.set(1, 14);
        place.pass(MINUTE / 2);
        let waiting = tokio::spawn({
            let shop = place.shop.clone();
            place.cache.scope(async move { tagged(1, &shop).await })
        });
        place.settled().await;
        held.release();
        assert_eq!(waiting.await.unwrap(), Ok(14));
    })
    .await;
}

#[tokio::test]
async fn jitter_is_taken_off_the_ttl_and_not_off_the_window() {
    let place = Place::new(Store::Redis, "jitter", |builder| builder);
    let calls = async {
        for id in 0..20 {
            spread(id).await;
        }
    };
    place.cache.scope(calls).await;
    place.stored(20).await;
    let server = RedisServer::shared();
    let mut ttls = Vec::new();
    for key in server.keys(&format!("{}:spread:*", place.aging.namespace)) {
        let header = server.cli(&["GET", &key]);
        let mut fields = header.split(' ').skip_while(|field| *field != "v").skip(1);
        let mut field = || fields.next().unwrap().parse::<u64>().unwrap();
        let (ttl, stale) = (field(), field());
        assert_eq!(stale, 60_000);
        let remaining: u64 = server.cli(&["PTTL", &key]).parse().unwrap();
        assert!(remaining <= ttl + stale, "{remaining}: {header}");
        assert!(remaining + 10_000 > ttl + stale, "{remaining}: {header}");
        ttls.push(ttl);
    }
    ttls.sort_unstable();
    assert!(ttls[0] >= 50_000 && ttls[19] <= 100_000, "{ttls:?}");
    assert!(ttls[19] - ttls[0] > 5_000, "{ttls:?}");
}

#[tokio::test]
async fn inside_bypass_and_refresh_nothing_old_is_served() {
    every_store("modes", async |place: &Place| {
        make_old(place).await;
        let fresh = place.cache.bypass(price(1, &place.shop)).await;
        assert_eq!(fresh, Ok(11));
        let fresh = place.cache.refresh(price(1, &place.shop)).await;
        assert_eq!(fresh, Ok(11));
        assert_eq!(place.counts().stale, 0);
        // A refresh that fails says so.
        place.pass(TTL + MINUTE / 2);
        place.shop.fail(true);
        assert_eq!(
            place.cache.refresh(price(1, &place.shop)).await,
            Err(Closed)
        );
    })
    .await;
}

#[tokio::test]
async fn by_key_only_what_is_fresh_is_there() {
    every_store("by_key", async |place: &Place| {
        let (cache, key) = (&place.cache, || price::key(1));
        assert_eq!(price(1, &place.shop).await, Ok(10));
        place.stored(1).await;
        let near = |left: Duration, wanted: Duration| left <= wanted && left + MINUTE / 6 > wanted;
        assert!(near(cache.ttl(key()).await.unwrap().unwrap(), TTL));
        assert_eq!(cache.get::<u64>(key()).await.unwrap(), Some(10));
        assert!(cache.exists(key()).await.unwrap());

        place.pass(TTL + MINUTE / 2);
        assert_eq!(cache.ttl(key()).await.unwrap(), None);
        assert_eq!(cache.get::<u64>(key()).await.unwrap(), None);
        assert_eq!(cache.get_many::<u64>([key()]).await.unwrap(), [None]);
        assert!(!cache.exists(key()).await.unwrap());
        assert!(!cache.touch(key(), TTL).await.unwrap());
        assert_eq!(cache.take::<u64>(key()).await.unwrap(), None);

        // A value set by key has the windows of the function that reads it.
        cache.set(key(), &12_u64, TTL).await.unwrap();
        assert!(cache.touch(key(), 2 * TTL).await.unwrap());
        assert!(near(cache.ttl(key()).await.unwrap().unwrap(), 2 * TTL));
        place.pass(2 * TTL + MINUTE / 2);
        assert_eq!(price(1, &place.shop).await, Ok(12));
        assert_eq!(place.counts().stale, 1);
    })
    .await;
}

#[tokio::test]
async fn version_without_windows_loads_what_is_past_its_ttl() {
    every_store("versions", async |place: &Place| {
        make_old(place).await;
        assert_eq!(plain(1, &place.shop).await, Ok(11));
        place.stored(2).await;
        // What it has stored is fresh for as long as it is there.
        place.shop.set(1, 12);
        assert_eq!(price(1, &place.shop).await, Ok(11));
        place.pass(TTL);
        assert_eq!(price(1, &place.shop).await, Ok(12));
    })
    .await;
}

#[tokio::test]
async fn peek_shows_what_a_call_would_return_and_loads_nothing() {
    every_store("peek", async |place: &Place| {
        make_old(place).await;
        assert_eq!(price::peek(1).await, Some(Ok(10)));
        place.settled().await;
        assert_eq!((place.shop.runs(), place.counts().refreshes), (1, 0));
        place.pass(MINUTE);
        assert_eq!(price::peek(1).await, None);
    })
    .await;
}

#[tokio::test]
async fn another_process_sees_the_new_value() {
    let place = Place::new(Store::Redis, "processes", |builder| builder);
    let other = place.aging.builder().build().unwrap();
    place.cache.scope(make_old(&place)).await;
    let shop = Shop::new();
    shop.set(1, 12);
    other
        .scope(async {
            assert_eq!(price(1, &shop).await, Ok(10));
            crate::stored(&other, 1).await;
        })
        .await;
    assert_eq!(place.cache.scope(price(1, &place.shop)).await, Ok(12));
    assert_eq!(place.shop.runs(), 1);
}

#[tokio::test]
async fn entry_lives_for_its_ttl_and_the_longer_window() {
    let place = Place::new(Store::Redis, "layout", |builder| builder);
    place.cache.scope(price(1, &place.shop)).await.unwrap();
    place.stored(1).await;
    let server = RedisServer::shared();
    let [key] = &server.keys(&format!("{}:price:1:*", place.aging.namespace))[..] else {
        panic!("one entry");
    };
    let header = server.cli(&["GET", key]);
    assert!(header.contains(" v 100000 120000 "), "{header}");
    let remaining: u64 = server.cli(&["PTTL", key]).parse().unwrap();
    assert!((210_000..=220_000).contains(&remaining), "{remaining}");
    for marker in server.keys(&format!("{}:%*", place.aging.namespace)) {
        let remaining: u64 = server.cli(&["PTTL", &marker]).parse().unwrap();
        assert!(remaining > 500_000, "{marker}: {remaining}");
    }
}

#[test]
fn without_a_runtime_the_old_value_is_the_answer() {
    let place = Place::new(Store::Memory, "no_runtime", |builder| builder);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(place.cache.scope(make_old(&place)));
    drop(runtime);
    let call = place.cache.scope(price(1, &place.shop));
    let mut call = std::pin::pin!(call);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let answer = call.as_mut().poll(&mut context);
    assert_eq!(answer, std::task::Poll::Ready(Ok(10)));
    assert_eq!(place.shop.runs(), 1);
}
