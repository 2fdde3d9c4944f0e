//! No `self`, in an `impl`.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

struct Prices;
struct Rates;

impl Prices {
    #[cached(companions = off, prefix = "price:{item}")]
    async fn of(item: u32) -> u32 {
        Runs::add();
        item * 3
    }

    #[invalidates("price:{item}")]
    async fn change(item: u32) -> Self {
        let _ = item;
        Self
    }
}

impl Rates {
    #[cached(companions = off, prefix = "price:{item}")]
    async fn of(item: u32) -> u32 {
        Runs::add();
        item * 3
    }
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| Prices::of(2)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| Prices::of(2), || Prices::of(3)).await;
    check_miss(|| Prices::of(2), || Rates::of(2)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| Prices::of(2), Prices::change(2)).await;
}
