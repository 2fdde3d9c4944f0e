//! `#[allow]` and `#[expect]`: companions, which have the same types, may do what the function may.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[cached(prefix = "of:{Id}")]
#[allow(non_snake_case, clippy::ptr_arg)]
async fn named(Id: String, list: &Vec<u8>) -> usize {
    Runs::add();
    Id.len() + list.len()
}

#[cached]
#[expect(non_snake_case)]
async fn idle(#[cached(skip)] First: u32, second: u32) -> u32 {
    Runs::add() + First + second
}

#[allow(non_snake_case)]
#[invalidates("of:{Id}")]
async fn Change(Id: String) -> usize {
    Id.len()
}

#[tokio::test]
async fn equal_calls_hit() {
    check(async || named("a".to_owned(), &vec![1]).await).await;
    check(|| idle(1, 2)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| idle(1, 2), || idle(1, 3)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    let list = vec![1];
    check_invalidates(|| named("a".to_owned(), &list), Change("a".to_owned())).await;
}
