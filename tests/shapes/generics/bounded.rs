//! A type parameter: calls of two types never share an entry.

use std::fmt::Display;

use cached_core::{cached, invalidates};
use serde::Serialize;

use crate::{Runs, check, check_invalidates, check_keeps, check_miss};

#[cached(prefix = "shown:{value}")]
async fn shown<T: Display + Serialize>(value: T) -> String {
    Runs::add();
    value.to_string()
}

#[invalidates(shown(value))]
async fn change<T: Serialize + Clone + Display>(value: T) {}

#[invalidates("shown:{value}")]
async fn change_of_any_type<T: Serialize>(value: T) {}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| shown(1)).await;
    check(|| shown::<&str>("a")).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| shown(1), || shown(2)).await;
    check_miss(|| shown(1_u8), || shown(1_u16)).await;
    check_miss(|| shown(1_u8), || shown("1")).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| shown(1), change(1)).await;
    check_keeps(|| shown(1), change(2)).await;
    check_invalidates(|| shown(1_u8), change_of_any_type("1")).await;
}
