//! A crate of the edition before.

use edition2021::{Halves as _, Numbers, boxed, change, detached, r#gen, length};

use crate::{Runs, check, check_invalidates, check_keeps, check_miss};

#[tokio::test]
async fn equal_calls_hit() {
    check(|| r#gen("a", Runs::add)).await;
    check(|| length("a", Runs::add)).await;
    check(|| detached("a", Runs::add)).await;
    check(|| boxed("a".to_owned(), Runs::add)).await;
    check(async || Numbers(1).next(2, Runs::add).await).await;
    check(async || Numbers(1).half(2, Runs::add).await).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| r#gen("a", Runs::add), || r#gen("b", Runs::add)).await;
    check_miss(|| length("a", Runs::add), || detached("a", Runs::add)).await;
    check_miss(
        async || Numbers(1).next(2, Runs::add).await,
        async || Numbers(2).next(1, Runs::add).await,
    )
    .await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| r#gen("a", Runs::add), change("a")).await;
    check_keeps(|| r#gen("a", Runs::add), change("b")).await;
    let numbers = Numbers(1);
    check_invalidates(|| numbers.next(2, Runs::add), numbers.change(2))
        .await
        .unwrap();
}
