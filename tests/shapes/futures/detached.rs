//! `-> impl Future + use<>`: borrowed for the call, and not in the future.

use cached_core::{Cache, cached, invalidates};

use crate::{Runs, check, check_invalidates, check_keeps, check_miss, in_cache};

#[cached]
fn length(name: &str) -> impl Future<Output = Result<usize, String>> + Send + use<> {
    let name = name.to_owned();
    async move {
        Runs::add();
        if name.is_empty() {
            Err("empty")?;
        }
        Ok(name.len())
    }
}

/// Its future does not borrow what names the call.
#[invalidates(length(name))]
fn change(name: &str) -> impl Future<Output = Result<usize, String>> + use<> {
    let length = name.len();
    async move {
        if length > 0 {
            Ok(length)
        } else {
            Err("empty".to_owned())
        }
    }
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| length("a")).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| length("a"), || length("b")).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| length("a"), change("a"))
        .await
        .unwrap();
    check_keeps(|| length("a"), change("")).await.unwrap_err();
}

#[tokio::test]
async fn it_outlives_what_named_it() {
    let call = {
        let name = "a".to_owned();
        length(&name)
    };
    assert_eq!(tokio::spawn(call).await.unwrap(), Ok(1));
}

#[tokio::test]
async fn companions_stand_beside_it() {
    in_cache(async {
        assert_eq!(length::peek("a").await, None);
        assert_eq!(length("a").await, Ok(1));
        assert_eq!(length::peek("a").await, Some(Ok(1)));
        let before = Runs::count();
        assert_eq!(length::refresh("a").await, Ok(1));
        assert_eq!(length::uncached("a").await, Ok(1));
        assert_eq!(Runs::count() - before, 2);
        length::invalidate("a").await.unwrap();
        assert_eq!(length::peek("a").await, None);
    })
    .await;
}

/// The cache is that of the task that polls the future, as for an `async fn`.
#[tokio::test]
async fn cache_is_chosen_when_the_future_is_polled() {
    let cache = Cache::in_memory().unwrap();
    let (call, change) = (length("a"), change("a"));
    cache.scope(call).await.unwrap();
    assert_eq!(cache.scope(length::peek("a")).await, Some(Ok(1)));
    cache.scope(change).await.unwrap();
    assert_eq!(cache.scope(length::peek("a")).await, None);
}
