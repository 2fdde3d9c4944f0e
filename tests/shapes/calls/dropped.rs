//! A call that is dropped while its body runs, or before it begins.

use std::time::Duration;

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_keeps, check_miss, in_cache};

#[cached]
async fn slow(id: u64, #[cached(skip)] for_ever: bool) -> u64 {
    Runs::add();
    if for_ever {
        std::future::pending::<()>().await;
    }
    id
}

#[invalidates(slow(id))]
async fn change(id: u64) {
    std::future::pending::<()>().await;
}

/// Polled, and dropped.
async fn dropped<R>(call: impl Future<Output = R>) {
    tokio::select! {
        biased;
        _ = call => unreachable!("it has no end"),
        () = tokio::time::sleep(Duration::from_millis(1)) => {}
    }
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| slow(1, false)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| slow(1, false), || slow(2, false)).await;
}

#[tokio::test]
async fn what_was_dropped_is_loaded_by_the_next() {
    in_cache(async {
        let before = Runs::count();
        drop(slow(1, true));
        assert_eq!(Runs::count(), before);
        dropped(slow(1, true)).await;
        assert_eq!(slow(1, false).await, 1);
        assert_eq!(Runs::count() - before, 2);
    })
    .await;
}

/// The body may have written before.
#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| slow(1, false), dropped(change(1))).await;
    check_keeps(|| slow(1, false), async { drop(change(1)) }).await;
}
