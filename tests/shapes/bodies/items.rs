//! Items in the body, one of the function's own name among them, and attributes of the body.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[cached]
async fn stepped(n: u32) -> u32 {
    #![allow(clippy::let_and_return)]
    const STEP: u32 = 1;
    fn stepped(n: u32) -> u32 {
        n + STEP
    }
    Runs::add();
    let next = stepped(n);
    next
}

#[invalidates(stepped(n))]
async fn change(n: u32) -> u32 {
    #![allow(clippy::let_and_return)]
    fn change(n: u32) -> u32 {
        n
    }
    let same = change(n);
    same
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| stepped(1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| stepped(1), || stepped(2)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| stepped(1), change(1)).await;
}
