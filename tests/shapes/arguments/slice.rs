//! A borrowed slice.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_keeps, check_miss};

#[cached]
async fn total(numbers: &[u32]) -> u32 {
    Runs::add();
    numbers.iter().sum()
}

#[invalidates(total(numbers))]
async fn change(numbers: &[u32]) {}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| total(&[1, 2])).await;
    check(|| total(&[])).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| total(&[1, 2]), || total(&[2, 1])).await;
    check_miss(|| total(&[]), || total(&[0])).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| total(&[1, 2]), change(&[1, 2])).await;
    check_keeps(|| total(&[1, 2]), change(&[1])).await;
}
