//! Native async methods of a trait: for a type, a generic type, a type of another crate.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

trait Users {
    async fn name(&self, id: u64) -> String;
    async fn of(id: u64) -> u64;
    async fn rename(&self, id: u64);
}

struct Repo<T>(T);

impl<T: Into<u64> + Copy> Users for Repo<T> {
    #[cached(companions = off, prefix = "user:{id}", key = self.0.into())]
    async fn name(&self, id: u64) -> String {
        Runs::add();
        format!("{}-{id}", self.0.into())
    }

    #[cached(companions = off, prefix = "user:{id}")]
    async fn of(id: u64) -> u64 {
        Runs::add();
        id
    }

    #[invalidates("user:{id}")]
    async fn rename(&self, id: u64) {}
}

impl Users for u64 {
    #[cached(companions = off, prefix = "user:{id}", skip(self))]
    async fn name(&self, id: u64) -> String {
        Runs::add();
        format!("{id}")
    }

    #[cached(companions = off, prefix = "user:{id}")]
    async fn of(id: u64) -> u64 {
        Runs::add();
        id
    }

    #[invalidates("user:{id}")]
    async fn rename(&self, id: u64) {}
}

#[tokio::test]
async fn equal_calls_hit() {
    check(async || Repo(1_u8).name(1).await).await;
    check(|| Repo::<u8>::of(1)).await;
    check(|| 7_u64.name(1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(
        async || Repo(1_u8).name(1).await,
        async || Repo(2_u8).name(1).await,
    )
    .await;
    check_miss(
        async || Repo(1_u8).name(1).await,
        async || Repo(1_u16).name(1).await,
    )
    .await;
    check_miss(
        async || Repo(1_u8).name(1).await,
        async || 1_u64.name(1).await,
    )
    .await;
    check_miss(|| Repo::<u8>::of(1), || Repo::<u16>::of(1)).await;
    check_miss(|| Repo::<u8>::of(1), || u64::of(1)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(async || Repo(1_u8).name(1).await, Repo(1_u8).rename(1)).await;
    check_invalidates(|| u64::of(1), 7_u64.rename(1)).await;
}
