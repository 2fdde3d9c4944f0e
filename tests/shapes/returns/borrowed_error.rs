//! An error that borrows from an argument, and that could be cloned.

use std::borrow::Cow;
use std::fmt::Display;

use cached_core::{Error, cached, invalidates};
use futures_util::future::BoxFuture;

use crate::{Runs, check, check_invalidates, check_miss, check_uncached, in_cache};

#[derive(Clone, Debug, PartialEq)]
struct Wrong<'a>(Cow<'a, str>);

impl From<Error> for Wrong<'_> {
    fn from(error: Error) -> Self {
        Wrong(error.to_string().into())
    }
}

#[cached(prefix = "number:{text}")]
async fn number(text: &str) -> Result<u64, Wrong<'_>> {
    Runs::add();
    text.parse().map_err(|_| Wrong(text.into()))
}

#[cached(companions = off, on_outage = "fail")]
async fn without_companions<'a>(text: &'a str) -> Result<Option<u64>, Wrong<'a>> {
    Runs::add();
    let number = text.parse().map_err(|_| Wrong(text.into()))?;
    Ok((number > 0).then_some(number))
}

#[cached]
async fn of_option(text: &str) -> Option<Result<u64, &str>> {
    Runs::add();
    Some(text.parse().map_err(|_| text))
}

#[cached]
fn boxed(text: &str) -> BoxFuture<'_, Result<u64, &str>> {
    Box::pin(async move {
        Runs::add();
        text.parse().map_err(|_| text)
    })
}

struct Words(Vec<String>);

impl Words {
    #[cached(skip(self))]
    async fn number(&self, index: usize) -> Result<u64, &str> {
        Runs::add();
        let word = self.0.get(index).map_or("", String::as_str);
        word.parse().map_err(|_| word)
    }

    #[invalidates(self.number(index))]
    async fn remove(&self, index: usize) -> Result<u64, &str> {
        tokio::task::yield_now().await;
        let word = self.0.get(index).map_or("", String::as_str);
        word.parse().map_err(|_| word)
    }
}

/// It borrows from what `peek` is not given.
#[cached]
async fn of_skipped<const STEP: usize>(
    index: usize,
    #[cached(skip)] words: &Words,
) -> Result<u64, Wrong<'_>> {
    let word = words.0.get(index * STEP).map_or("", String::as_str);
    Runs::add();
    word.parse().map_err(|_| Wrong(word.into()))
}

#[cached]
fn boxed_of_skipped(
    index: usize,
    #[cached(skip)] words: &Words,
) -> BoxFuture<'_, Option<Result<u64, Box<dyn Display + Send + '_>>>> {
    Box::pin(async move {
        Runs::add();
        let word = words.0.get(index)?;
        let wrong = |_| Box::new(word) as Box<dyn Display + Send + '_>;
        Some(word.parse().map_err(wrong))
    })
}

#[invalidates(number(text))]
async fn change(text: &str) -> Result<u64, Wrong<'_>> {
    tokio::task::yield_now().await;
    text.parse().map_err(|_| Wrong(text.into()))
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| number("1")).await;
    check(|| without_companions("1")).await;
    check(|| of_option("1")).await;
    check(|| boxed("1")).await;
    let words = Words(vec!["1".to_owned()]);
    check(|| words.number(0)).await;
    check(|| of_skipped::<1>(0, &words)).await;
    check(async || boxed_of_skipped(0, &words).await.and_then(Result::ok)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| number("1"), || number("2")).await;
    check_uncached(|| number("a")).await;
    check_uncached(|| without_companions("a")).await;
    check_uncached(|| of_option("a")).await;
    check_uncached(|| boxed("a")).await;
    let words = Words(vec!["1".to_owned(), "2".to_owned()]);
    check_miss(|| words.number(0), || words.number(1)).await;
    check_uncached(|| words.number(2)).await;
    check_miss(|| of_skipped::<1>(0, &words), || of_skipped::<2>(0, &words)).await;
    check_uncached(|| of_skipped::<1>(2, &words)).await;
    check_uncached(|| boxed_of_skipped(2, &words)).await;
}

#[tokio::test]
async fn companions_return_it() {
    in_cache(async {
        assert_eq!(number::refresh("a").await, Err(Wrong("a".into())));
        assert_eq!(number::uncached("a").await, Err(Wrong("a".into())));
        assert_eq!(number::peek("a").await, None);
        let words = Words(vec!["a".to_owned()]);
        assert_eq!(words.number_refresh(0).await, Err("a"));
        assert_eq!(words.number_peek(0).await, None);
        assert_eq!(of_skipped::peek::<1>(0).await, None);
        assert!(boxed_of_skipped::peek(0).await.is_none());
        let words = Words(vec!["1".to_owned()]);
        assert_eq!(of_skipped::<1>(0, &words).await, Ok(1));
        assert_eq!(of_skipped::peek::<1>(0).await, Some(Ok(1)));
    })
    .await;
}

/// Nobody who waits is given the error of another.
#[tokio::test]
async fn callers_have_errors_of_their_own() {
    in_cache(async {
        let before = Runs::count();
        let failed = tokio::join!(number("a"), number("a"));
        let wrong = || Err(Wrong("a".into()));
        assert_eq!(failed, (wrong(), wrong()));
        assert_eq!(Runs::count() - before, 2);
    })
    .await;
}

#[tokio::test]
async fn writes_invalidate() {
    let written = check_invalidates(|| number("1"), change("1")).await;
    written.unwrap();
    let words = Words(vec!["1".to_owned()]);
    let written = check_invalidates(|| words.number(0), words.remove(0)).await;
    written.unwrap();
}
