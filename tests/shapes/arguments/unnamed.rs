//! A parameter without a name is not part of the key, so it may be of any type; one that is only unused is.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

/// Neither serde nor `Clone`.
struct Db(());

#[cached]
async fn run(_: Db, _unused: u8) -> u32 {
    Runs::add()
}

#[invalidates(run(Db(()), _unused))]
async fn change(_: Db, _unused: u8) {}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| run(Db(()), 1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| run(Db(()), 1), || run(Db(()), 2)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| run(Db(()), 1), change(Db(()), 1)).await;
}
