//! Arguments that the body takes away.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[cached(prefix = "taken:{name}")]
async fn taken(name: String, list: Vec<u8>) -> (String, Vec<u8>) {
    Runs::add();
    let give = move || (name, list);
    give()
}

#[invalidates("taken:{name}", taken(name, list))]
async fn change(name: String, list: Vec<u8>) -> (String, Vec<u8>) {
    (name, list)
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| taken("a".to_owned(), vec![1])).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(
        || taken("a".to_owned(), vec![1]),
        || taken("a".to_owned(), vec![2]),
    )
    .await;
}

#[tokio::test]
async fn writes_invalidate() {
    let call = || taken("a".to_owned(), vec![1]);
    check_invalidates(call, change("a".to_owned(), vec![1])).await;
}
