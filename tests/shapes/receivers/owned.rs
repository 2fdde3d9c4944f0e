//! `self` and `mut self`.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

struct Order(u32);

impl Order {
    #[cached(prefix = "order:{self.0}")]
    async fn price(mut self, count: u32) -> u32 {
        Runs::add();
        self.0 += count;
        self.0
    }

    #[invalidates("order:{self.0}")]
    async fn cancel(self) -> Self {
        self
    }
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| Order(1).price(2)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| Order(1).price(2), || Order(1).price(3)).await;
    check_miss(|| Order(1).price(2), || Order(2).price(2)).await;
}

#[tokio::test]
async fn companions_are_methods() {
    assert_eq!(Order(1).price_uncached(2).await, 3);
    assert_eq!(Order(1).price_key(2), Order(1).price_key(2));
}

#[tokio::test]
async fn writes_invalidate() {
    let order = check_invalidates(|| Order(1).price(2), Order(1).cancel()).await;
    assert_eq!(order.0, 1);
}
