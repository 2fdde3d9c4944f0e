//! `#[allow]` and `#[expect]`: companions, which have the same types, may do what the function may. What is expected
//! of a function may be missing in what becomes of it.

#![deny(single_use_lifetimes)]

use std::collections::HashMap;

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss, in_cache};

#[cached(prefix = "of:{Id}")]
#[allow(non_snake_case, clippy::ptr_arg)]
async fn named(Id: String, list: &Vec<u8>) -> usize {
    Runs::add();
    Id.len() + list.len()
}

#[cached]
#[expect(non_snake_case)]
async fn idle(#[cached(skip)] First: u32, second: u32) -> u32 {
    Runs::add() + First + second
}

#[allow(non_snake_case)]
#[invalidates("of:{Id}")]
async fn Change(Id: String) -> usize {
    Id.len()
}

/// Its parameter is used: for the key.
#[expect(unused_variables, reason = "the key needs it")]
#[cached]
pub(super) async fn unused(id: u32, #[expect(unused_variables)] more: u32) -> u32 {
    #![expect(unused_mut)]
    let mut runs = Runs::add();
    runs + 1
}

/// There is an `await` now.
#[cached]
#[expect(clippy::unused_async)]
pub(super) async fn constant() -> u32 {
    1
}

#[cached]
#[expect(dead_code)]
async fn dead(id: u32) -> u32 {
    id
}

/// Its lifetime is used once where the second parameter is missing.
#[cached]
async fn lent<'a>(id: &'a str, #[cached(skip)] other: &'a str) -> Result<usize, &'a str> {
    Runs::add();
    id.parse().map_err(|_| other)
}

/// What it asks for, the `impl` is spared from hearing of.
trait Wide<'a> {
    #[allow(clippy::type_complexity)]
    async fn wide(
        &'a self,
        map: HashMap<u8, HashMap<u8, Vec<Option<(u8, Vec<(u8, [u8; 4])>)>>>>,
    ) -> usize;
}

struct Borrowing<'a>(&'a str);

#[cached]
impl<'a> Wide<'a> for Borrowing<'a> {
    #[cached(skip(self))]
    async fn wide(
        &'a self,
        map: HashMap<u8, HashMap<u8, Vec<Option<(u8, Vec<(u8, [u8; 4])>)>>>>,
    ) -> usize {
        Runs::add();
        tokio::task::yield_now().await;
        map.len() + self.0.len()
    }
}

struct Found(u32);

impl Found {
    #[expect(clippy::manual_async_fn, clippy::unused_self)]
    #[cached(skip(self))]
    fn future(&self, id: u32) -> impl Future<Output = u32> {
        async move { Runs::add() + id }
    }

    #[expect(clippy::too_many_arguments, clippy::many_single_char_names)]
    #[cached(skip(self))]
    async fn many(&self, a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8) -> u8 {
        tokio::task::yield_now().await;
        Runs::add();
        a + b + c + d + e + f + g
    }

    #[expect(clippy::unused_async, clippy::needless_pass_by_value)]
    #[invalidates("of:{id}")]
    async fn remove(&self, id: String) -> u32 {
        self.0
    }

    #[expect(clippy::needless_pass_by_value, clippy::manual_async_fn)]
    #[invalidates("of:{id}")]
    fn removed(&self, id: String) -> impl Future<Output = ()> {
        async {}
    }
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| unused(1, 2)).await;
    check(|| Found(1).future(1)).await;
    check(|| Found(1).many(1, 2, 3, 4, 5, 6, 7)).await;
    assert_eq!(in_cache(constant()).await, 1);
    check(|| lent("1", "2")).await;
    let borrowing = Borrowing("a");
    check(|| borrowing.wide(HashMap::new())).await;
    check(async || named("a".to_owned(), &vec![1]).await).await;
    check(|| idle(1, 2)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| idle(1, 2), || idle(1, 3)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    let list = vec![1];
    check_invalidates(|| named("a".to_owned(), &list), Change("a".to_owned())).await;
    let found = Found(1);
    check_invalidates(
        || named("a".to_owned(), &list),
        found.remove("a".to_owned()),
    )
    .await;
    check_invalidates(
        || named("a".to_owned(), &list),
        found.removed("a".to_owned()),
    )
    .await;
}
