//! `#[must_use]`, `#[inline]`, `#[deprecated]`, `#[cfg_attr]`, `#[cold]`.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[must_use]
#[cached]
#[inline]
#[cfg_attr(all(), cold)]
async fn hinted(n: u32) -> u32 {
    Runs::add() + n
}

#[cached]
#[deprecated = "old"]
async fn outdated(n: u32) -> u32 {
    Runs::add() + n
}

#[cfg_attr(all(), cached(prefix = "conditional:{n}"))]
#[cfg_attr(any(), cached(prefix = "{never}"))]
async fn conditional(n: u32) -> u32 {
    Runs::add() + n
}

#[invalidates(hinted(n))]
#[must_use]
#[deprecated = "old"]
#[inline]
async fn change(n: u32) -> u32 {
    n
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| hinted(1)).await;
    check(|| conditional(1)).await;
    #[allow(deprecated)]
    check(|| outdated(1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| hinted(1), || hinted(2)).await;
    check_miss(|| conditional(1), || conditional(2)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    #[allow(deprecated)]
    let change = change(1);
    check_invalidates(|| hinted(1), change).await;
}
