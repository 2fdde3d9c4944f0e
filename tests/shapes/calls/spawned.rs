//! A call as a task of its own, on any thread.

use cached_core::{Cache, cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[cached]
async fn sum(list: Vec<u64>, more: &'static str) -> u64 {
    Runs::add();
    tokio::task::yield_now().await;
    list.iter().sum::<u64>() + more.len() as u64
}

#[invalidates(sum(list, more))]
async fn change(list: Vec<u64>, more: &'static str) {}

async fn spawned<R: Send + 'static>(call: impl Future<Output = R> + Send + 'static) -> R {
    tokio::spawn(Cache::current().scope(call)).await.unwrap()
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| spawned(sum(vec![1], "a"))).await;
    assert_eq!(spawned(sum::refresh(vec![1], "a")).await, 2);
    assert_eq!(spawned(sum::uncached(vec![1], "a")).await, 2);
    assert_eq!(spawned(sum::peek(vec![1], "b")).await, None);
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| spawned(sum(vec![1], "a")), || spawned(sum(vec![2], "a"))).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| spawned(sum(vec![1], "a")), spawned(change(vec![1], "a"))).await;
    let invalidated = spawned(sum::invalidate(vec![1], "a")).await;
    assert!(invalidated.is_ok());
}
