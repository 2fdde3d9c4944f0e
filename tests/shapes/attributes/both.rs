//! `#[cached]` and `#[invalidates]` on one function, in both orders: only a call whose body ran invalidates.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_keeps, check_miss};

#[cached(prefix = "user:{id}")]
async fn user(id: u64) -> u32 {
    Runs::add();
    u32::try_from(id).unwrap()
}

#[cached(prefix = "synchronised:{id}")]
#[invalidates(user(id))]
async fn cached_above(id: u64) -> Result<u64, String> {
    Runs::add();
    Ok(id)
}

#[invalidates(user(id))]
#[cached(prefix = "synchronised:{id}")]
async fn cached_below(id: u64) -> Result<u64, String> {
    Runs::add();
    Ok(id)
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| cached_above(1)).await;
    check(|| cached_below(1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| cached_above(1), || cached_above(2)).await;
    check_miss(|| cached_below(1), || cached_below(2)).await;
    check_miss(|| cached_above(1), || cached_below(1)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| user(1), cached_above(1))
        .await
        .unwrap();
    check_invalidates(|| user(1), cached_below(1))
        .await
        .unwrap();
    check_keeps(|| user(1), cached_below(2)).await.unwrap();
}
