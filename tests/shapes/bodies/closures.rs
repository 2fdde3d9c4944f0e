//! Closures and blocks that take the arguments, and `.await` in conditions.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[cached]
async fn sum(list: Vec<u32>, more: &[u32]) -> u32 {
    Runs::add();
    let later = async move || list.iter().sum::<u32>();
    let lent = async { more.iter().sum::<u32>() };
    if later().await > 0 && matches!(lent.await, 0..5) {
        1
    } else {
        async { later().await + 10 }.await
    }
}

#[invalidates(sum(list, more))]
async fn change(list: Vec<u32>, more: &[u32]) -> usize {
    let length = move || list.len() + more.len();
    while std::future::ready(false).await {}
    length()
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| sum(vec![1], &[2])).await;
    check(|| sum(vec![1], &[20])).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| sum(vec![1], &[2]), || sum(vec![], &[1, 2])).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| sum(vec![1], &[2]), change(vec![1], &[2])).await;
}
