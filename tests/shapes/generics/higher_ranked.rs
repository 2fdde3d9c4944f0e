//! A bound for every lifetime.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[cached(prefix = "applied:{text}")]
async fn applied<F>(
    text: &str,
    #[cached(skip)] with: F,
    #[cached(skip)] then: for<'a> fn(&'a str) -> &'a str,
) -> usize
where
    F: for<'a> Fn(&'a str) -> &'a str,
{
    Runs::add();
    then(with(text)).len()
}

#[invalidates("applied:{text}")]
async fn change<F: for<'a> Fn(&'a str) -> &'a str>(text: &str, with: F) {
    with(text);
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| applied(" a ", str::trim, str::trim_end)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(
        || applied(" a ", str::trim, str::trim_end),
        || applied(" b ", str::trim, str::trim_end),
    )
    .await;
    // The type of what is skipped counts: a function has a type of its own.
    check_miss(
        || applied(" a ", str::trim, str::trim_end),
        || applied(" a ", str::trim_start, str::trim_end),
    )
    .await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(
        || applied(" a ", str::trim, str::trim_end),
        change(" a ", str::trim),
    )
    .await;
}
