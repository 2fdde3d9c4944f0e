//! The ways in which a body can end, and what then happens.

use std::num::ParseIntError;

use cached_core::invalidates;

use super::{Runs, check_invalidates, check_keeps, in_cache, mine, profile};

#[invalidates("user:42")]
async fn result(number: &str) -> Result<u64, ParseIntError> {
    if number == "0" {
        return Ok(0);
    }
    let number: u32 = number.parse()?;
    Ok(number.into())
}

#[invalidates("user:42", on = "ok")]
async fn option(number: &str) -> Option<u32> {
    let number = number.parse().ok()?;
    Some(number)
}

type Alias<T> = Result<Option<T>, ()>;

#[invalidates("user:42")]
async fn both(number: Alias<u32>) -> Alias<u32> {
    number
}

#[invalidates("user:42", on = "always")]
async fn always(fails: bool) -> Result<(), ()> {
    if fails { Err(()) } else { Ok(()) }
}

#[invalidates("user:42", on = |ret| matches!(ret, Ok(changed) if *changed > 0))]
async fn if_changed(changed: u32) -> Result<u32, ()> {
    Ok(changed)
}

#[invalidates("user:42", on = Option::is_none)]
async fn removed(removed: bool) -> Option<u32> {
    (!removed).then_some(1)
}

#[tokio::test]
async fn an_error_invalidates_nothing() {
    check_invalidates(mine, result("7")).await.unwrap();
    check_invalidates(mine, result("0")).await.unwrap();
    check_keeps(mine, result("x")).await.unwrap_err();
    check_keeps(mine, both(Err(()))).await.unwrap_err();
}

#[tokio::test]
async fn everything_else_is_a_success() {
    assert_eq!(check_invalidates(mine, option("7")).await, Some(7));
    assert_eq!(check_invalidates(mine, option("x")).await, None);
    assert_eq!(check_invalidates(mine, both(Ok(None))).await, Ok(None));
    assert_eq!(
        check_invalidates(mine, both(Ok(Some(1)))).await,
        Ok(Some(1))
    );
}

#[tokio::test]
async fn on_decides_otherwise() {
    check_invalidates(mine, always(true)).await.unwrap_err();
    check_invalidates(mine, always(false)).await.unwrap();
    check_invalidates(mine, if_changed(1)).await.unwrap();
    check_keeps(mine, if_changed(0)).await.unwrap();
    check_invalidates(mine, removed(true)).await;
    check_keeps(mine, removed(false)).await;
}

struct User {
    id: u64,
    name: (String, u32),
}

fn user(id: u64) -> User {
    User {
        id,
        name: ("profile".to_owned(), 7),
    }
}

#[invalidates("user:{ret.id}:{ret.name.0}")]
async fn plain(id: u64) -> User {
    user(id)
}

#[invalidates("{kind}:{ret.id}", "other:{ret}", tags = ["team:{ret.name.1}:{kind}"])]
async fn with_parameters(kind: String, id: u64) -> Option<Found> {
    drop(kind);
    (id > 0).then_some(Found { id, name: (1, id) })
}

#[derive(serde::Serialize)]
struct Found {
    id: u64,
    name: (u32, u64),
}

#[invalidates("user:{ret.id}", on = "always")]
async fn perhaps(id: Option<u64>) -> Option<User> {
    id.map(user)
}

#[invalidates("user:{ret}")]
async fn fallible(id: Result<u64, ()>) -> Result<u64, ()> {
    id
}

#[invalidates("user:{ret}", on = "always")]
async fn both_and_id(id: Alias<u64>) -> Alias<u64> {
    id
}

#[invalidates(tags = ["team:{ret.name.1}"], on = |ret| ret.id > 5)]
async fn boxed(id: u64) -> Box<User> {
    Box::new(user(id))
}

/// A parameter of that name is what is meant.
#[invalidates("user:{ret}")]
async fn parameter(ret: u64) -> u64 {
    ret + 1
}

#[tokio::test]
async fn what_was_returned_can_be_named() {
    check_invalidates(mine, plain(42)).await;
    check_keeps(mine, plain(4)).await;
    check_invalidates(mine, with_parameters("user".to_owned(), 42)).await;
    check_keeps(mine, with_parameters("member".to_owned(), 42)).await;
    check_keeps(mine, with_parameters("user".to_owned(), 0)).await;
    check_invalidates(mine, perhaps(Some(42))).await;
    check_keeps(mine, perhaps(None)).await;
    check_invalidates(mine, fallible(Ok(42))).await.unwrap();
    check_keeps(mine, fallible(Ok(1))).await.unwrap();
    check_keeps(mine, fallible(Err(()))).await.unwrap_err();
    check_invalidates(mine, both_and_id(Ok(Some(42))))
        .await
        .unwrap();
    check_keeps(mine, both_and_id(Ok(None))).await.unwrap();
    check_keeps(mine, both_and_id(Err(()))).await.unwrap_err();
    check_invalidates(mine, boxed(42)).await;
    check_keeps(mine, boxed(4)).await;
    check_invalidates(mine, parameter(42)).await;
}

#[invalidates("user:{id}", "other:{ret}")]
async fn waits(id: u64) -> u64 {
    std::future::pending::<()>().await;
    id
}

#[invalidates(profile(id, 7))]
async fn panics(id: u64) {
    tokio::task::yield_now().await;
    assert!(id == 0, "as it should");
}

/// Nobody knows how far it came.
#[tokio::test]
async fn a_body_that_is_dropped_or_panics_invalidates() {
    let dropped = async {
        let waiting = tokio::time::timeout(std::time::Duration::from_millis(1), waits(42));
        assert!(waiting.await.is_err());
    };
    check_invalidates(mine, dropped).await;
    let panicked = async {
        let cache = cached_core::Cache::current();
        let task = tokio::spawn(async move { cache.scope(panics(42)).await });
        assert!(task.await.unwrap_err().is_panic());
    };
    check_invalidates(mine, panicked).await;
}

#[tokio::test]
async fn a_body_that_never_began_invalidates_nothing() {
    check_keeps(mine, async { drop(waits(42)) }).await;
}

#[invalidates("user:{id}")]
async fn reads_inside(id: u64) -> u32 {
    profile(id, 7).await
}

/// What the body reads is from before it ended.
#[tokio::test]
async fn a_cached_call_inside_the_body_is_invalidated_too() {
    in_cache(async {
        let before = Runs::count();
        reads_inside(42).await;
        mine().await;
        assert_eq!(Runs::count() - before, 2);
    })
    .await;
}
