//! `impl Trait` as an argument: calls of two types never share an entry.

use std::fmt::Display;

use cached_core::{cached, invalidates};
use serde::Serialize;

use crate::{Runs, check, check_invalidates, check_miss};

#[cached(prefix = "shown:{value}")]
async fn shown(value: impl Display + Serialize, #[cached(skip)] other: impl Display) -> String {
    Runs::add();
    format!("{value}{other}")
}

#[cached]
async fn mixed<'a, T: Display + Serialize, const N: u8>(
    name: &'a str,
    value: T,
    more: impl Serialize,
) -> usize {
    Runs::add();
    let _ = more;
    format!("{name}{value}{N}").len()
}

#[cached]
async fn length(list: &[impl Serialize], more: Option<impl Serialize>) -> usize {
    Runs::add();
    list.len() + usize::from(more.is_some())
}

#[invalidates("shown:{value}")]
async fn change(value: impl Serialize) {}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| shown(1, 2)).await;
    check(|| length(&[1, 2], Some("a"))).await;
    check(|| mixed::<_, 3>("a", 1, 2)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| shown(1, 0), || shown(2, 0)).await;
    check_miss(|| shown(1_u8, 0), || shown(1_u16, 0)).await;
    check_miss(
        || mixed::<_, 3>("a", 1, 2_u8),
        || mixed::<_, 3>("a", 1, 2_u16),
    )
    .await;
    check_miss(|| mixed::<_, 3>("a", 1, 2), || mixed::<_, 4>("a", 1, 2)).await;
    let (bytes, words): (&[u8], &[u16]) = (&[], &[]);
    check_miss(|| length(bytes, Some(1)), || length(words, Some(1))).await;
    check_miss(|| length(bytes, None::<u8>), || length(bytes, None::<u16>)).await;
    assert_eq!(shown::key(1_u8), shown::key(1_u8));
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| shown(1, 2), change(1)).await;
}
