//! No argument at all.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[cached]
async fn answer() -> u32 {
    Runs::add();
    42
}

#[cached]
async fn question() -> u32 {
    Runs::add();
    42
}

#[invalidates(answer())]
async fn change() {}

#[tokio::test]
async fn equal_calls_hit() {
    check(answer).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(answer, question).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(answer, change()).await;
}
