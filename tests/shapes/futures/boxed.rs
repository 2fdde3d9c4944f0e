//! `-> Pin<Box<dyn Future>>`: the future stays in the box that the body made. What is not one block runs at each
//! call, up to its future.

use std::pin::Pin;

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[cached]
fn found(id: u64) -> Pin<Box<dyn Future<Output = Option<u64>> + Send>> {
    Box::pin(async move {
        Runs::add();
        Some(id)
    })
}

#[cached]
fn early(id: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    if id == 0 {
        return Box::pin(std::future::ready(0));
    }
    Box::pin(async move {
        Runs::add();
        id
    })
}

#[cached]
fn local<'a>(
    name: &'a str,
    #[cached(skip)] other: &'a str,
) -> Pin<Box<dyn Future<Output = usize> + 'a>> {
    Box::pin(async move {
        let other = std::rc::Rc::new(other);
        Runs::add();
        tokio::task::yield_now().await;
        name.len() + other.len()
    })
}

#[invalidates(found(id), early(id))]
fn change(id: u64) -> Pin<Box<dyn Future<Output = Option<u64>> + Send>> {
    Box::pin(async move {
        tokio::task::yield_now().await;
        Some(id)
    })
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| found(1)).await;
    check(|| early(1)).await;
    check(|| local("a", "b")).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| found(1), || found(2)).await;
    check_miss(|| early(1), || early(2)).await;
    check_miss(|| local("a", "b"), || local("b", "b")).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| found(1), change(1)).await;
    check_invalidates(|| early(1), change(1)).await;
}
