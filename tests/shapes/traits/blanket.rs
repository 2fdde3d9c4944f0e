//! An `impl` for all types that have another trait.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

trait Doubled {
    async fn doubled(&self, more: u64) -> u64;
    async fn change(&self, more: u64);
}

impl<T: Into<u64> + Clone> Doubled for T {
    #[cached(companions = off, key = (self.clone().into(), more), prefix = "doubled:{more}")]
    async fn doubled(&self, more: u64) -> u64 {
        Runs::add();
        self.clone().into() * 2 + more
    }

    #[invalidates("doubled:{more}")]
    async fn change(&self, more: u64) {}
}

#[tokio::test]
async fn equal_calls_hit() {
    check(async || 1_u8.doubled(1).await).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(
        async || 1_u8.doubled(1).await,
        async || 2_u8.doubled(1).await,
    )
    .await;
    check_miss(
        async || 1_u8.doubled(1).await,
        async || 1_u16.doubled(1).await,
    )
    .await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(async || 1_u8.doubled(1).await, 1_u8.change(1)).await;
}
