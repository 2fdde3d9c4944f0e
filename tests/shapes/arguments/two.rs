//! Two arguments: what belongs to the one never counts as the other's.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_keeps, check_miss};

#[cached(prefix = "joined:{first}:{second}")]
async fn joined(first: &str, second: &str) -> String {
    Runs::add();
    format!("{first}{second}")
}

#[invalidates("joined:{second}:{first}")]
async fn change(first: &str, second: &str) {}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| joined("a:", "*")).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| joined("ab", "c"), || joined("a", "bc")).await;
    check_miss(|| joined("a:b", "c"), || joined("a", "b:c")).await;
    check_miss(|| joined("", "a"), || joined("a", "")).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| joined("a", "b"), change("b", "a")).await;
    check_keeps(|| joined("a", "b"), change("a", "b")).await;
}
