//! `-> impl Future`: all that the body is made of runs on a miss alone.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_keeps, check_miss};

#[cached(prefix = "double:{n}")]
fn double(n: u32) -> impl Future<Output = u32> {
    async move {
        Runs::add();
        n * 2
    }
}

/// The lint of a function that could be `async` stays quiet.
#[cached(prefix = "text:{text}")]
fn parsed(text: &str) -> impl Future<Output = Result<u32, std::num::ParseIntError>> {
    async move {
        Runs::add();
        if text.is_empty() {
            return Ok(0);
        }
        let number = text.parse()?;
        Ok(number)
    }
}

#[invalidates("double:{n}", on = |ret| *ret)]
fn change(n: u32) -> impl Future<Output = bool> {
    async move { n > 1 }
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| double(1)).await;
    check(|| parsed("")).await;
    check(|| parsed("7")).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| double(1), || double(2)).await;
    check_miss(|| parsed("1"), || parsed("2")).await;
}

#[tokio::test]
async fn writes_invalidate() {
    assert!(check_invalidates(|| double(2), change(2)).await);
    assert!(!check_keeps(|| double(1), change(1)).await);
    // A future that was never polled changes nothing.
    check_keeps(|| double(2), async { drop(change(2)) }).await;
}
