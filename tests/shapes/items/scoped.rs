//! Visibility for a part of the crate: companions have the same.

use crate::{check, check_invalidates, check_miss};

mod inside {
    use cached_core::{cached, invalidates};

    use crate::Runs;

    /// Documented.
    #[cached(prefix = "a:{n}", ttl = "1h")]
    pub(in crate::items) async fn in_path(n: u32) -> u32 {
        Runs::add() + n
    }

    #[cached]
    pub(super) async fn above(n: u32) -> u32 {
        Runs::add() + n
    }

    #[cached]
    pub(crate) async fn in_crate(n: u32) -> u32 {
        Runs::add() + n
    }

    #[invalidates(in_path(n), super::inside::above(n))]
    pub(in crate::items) async fn change(n: u32) {}
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| inside::in_path(1)).await;
    check(|| inside::above(1)).await;
    check(|| inside::in_crate(1)).await;
    assert_eq!(inside::in_path::key(1), inside::in_path::key(1));
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| inside::in_path(1), || inside::in_path(2)).await;
    check_miss(|| inside::in_path(1), || inside::above(1)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| inside::in_path(1), inside::change(1)).await;
    check_invalidates(|| inside::above(1), inside::change(1)).await;
}
