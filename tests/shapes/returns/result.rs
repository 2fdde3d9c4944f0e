//! `Result`: what is in `Ok` is stored, `Err` is not.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_keeps, check_miss, check_uncached};

/// Neither serde nor `Clone`.
#[derive(Debug, PartialEq)]
struct Failure;

#[cached]
async fn positive(n: u32) -> Result<u32, Failure> {
    Runs::add();
    (n > 0).then_some(n).ok_or(Failure)
}

#[cached(cache_err = "5s")]
async fn fails_for_a_while(n: u32) -> Result<u32, String> {
    Runs::add();
    (n > 0).then_some(n).ok_or("zero".to_owned())
}

#[invalidates(positive(n))]
async fn change(n: u32, result: Result<u32, Failure>) -> Result<u32, Failure> {
    result
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| positive(1)).await;
    check(|| fails_for_a_while(0)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| positive(1), || positive(2)).await;
    check_uncached(|| positive(0)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| positive(1), change(1, Ok(1)))
        .await
        .unwrap();
    check_keeps(|| positive(1), change(1, Err(Failure)))
        .await
        .unwrap_err();
}
