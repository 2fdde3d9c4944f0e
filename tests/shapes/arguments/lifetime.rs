//! A lifetime with a name.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[cached(prefix = "longest:{one}")]
async fn longest<'a>(one: &'a str, other: &'a str) -> usize {
    Runs::add();
    let longest: &'a str = if one.len() > other.len() { one } else { other };
    longest.len()
}

#[invalidates("longest:{one}")]
async fn change<'a>(one: &'a str, kept: &'a mut Vec<&'a str>) -> &'a [&'a str] {
    kept.push(one);
    kept
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| longest("a", "b")).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| longest("ab", "c"), || longest("a", "bc")).await;
}

#[tokio::test]
async fn writes_invalidate() {
    let kept = &mut Vec::new();
    assert_eq!(
        check_invalidates(|| longest("a", "b"), change("a", kept)).await,
        ["a"]
    );
}
