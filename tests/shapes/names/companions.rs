//! Functions that are called as companions are.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[cached]
async fn key(key: u32) -> u32 {
    Runs::add() + key
}

#[cached]
async fn refresh(peek: u32) -> u32 {
    Runs::add() + peek
}

#[cached]
async fn invalidate(uncached: u32) -> u32 {
    Runs::add() + uncached
}

#[invalidates(key(peek), refresh(peek))]
async fn peek(peek: u32) {}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| key(1)).await;
    check(|| refresh(1)).await;
    check(|| invalidate(1)).await;
    assert_eq!(key::key(1), key::key(1));
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| key(1), || refresh(1)).await;
    check_miss(|| invalidate(1), || invalidate(2)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| key(1), peek(1)).await;
    check_invalidates(|| refresh(1), peek(1)).await;
}
