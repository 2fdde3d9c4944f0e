//! `Option<Result<T, E>>`: `T` is stored, neither `None` nor an `Err` inside is.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss, check_uncached};

#[cached]
async fn next(n: u32) -> Option<Result<u32, String>> {
    Runs::add();
    (n != 1).then(|| n.checked_sub(1).ok_or("zero".to_owned()))
}

/// The inner `Option` is the value.
#[cached]
async fn deeper(n: u32) -> Option<Result<Option<u32>, String>> {
    Runs::add();
    (n != 1).then(|| (n != 0).then_some(None).ok_or("zero".to_owned()))
}

#[invalidates(next(n))]
async fn change(n: u32) -> Option<Result<u32, String>> {
    None
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| next(2)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| next(2), || next(3)).await;
    check_uncached(|| next(1)).await;
    check_uncached(|| next(0)).await;
}

#[tokio::test]
async fn what_is_deeper_is_part_of_the_value() {
    check(|| deeper(2)).await;
    check_uncached(|| deeper(1)).await;
    check_uncached(|| deeper(0)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| next(2), change(2)).await;
}
