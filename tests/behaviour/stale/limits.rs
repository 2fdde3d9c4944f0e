//! The limits of loads behind answers, and of calls that wait.

use super::{MINUTE, Place, TTL, functions::price, with_settings};

#[tokio::test]
async fn beyond_the_limit_the_old_value_is_the_answer_and_is_loaded_later() {
    with_settings(
        "refreshes",
        |builder| builder.background_refreshes(1),
        async |place: &Place| {
            assert_eq!(price(1, &place.shop).await, Ok(10));
            assert_eq!(price(2, &place.shop).await, Ok(20));
            place.stored(2).await;
            place.pass(TTL + MINUTE / 2);
            let held = place.shop.hold();
            assert_eq!(price(1, &place.shop).await, Ok(10));
            place.ran(3).await;
            assert_eq!(price(2, &place.shop).await, Ok(20));
            place.settled().await;
            assert_eq!(place.shop.runs(), 3);
            let counts = place.counts();
            assert_eq!((counts.refreshes, counts.refreshes_skipped), (1, 1));
            held.release();
            place.stored(3).await;
            assert_eq!(price(2, &place.shop).await, Ok(20));
            place.stored(4).await;
            assert_eq!(place.shop.runs(), 4);
        },
    )
    .await;
}

#[tokio::test]
async fn one_caller_too_many_runs_its_own_body() {
    with_settings(
        "crowd",
        |builder| builder.waiting_callers(2),
        async |place: &Place| {
            let held = place.shop.hold();
            let call = || {
                let shop = place.shop.clone();
                tokio::spawn(place.cache.scope(async move { price(1, &shop).await }))
            };
            let first = call();
            place.ran(1).await;
            let waiting = [call(), call()];
            // They have looked, and wait.
            while place.counts().misses < 3 {
                tokio::task::yield_now().await;
            }
            place.settled().await;
            assert_eq!(place.shop.runs(), 1);
            let more = [call(), call()];
            place.ran(3).await;
            held.release();
            for call in [first].into_iter().chain(waiting).chain(more) {
                assert_eq!(call.await.unwrap(), Ok(10));
            }
            assert_eq!((place.shop.runs(), place.counts().crowded), (3, 2));
            // Who has gone makes room.
            place.stored(1).await;
            assert_eq!(price(1, &place.shop).await, Ok(10));
        },
    )
    .await;
}

#[test]
fn limits_of_nothing_are_refused() {
    for builder in [
        cached_core::Cache::builder().waiting_callers(0),
        cached_core::Cache::builder().background_refreshes(0),
    ] {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), cached_core::ErrorKind::Config);
    }
}
