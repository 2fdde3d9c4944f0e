//! A `Result` or an `Option` under another name.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_keeps, check_miss, check_uncached};

type R<T> = Result<T, std::num::ParseIntError>;
type Perhaps<T> = Option<T>;
type Found = R<Perhaps<u32>>;

#[cached(prefix = "number:{text}")]
async fn number(text: &str) -> R<u32> {
    Runs::add();
    text.parse()
}

#[cached]
async fn positive(text: &str) -> Found {
    Runs::add();
    Ok(Some(text.parse()?).filter(|n| *n > 0))
}

#[invalidates("number:{ret}")]
async fn change(text: &str) -> R<u32> {
    text.parse()
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| number("1")).await;
    check(|| positive("1")).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| number("1"), || number("2")).await;
    check_uncached(|| number("")).await;
    check_uncached(|| positive("")).await;
    check_uncached(|| positive("0")).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| number("1"), change("1"))
        .await
        .unwrap();
    check_keeps(|| number("1"), change("")).await.unwrap_err();
}
