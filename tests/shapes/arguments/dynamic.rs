//! A value known by its trait alone, left out of the key.

use std::fmt::Display;

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[cached(prefix = "told:{id}")]
async fn told(
    id: u64,
    #[cached(skip)] by: &(dyn Display + Sync),
    #[cached(skip)] then: Box<dyn Fn(u64) -> u64 + Send>,
) -> String {
    Runs::add();
    format!("{by}{}", then(id))
}

#[invalidates("told:{id}")]
async fn change(id: u64, by: &dyn Display) -> String {
    by.to_string()
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| told(1, &"a", Box::new(|id| id))).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(
        || told(1, &"a", Box::new(|id| id)),
        || told(2, &"a", Box::new(|id| id)),
    )
    .await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| told(1, &"a", Box::new(|id| id)), change(1, &"b")).await;
}
