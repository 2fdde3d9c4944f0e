//! An array taken apart.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_keeps, check_miss};

#[cached]
async fn first_and_last([first, .., last]: [u8; 4]) -> u8 {
    Runs::add();
    last - first
}

#[invalidates(first_and_last([first, 0, 0, last]))]
async fn change([first, last]: [u8; 2]) {}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| first_and_last([1, 2, 3, 4])).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(
        || first_and_last([1, 2, 3, 4]),
        || first_and_last([1, 2, 3, 5]),
    )
    .await;
    check_miss(
        || first_and_last([1, 2, 3, 4]),
        || first_and_last([2, 2, 3, 4]),
    )
    .await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| first_and_last([1, 2, 3, 4]), change([1, 4])).await;
    check_keeps(|| first_and_last([1, 2, 3, 4]), change([1, 3])).await;
}
