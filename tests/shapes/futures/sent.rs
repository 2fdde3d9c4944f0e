//! `-> impl Future + Send + 'a`: what it promises, it keeps.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[cached(prefix = "greeting:{id}")]
fn greeting<'a>(
    id: u64,
    #[cached(skip)] name: &'a str,
) -> impl Future<Output = String> + Send + 'a {
    async move {
        Runs::add();
        if id == 0 {
            return String::new();
        }
        format!("{name} {id}")
    }
}

#[cached(skip(twice))]
fn unpinned(id: u64, twice: bool) -> impl Future<Output = u64> + Unpin {
    Box::pin(async move {
        Runs::add();
        id + u64::from(twice)
    })
}

#[invalidates("greeting:{id}")]
fn change<'a>(id: &'a u64) -> impl Future<Output = &'a u64> + Send + 'a {
    async move { id }
}

fn sent<T: Send>(future: T) -> T {
    future
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| sent(greeting(1, "a"))).await;
    check(|| sent(greeting(0, "a"))).await;
    check(|| unpinned(1, true)).await;
    let mut call = unpinned(1, true);
    assert_eq!((&mut call).await, 2);
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| greeting(1, "a"), || greeting(2, "a")).await;
    check_miss(|| unpinned(1, true), || unpinned(2, true)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| greeting(1, "a"), sent(change(&1))).await;
}
