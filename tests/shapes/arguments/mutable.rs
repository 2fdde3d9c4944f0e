//! A parameter that the body changes: the key is what the caller gave.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_keeps, check_miss};

#[cached(prefix = "double:{id}")]
async fn double(mut id: u64) -> u64 {
    Runs::add();
    id *= 2;
    id
}

#[invalidates("double:{id}")]
async fn change(mut id: u64) -> u64 {
    id *= 2;
    id
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| double(4)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| double(4), || double(8)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    assert_eq!(check_invalidates(|| double(4), change(4)).await, 8);
    check_keeps(|| double(4), change(2)).await;
}
