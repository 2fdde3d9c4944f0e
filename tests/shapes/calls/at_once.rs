//! Equal calls at the same moment: one body runs for all.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[cached]
async fn slow(id: u64) -> u64 {
    Runs::add();
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    id
}

#[invalidates(slow(id))]
async fn change(id: u64) {}

#[tokio::test]
async fn equal_calls_hit() {
    check(async || tokio::join!(slow(1), slow(1), async { slow(1).await })).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| slow(1), || slow(2)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| slow(1), async { tokio::join!(change(1), change(1)) }).await;
}
