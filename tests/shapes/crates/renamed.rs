//! A crate that gives cached-core another name.

use renamed::{change, double, half};

use crate::{Runs, check, check_invalidates, check_keeps, check_miss};

#[tokio::test]
async fn equal_calls_hit() {
    check(async || double(1, Runs::add).await.unwrap()).await;
    check(async || half(1, Runs::add).await.unwrap()).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| double(1, Runs::add), || double(2, Runs::add)).await;
    check_miss(|| double(1, Runs::add), || half(1, Runs::add)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| double(1, Runs::add), change(1)).await;
    check_keeps(|| double(1, Runs::add), change(2)).await;
}
