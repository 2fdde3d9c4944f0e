//! Documentation, asked for by the crate: it stays on the function.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

/// The double of a number.
#[cached]
pub(crate) async fn double(n: u32) -> u32 {
    Runs::add();
    n * 2
}

#[doc = "The triple of a number."]
#[doc(alias = "three")]
#[cached]
pub(crate) async fn triple(n: u32) -> u32 {
    Runs::add();
    n * 3
}

/// Changes the double of a number: see [`double`].
#[invalidates(double(n))]
pub(crate) async fn change(n: u32) {}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| double(1)).await;
    check(|| triple(1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| double(1), || double(2)).await;
    check_miss(|| double(1), || triple(1)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| double(1), change(1)).await;
}
