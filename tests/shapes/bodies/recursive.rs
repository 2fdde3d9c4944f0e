//! A function that reaches itself, directly and by another.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss, in_cache};

#[cached]
async fn factorial(n: u64) -> u64 {
    Runs::add();
    if n < 2 {
        1
    } else {
        n * Box::pin(factorial(n - 1)).await
    }
}

#[cached]
async fn even(n: u64) -> bool {
    Runs::add();
    n == 0 || Box::pin(odd(n - 1)).await
}

#[cached]
async fn odd(n: u64) -> bool {
    n != 0 && Box::pin(even(n - 1)).await
}

/// Of equal arguments: it waits for nobody, least of all for itself.
#[cached]
async fn reaches_itself(n: u64) -> u32 {
    let run = Runs::add();
    if run % 2 == 1 {
        Box::pin(reaches_itself(n)).await
    } else {
        run
    }
}

#[invalidates(factorial(n))]
async fn change(n: u64) {
    if n > 1 {
        Box::pin(change(n - 1)).await;
    }
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| factorial(1)).await;
    check(|| even(0)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| factorial(0), || factorial(1)).await;
}

#[tokio::test]
async fn it_reuses_what_it_computed() {
    in_cache(async {
        assert_eq!(factorial(5).await, 120);
        let before = Runs::count();
        assert_eq!(factorial(6).await, 720);
        assert_eq!(Runs::count() - before, 1);
        assert!(even(10).await);
        assert_eq!(reaches_itself(1).await % 2, 0);
    })
    .await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| factorial(1), change(3)).await;
}
