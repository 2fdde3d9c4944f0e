//! A function that returns a future, called again behind a stale answer.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[cached(ttl = "1m", stale_while_revalidate = "1m", stale_if_error = "1m")]
fn length(name: &str) -> impl Future<Output = Result<usize, String>> + Send {
    async move {
        Runs::add();
        Ok(name.len())
    }
}

#[cached]
#[invalidates(length(name))]
fn both(name: &'static str) -> impl Future<Output = usize> + Send {
    async move {
        Runs::add();
        name.len()
    }
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| length("a")).await;
    check(|| both("a")).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| length("a"), || length("b")).await;
    check_miss(|| both("a"), || both("b")).await;
}

/// Only a call whose body ran.
#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| length("a"), both("a")).await;
    crate::in_cache(async {
        both("a").await;
        length("a").await.unwrap();
        both("a").await;
        assert!(length::peek("a").await.is_some());
    })
    .await;
}
