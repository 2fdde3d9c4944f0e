//! What may be returned, and which part of it is stored.

use std::borrow::Cow;
use std::rc::Rc;

use cached_core::cached;

use tests::every_store;

use super::{Runs, check, check_uncached, in_cache};

type R<T> = Result<T, Failure>;
type Perhaps<T> = Option<T>;

/// Neither serde nor `Clone`.
#[derive(Debug, PartialEq)]
struct Failure;

#[derive(Debug, PartialEq)]
struct NotSend(Rc<()>);

#[cached]
async fn plain(n: u32) -> u32 {
    Runs::add();
    n
}

#[cached]
async fn unit(n: u32) {
    Runs::add();
    let _ = n;
}

#[cached]
async fn option(n: u32) -> Option<u32> {
    Runs::add();
    (n > 0).then_some(n)
}

#[cached]
async fn result(n: u32) -> Result<u32, Failure> {
    Runs::add();
    (n > 0).then_some(n).ok_or(Failure)
}

#[cached]
async fn unit_result(n: u32) -> Result<(), String> {
    Runs::add();
    if n > 0 {
        Ok(())
    } else {
        Err("zero".to_owned())
    }
}

#[cached]
async fn alias(n: u32) -> R<u32> {
    Runs::add();
    (n > 0).then_some(n).ok_or(Failure)
}

#[cached]
async fn both(n: u32) -> R<Perhaps<u32>> {
    Runs::add();
    if n == 0 {
        Err(Failure)
    } else {
        Ok((n > 1).then_some(n))
    }
}

#[cached]
async fn inside_out(n: u32) -> Option<Result<u32, String>> {
    Runs::add();
    Some(if n > 0 { Ok(n) } else { Err("zero".to_owned()) }).filter(|_| n != 1)
}

#[cached(cache_none = "30s")]
async fn keeps_none(n: u32) -> Option<u32> {
    Runs::add();
    (n > 0).then_some(n)
}

#[cached(cache_none = 30, cache_err = "5s")]
async fn keeps_all(n: u32) -> Result<Option<u32>, String> {
    Runs::add();
    if n == 0 {
        Err("zero".to_owned())
    } else {
        Ok((n > 1).then_some(n))
    }
}

#[cached]
async fn not_send(n: u32) -> Result<u32, NotSend> {
    Runs::add();
    if n > 0 {
        Ok(n)
    } else {
        Err(NotSend(Rc::new(())))
    }
}

#[cached]
async fn borrowed(
    name: &str,
    #[cached(skip)] error: &'static str,
) -> Result<Cow<'static, str>, &'static str> {
    Runs::add();
    if name.is_empty() {
        Err(error)
    } else {
        Ok(Cow::Owned(name.to_owned()))
    }
}

#[cached]
async fn dynamic(n: u32) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
    Runs::add();
    Ok(n)
}

#[cached]
async fn io(n: u32) -> std::io::Result<u32> {
    Runs::add();
    Ok(n)
}

#[tokio::test]
async fn values_are_stored() {
    check(|| plain(1)).await;
    check(|| unit(1)).await;
    check(|| option(1)).await;
    check(|| result(1)).await;
    check(|| unit_result(1)).await;
    check(|| alias(1)).await;
    check(|| both(2)).await;
    check(|| inside_out(2)).await;
    check(|| not_send(1)).await;
    check(|| borrowed("a", "b")).await;
    check(async || dynamic(1).await.unwrap()).await;
    check(async || io(1).await.unwrap()).await;
}

#[tokio::test]
async fn none_and_errors_are_not() {
    check_uncached(|| option(0)).await;
    check_uncached(|| result(0)).await;
    check_uncached(|| unit_result(0)).await;
    check_uncached(|| alias(0)).await;
    check_uncached(|| both(0)).await;
    check_uncached(|| both(1)).await;
    check_uncached(|| inside_out(0)).await;
    check_uncached(|| inside_out(1)).await;
    check_uncached(|| not_send(0)).await;
    check_uncached(|| borrowed("", "b")).await;
}

#[tokio::test]
async fn unless_the_attribute_says_so() {
    check(|| keeps_none(0)).await;
    check(|| keeps_all(0)).await;
    check(|| keeps_all(1)).await;
    check(|| keeps_all(2)).await;
}

#[tokio::test]
async fn peek_returns_the_declared_type() {
    in_cache(async {
        assert_eq!(both::peek(2).await, None);
        assert_eq!(both(2).await, Ok(Some(2)));
        assert_eq!(both::peek(2).await, Some(Ok(Some(2))));
        assert_eq!(keeps_all(0).await, Err("zero".to_owned()));
        assert_eq!(keeps_all::peek(0).await, Some(Err("zero".to_owned())));
    })
    .await;
}

/// An error that stays on its thread, inside a future that need not.
#[derive(Debug)]
struct Local(#[expect(dead_code, reason = "only its type matters")] std::rc::Rc<u8>);

#[cached(ttl = "1h")]
async fn fails_locally(id: u64) -> Result<u64, Local> {
    tokio::task::yield_now().await;
    if id == 0 {
        return Err(Local(std::rc::Rc::new(0)));
    }
    Ok(id)
}

#[tokio::test]
async fn future_is_send_although_its_error_is_not() {
    fn sent<T: Send>(future: T) -> T {
        future
    }
    every_store("local-error", async |_| {
        assert!(sent(fails_locally(0)).await.is_err());
        assert_eq!(sent(fails_locally(1)).await.ok(), Some(1));
        assert_eq!(sent(fails_locally::refresh(1)).await.ok(), Some(1));
        assert_eq!(
            sent(fails_locally::peek(1)).await.and_then(Result::ok),
            Some(1)
        );
    })
    .await;
}
