//! Functions of one name in two modules, and under two conditions.

use crate::{check, check_invalidates, check_keeps, check_miss};

mod one {
    #[cached_core::cached(prefix = "same:{n}")]
    pub(super) async fn same(n: u32) -> u32 {
        crate::Runs::add() + n
    }
}

mod two {
    #[cached_core::cached(prefix = "same:{n}")]
    pub(super) async fn same(n: u32) -> u32 {
        crate::Runs::add() + n
    }
}

#[cfg(any())]
#[cached_core::cached]
async fn either(n: Absent) -> Absent {
    n
}

#[cached_core::cached]
#[cfg(not(any()))]
async fn either(n: u32) -> u32 {
    crate::Runs::add() + n
}

#[cached_core::invalidates(one::same(..))]
async fn change() {}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| one::same(1)).await;
    check(|| two::same(1)).await;
    check(|| either(1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| one::same(1), || two::same(1)).await;
    check_miss(|| either(1), || either(2)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| one::same(1), change()).await;
    check_keeps(|| two::same(1), change()).await;
}
