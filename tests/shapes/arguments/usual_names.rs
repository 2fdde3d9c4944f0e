//! Parameters with the names that an expansion would like to use.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[cached(prefix = "by:{cache}:{key}:{result}:{redis}:{cache_key}")]
#[expect(clippy::too_many_arguments)]
async fn sum(
    cache: u8,
    key: u8,
    result: u8,
    redis: u8,
    cache_key: u8,
    codec: u8,
    load: u8,
    value: u8,
    ttl: u8,
    self_: u8,
    __key: u8,
    conn: u8,
) -> u8 {
    Runs::add();
    cache + key + result + redis + cache_key + codec + load + value + ttl + self_ + __key + conn
}

#[invalidates("by:{cache}:{key}:{result}:{redis}:{cache_key}")]
async fn change(cache: u8, key: u8, result: u8, redis: u8, cache_key: u8) {}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| sum(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(
        || sum(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
        || sum(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 11),
    )
    .await;
}

#[tokio::test]
async fn writes_invalidate() {
    let call = || sum(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
    check_invalidates(call, change(1, 2, 3, 4, 5)).await;
}
