//! A method of a generic type: each of its types has entries of its own.

use std::marker::PhantomData;

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

/// Says who it is.
trait Named {
    const NAME: &'static str;
}

struct Cat;
struct Dog;

impl Named for Cat {
    const NAME: &'static str = "cat";
}

impl Named for Dog {
    const NAME: &'static str = "dog";
}

struct Repo<T, const N: usize>(PhantomData<T>);

impl<T: Named, const N: usize> Repo<T, N> {
    #[cached(prefix = "repo:{id}", skip(self))]
    async fn get(&self, id: u64) -> String {
        Runs::add();
        format!("{}{N}{id}", T::NAME)
    }

    #[cached(companions = off, prefix = "repo:{id}")]
    async fn find(id: u64) -> String {
        Runs::add();
        format!("{}{N}{id}", T::NAME)
    }

    #[invalidates(self.get(id))]
    async fn change(&self, id: u64) {}
}

fn repo<T, const N: usize>() -> Repo<T, N> {
    Repo(PhantomData)
}

#[tokio::test]
async fn equal_calls_hit() {
    check(async || repo::<Cat, 1>().get(1).await).await;
    check(|| Repo::<Cat, 1>::find(1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(
        async || repo::<Cat, 1>().get(1).await,
        async || repo::<Dog, 1>().get(1).await,
    )
    .await;
    check_miss(
        async || repo::<Cat, 1>().get(1).await,
        async || repo::<Cat, 2>().get(1).await,
    )
    .await;
    check_miss(|| Repo::<Cat, 1>::find(1), || Repo::<Dog, 1>::find(1)).await;
    check_miss(|| Repo::<Cat, 1>::find(1), || Repo::<Cat, 2>::find(1)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    let cats = repo::<Cat, 1>();
    check_invalidates(|| cats.get(1), cats.change(1)).await;
}
