//! An optional argument, owned or borrowed.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_keeps, check_miss};

#[cached(prefix = "page:{page}")]
async fn listed(filter: Option<&str>, page: Option<u32>) -> String {
    Runs::add();
    format!("{filter:?}{page:?}")
}

#[invalidates(listed(filter, page))]
async fn change(filter: Option<&str>, page: Option<u32>) {}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| listed(None, None)).await;
    check(|| listed(Some("a"), Some(1))).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| listed(None, None), || listed(Some(""), None)).await;
    check_miss(|| listed(None, None), || listed(None, Some(0))).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| listed(Some("a"), None), change(Some("a"), None)).await;
    check_keeps(|| listed(Some("a"), None), change(None, None)).await;
}
