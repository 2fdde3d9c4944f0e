//! A tuple taken apart.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_keeps, check_miss};

#[cached(prefix = "area:{width}")]
async fn area((width, mut height): (u64, u64)) -> u64 {
    Runs::add();
    height *= width;
    height
}

#[invalidates("area:{width}", area((width, height)))]
async fn change((width, height): (u64, u64)) {}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| area((2, 3))).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| area((2, 3)), || area((3, 2))).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| area((2, 3)), change((2, 4))).await;
    check_keeps(|| area((2, 3)), change((3, 2))).await;
}
