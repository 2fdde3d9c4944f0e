//! A body that panics: the caller's panic, and nothing is stored.

use cached_core::{Cache, cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss, in_cache};

#[cached]
async fn checked(n: u32, #[cached(skip)] fails: bool) -> u32 {
    Runs::add();
    assert!(!fails, "as it should");
    n
}

#[invalidates(checked(n))]
async fn change(n: u32) {
    panic!("as it should");
}

/// `panicking` in a task, which takes its panic.
async fn caught<F: Future<Output: Send> + Send + 'static>(panicking: F) {
    let task = tokio::spawn(Cache::current().scope(panicking));
    assert!(task.await.is_err_and(|error| error.is_panic()));
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| checked(1, false)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| checked(1, false), || checked(2, false)).await;
}

#[tokio::test]
async fn a_panic_is_not_stored() {
    in_cache(async {
        caught(checked(1, true)).await;
        let before = Runs::count();
        checked(1, false).await;
        assert_eq!(Runs::count() - before, 1);
    })
    .await;
}

/// The body may have written before.
#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| checked(1, false), caught(change(1))).await;
}
