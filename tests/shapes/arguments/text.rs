//! Borrowed text.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_keeps, check_miss};

#[cached(prefix = "greeting:{name}")]
async fn greeting(name: &str) -> String {
    Runs::add();
    format!("Hello {name}")
}

#[invalidates("greeting:{name}")]
async fn change(name: &str) {}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| greeting("a:b*")).await;
    check(|| greeting("")).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| greeting("a"), || greeting("b")).await;
    check_miss(|| greeting("a"), || greeting("A")).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| greeting("a:b"), change("a:b")).await;
    check_keeps(|| greeting("a:b"), change("a")).await;
    check_keeps(|| greeting("a:b"), change("*")).await;
}
