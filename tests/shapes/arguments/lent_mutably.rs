//! A mutable borrow: the key is what it held when the function was called, and a hit changes nothing.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss, in_cache};

#[cached]
async fn extended(list: &mut Vec<u8>) -> usize {
    Runs::add();
    list.push(1);
    list.len()
}

#[invalidates(extended(&mut list.clone()))]
async fn change(list: &mut Vec<u8>) {
    list.clear();
}

#[tokio::test]
async fn equal_calls_hit() {
    check(async || extended(&mut vec![1]).await).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(
        async || extended(&mut vec![1]).await,
        async || extended(&mut vec![2]).await,
    )
    .await;
}

#[tokio::test]
async fn a_hit_leaves_it_as_it_is() {
    in_cache(async {
        let (mut first, mut second) = (vec![1], vec![1]);
        assert_eq!(extended(&mut first).await, extended(&mut second).await);
        assert_eq!((first.len(), second.len()), (2, 1));
    })
    .await;
}

#[tokio::test]
async fn writes_invalidate() {
    let mut list = vec![1];
    check_invalidates(async || extended(&mut vec![1]).await, change(&mut list)).await;
    assert!(list.is_empty());
}
