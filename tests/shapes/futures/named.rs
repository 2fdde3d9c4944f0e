//! `-> BoxFuture`, `LocalBoxFuture`, and whatever else is called a `Future` or `Fut`.

use std::pin::Pin;

use cached_core::{cached, invalidates};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, LocalBoxFuture};

use crate::{Runs, check, check_invalidates, check_miss};

type LoadFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
type Fut<T> = LoadFuture<'static, Result<T, String>>;

#[cached(prefix = "length:{name}")]
fn length(name: &str) -> BoxFuture<'_, usize> {
    async move {
        Runs::add();
        name.len()
    }
    .boxed()
}

#[cached]
fn local<'a>(name: &'a str) -> LocalBoxFuture<'a, Option<usize>> {
    Box::pin(async move {
        Runs::add();
        Some(name.len())
    })
}

#[cached]
fn alias<'a>(name: &'a str) -> LoadFuture<'a, usize> {
    Box::pin(async move {
        Runs::add();
        name.len()
    })
}

#[cached]
fn fallible(name: String) -> Fut<usize> {
    Box::pin(async move {
        Runs::add();
        name.parse().map_err(|_| name)
    })
}

#[invalidates("length:{name}")]
fn change(name: &str) -> futures_util::future::BoxFuture<'_, Result<(), String>> {
    Box::pin(async move {
        if name.is_empty() {
            Err(String::new())
        } else {
            Ok(())
        }
    })
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| length("a")).await;
    check(|| local("a")).await;
    check(|| alias("a")).await;
    check(|| fallible("1".to_owned())).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| length("a"), || length("b")).await;
    check_miss(|| local("a"), || local("b")).await;
    check_miss(|| alias("a"), || alias("b")).await;
    check_miss(|| fallible("1".to_owned()), || fallible("2".to_owned())).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| length("a"), change("a"))
        .await
        .unwrap();
}
