//! Attributes on parameters: one that is compiled out does not count.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[cached]
async fn sum(
    id: u64,
    #[cfg(any())] trace: Trace,
    #[cfg(not(any()))] more: u64,
    #[allow(unused_variables)] idle: u8,
) -> u64 {
    Runs::add();
    id + more
}

#[invalidates(sum(id, more, 0))]
async fn change(id: u64, #[cfg(any())] trace: Trace, #[cfg(not(any()))] more: u64) {}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| sum(1, 2, 0)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| sum(1, 2, 0), || sum(2, 1, 0)).await;
    check_miss(|| sum(1, 2, 0), || sum(1, 2, 1)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| sum(1, 2, 0), change(1, 2)).await;
}
