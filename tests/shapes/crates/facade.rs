//! A crate that knows cached-core by a facade alone.

use through_facade::{Halves as _, Numbers, cached_square, change, double};

use crate::{Runs, check, check_invalidates, check_keeps, check_miss};

cached_square!(square);

#[tokio::test]
async fn equal_calls_hit() {
    check(|| double(1, Runs::add)).await;
    check(|| square(1, Runs::add)).await;
    check(|| Numbers::half(2, Runs::add)).await;
    check(async || Numbers(1).next(2, Runs::add).await).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| double(1, Runs::add), || double(2, Runs::add)).await;
    check_miss(|| square(1, Runs::add), || double(1, Runs::add)).await;
    check_miss(
        || Numbers::half(2, Runs::add),
        || Numbers::half(3, Runs::add),
    )
    .await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| double(1, Runs::add), change(1)).await;
    check_keeps(|| double(1, Runs::add), change(2)).await;
    let numbers = Numbers(1);
    check_invalidates(|| numbers.next(2, Runs::add), numbers.change(2)).await;
}
