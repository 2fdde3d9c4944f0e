//! `Option`: what is in it is stored, `None` is not.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss, check_uncached};

#[cached]
async fn positive(n: u32) -> Option<u32> {
    Runs::add();
    (n > 0).then_some(n)
}

#[cached(cache_none = "30s")]
async fn positive_or_not(n: u32) -> Option<u32> {
    Runs::add();
    (n > 0).then_some(n)
}

#[invalidates(positive(n))]
async fn change(n: u32) -> Option<()> {
    None
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| positive(1)).await;
    check(|| positive_or_not(0)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| positive(1), || positive(2)).await;
    check_uncached(|| positive(0)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| positive(1), change(1)).await;
}
