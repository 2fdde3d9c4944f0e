//! `Result<Option<T>, E>`: `T` is stored, `Ok(None)` is not.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss, check_uncached, in_cache};

#[cached]
async fn found(n: u32) -> Result<Option<u32>, String> {
    Runs::add();
    if n == 0 {
        Err("zero".to_owned())
    } else {
        Ok((n > 1).then_some(n))
    }
}

#[cached(cache_none = 30, cache_err = "5s")]
async fn keeps_all(n: u32) -> Result<Option<u32>, String> {
    Runs::add();
    found::uncached(n).await
}

/// The inner `Result` is the value.
#[cached]
async fn deeper(n: u32) -> Result<Option<Result<u32, String>>, String> {
    Ok(found::uncached(n).await?.map(|n| Err(n.to_string())))
}

#[invalidates(found(n))]
async fn change(n: u32) -> Result<Option<u32>, String> {
    Ok(None)
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| found(2)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| found(2), || found(3)).await;
    check_uncached(|| found(0)).await;
    check_uncached(|| found(1)).await;
}

#[tokio::test]
async fn peek_returns_the_declared_type() {
    in_cache(async {
        assert_eq!(found::peek(2).await, None);
        assert_eq!(found(2).await, Ok(Some(2)));
        assert_eq!(found::peek(2).await, Some(Ok(Some(2))));
        assert_eq!(keeps_all(0).await, Err("zero".to_owned()));
        assert_eq!(keeps_all::peek(0).await, Some(Err("zero".to_owned())));
        assert_eq!(keeps_all(1).await, Ok(None));
        assert_eq!(keeps_all::peek(1).await, Some(Ok(None)));
    })
    .await;
}

#[tokio::test]
async fn what_is_deeper_is_part_of_the_value() {
    check(|| deeper(2)).await;
    check_uncached(|| deeper(0)).await;
    check_uncached(|| deeper(1)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| found(2), change(2)).await.unwrap();
}
