//! A value as it is.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_keeps, check_miss};

#[cached(prefix = "double:{n}")]
async fn double(n: u32) -> u32 {
    Runs::add();
    n * 2
}

#[invalidates("double:{n}", "double:{ret}")]
async fn change(n: u32) -> u32 {
    n + 1
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| double(1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| double(1), || double(2)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| double(1), change(1)).await;
    check_invalidates(|| double(1), change(0)).await;
    check_keeps(|| double(1), change(2)).await;
}
