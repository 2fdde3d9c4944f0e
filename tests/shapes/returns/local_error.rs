//! An error that stays on its thread, inside a future that need not.

use std::rc::Rc;

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss, check_uncached, in_cache};

#[derive(Debug, PartialEq)]
struct Local(Rc<u8>);

#[cached(ttl = "1h")]
async fn positive(n: u64) -> Result<u64, Local> {
    Runs::add();
    tokio::task::yield_now().await;
    if n == 0 {
        return Err(Local(Rc::new(0)));
    }
    Ok(n)
}

#[invalidates(positive(n))]
async fn change(n: u64) -> Result<u64, Local> {
    tokio::task::yield_now().await;
    Ok(n)
}

fn sent<T: Send>(future: T) -> T {
    future
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| sent(positive(1))).await;
    assert_eq!(sent(positive::refresh(1)).await, Ok(1));
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| positive(1), || positive(2)).await;
    check_uncached(|| sent(positive(0))).await;
    in_cache(async { assert_eq!(sent(positive::peek(1)).await, None) }).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| positive(1), sent(change(1)))
        .await
        .unwrap();
}
