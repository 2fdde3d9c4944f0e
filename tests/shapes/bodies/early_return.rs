//! `return` and `?`.

use std::num::ParseIntError;

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_keeps, check_miss, check_uncached};

#[cached(prefix = "number:{text}")]
async fn number(text: &str) -> Result<u64, ParseIntError> {
    Runs::add();
    if text.is_empty() {
        return Ok(0);
    }
    let number: u32 = text.parse()?;
    Ok(number.into())
}

#[cached]
async fn first(text: &str) -> Option<char> {
    Runs::add();
    let first = text.chars().next()?;
    Some(first)
}

#[invalidates("number:{text}")]
async fn change(text: &str) -> Result<(), ParseIntError> {
    if text.is_empty() {
        return Ok(());
    }
    text.parse::<u32>()?;
    Ok(())
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| number("12")).await;
    check(|| number("")).await;
    check(|| first("a")).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| number("12"), || number("")).await;
    check_uncached(|| number("x")).await;
    check_uncached(|| first("")).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| number("12"), change("12"))
        .await
        .unwrap();
    check_invalidates(|| number(""), change("")).await.unwrap();
    check_keeps(|| number(""), change("x")).await.unwrap_err();
}
