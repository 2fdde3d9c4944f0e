//! A `where` clause, and a type without a size.

use std::fmt::Display;

use cached_core::{cached, invalidates};
use serde::Serialize;

use crate::{Runs, check, check_invalidates, check_miss};

#[cached]
async fn shown<T>(value: &T) -> String
where
    T: Display + Serialize + ?Sized,
    for<'a> &'a T: Display,
{
    Runs::add();
    value.to_string()
}

#[invalidates(shown(value))]
async fn change<T>(value: &T)
where
    T: Display + Serialize + ?Sized,
    for<'a> &'a T: Display,
{
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| shown("a")).await;
    check(|| shown(&1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| shown("a"), || shown("b")).await;
    check_miss(|| shown(&1_u8), || shown(&1_u16)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| shown("a"), change("a")).await;
}
