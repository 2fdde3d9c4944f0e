//! A pattern with a name for the whole, and one that takes a reference away.

use cached_core::{cached, invalidates};
use serde::Serialize;

use crate::{Runs, check, check_invalidates, check_keeps, check_miss};

#[derive(Clone, Copy, Serialize)]
struct Id(u64);

#[cached(prefix = "next:{number}")]
async fn next(whole @ Id(number): Id, &step: &u64) -> u64 {
    Runs::add();
    whole.0 + number + step
}

#[invalidates("next:{whole}")]
async fn change(whole @ Id(_): Id) -> u64 {
    whole.0
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| next(Id(1), &2)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| next(Id(1), &2), || next(Id(2), &2)).await;
    check_miss(|| next(Id(1), &2), || next(Id(1), &3)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| next(Id(1), &2), change(Id(1))).await;
    check_keeps(|| next(Id(1), &2), change(Id(2))).await;
}
