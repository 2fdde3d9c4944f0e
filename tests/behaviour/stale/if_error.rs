//! The old value stands in for an error.

use std::cell::Cell;

use cached_core::cached;
use serde::{Deserialize, Serialize};
use tests::Store;

use super::{
    Closed, MINUTE, Place, Shop, TTL, every_store,
    functions::{kept, offer, price},
    make_old,
};

#[tokio::test]
async fn old_value_stands_in_for_an_error_within_its_window() {
    every_store("stand_in", async |place: &Place| {
        assert_eq!(offer(1, &place.shop).await, Ok(10));
        place.stored(1).await;
        place.pass(TTL + MINUTE / 2);
        place.shop.set(1, 11);
        place.shop.fail(true);
        assert_eq!(offer(1, &place.shop).await, Ok(10));
        assert_eq!(place.shop.runs(), 2);
        let counts = place.counts();
        assert_eq!((counts.stale, counts.misses, counts.hits), (1, 2, 0));

        place.shop.fail(false);
        assert_eq!(offer(1, &place.shop).await, Ok(11));
        place.stored(2).await;
        assert_eq!(offer(1, &place.shop).await, Ok(11));

        place.pass(TTL + MINUTE);
        place.shop.fail(true);
        assert_eq!(offer(1, &place.shop).await, Err("closed".to_owned()));
        assert_eq!(offer(2, &place.shop).await, Err("closed".to_owned()));
        assert_eq!(place.counts().stale, 1);
    })
    .await;
}

#[tokio::test]
async fn error_that_is_kept_takes_no_place_of_a_value_that_stands_in() {
    every_store("kept", async |place: &Place| {
        assert_eq!(kept(1, &place.shop).await, Ok(10));
        place.stored(1).await;
        place.pass(TTL + MINUTE / 2);
        place.shop.fail(true);
        for _ in 0..3 {
            assert_eq!(kept(1, &place.shop).await, Ok(10));
            place.settled().await;
        }
        assert_eq!(place.counts().stores, 1);

        // Past the window it is kept, and stands in for nothing itself.
        place.pass(MINUTE);
        assert_eq!(kept(1, &place.shop).await, Err("closed".to_owned()));
        place.stored(2).await;
        place.shop.fail(false);
        assert_eq!(kept(1, &place.shop).await, Err("closed".to_owned()));
        place.pass(TTL);
        place.shop.fail(true);
        assert_eq!(kept(1, &place.shop).await, Err("closed".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn each_caller_that_waited_has_its_own_old_value() {
    every_store("waiting", async |place: &Place| {
        assert_eq!(offer(1, &place.shop).await, Ok(10));
        place.stored(1).await;
        make_old(place).await;
        place.pass(MINUTE / 3);
        let held = place.shop.hold();
        let runs = place.shop.runs();
        // One kind of error can be shared with those who wait, the other cannot.
        let calls = |number: u64| {
            let shop = place.shop.clone();
            place.cache.scope(async move {
                match number % 2 {
                    0 => offer(1, &shop).await.unwrap(),
                    _ => price(1, &shop).await.unwrap(),
                }
            })
        };
        let calls: Vec<_> = (0..64).map(|number| tokio::spawn(calls(number))).collect();
        place.ran(runs + 2).await;
        for _ in 0..20 {
            place.settled().await;
        }
        place.shop.fail(true);
        held.release();
        for call in calls {
            assert_eq!(call.await.unwrap(), 10);
        }
        // Nobody runs a body that has just failed.
        assert!(place.shop.runs() <= runs + 4, "{} runs", place.shop.runs());
    })
    .await;
}

#[tokio::test]
async fn old_value_stands_in_while_a_load_behind_an_answer_runs() {
    every_store("both", async |place: &Place| {
        make_old(place).await;
        let held = place.shop.hold();
        assert_eq!(price(1, &place.shop).await, Ok(10));
        place.ran(2).await;
        // Now only in place of an error.
        place.pass(MINUTE);
        let waiting = place.call_price();
        place.settled().await;
        place.shop.fail(true);
        held.release();
        assert_eq!(waiting.await.unwrap(), Ok(10));
        place.pass(MINUTE);
        assert_eq!(price(1, &place.shop).await, Err(Closed));
    })
    .await;
}

thread_local! {
    static CLONES: Cell<u32> = const { Cell::new(0) };
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Counted(u64);

impl Clone for Counted {
    fn clone(&self) -> Self {
        CLONES.set(CLONES.get() + 1);
        Self(self.0)
    }
}

#[cached(ttl = TTL, stale_if_error = "1m")]
async fn counted(id: u64, #[cached(skip)] shop: &Shop) -> Result<Counted, Closed> {
    shop.load(id).await?.map(Counted).ok_or(Closed)
}

#[tokio::test]
async fn old_value_that_was_decoded_for_its_call_is_not_copied() {
    every_store("copied", async |place: &Place| {
        assert_eq!(counted(1, &place.shop).await, Ok(Counted(10)));
        place.stored(1).await;
        place.pass(TTL + MINUTE / 2);
        place.shop.fail(true);
        CLONES.set(0);
        assert_eq!(counted(1, &place.shop).await, Ok(Counted(10)));
        // In memory the store keeps its own.
        assert_eq!(CLONES.get(), u32::from(place.aging.store == Store::Memory));
    })
    .await;
}
