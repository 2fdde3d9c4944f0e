//! Nothing, written or not.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[cached]
async fn unwritten(n: u32) {
    Runs::add();
    let _ = n;
}

#[cached]
async fn written(n: u32) -> () {
    Runs::add();
    let _ = n;
}

#[cached]
async fn empty(n: u32) {}

#[invalidates(unwritten(n), written(n))]
async fn change(n: u32) -> () {}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| unwritten(1)).await;
    check(|| written(1)).await;
    empty(1).await;
    empty(1).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| unwritten(1), || unwritten(2)).await;
    check_miss(|| unwritten(1), || written(1)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| unwritten(1), change(1)).await;
    check_invalidates(|| written(1), change(1)).await;
}
