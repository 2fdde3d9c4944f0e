//! `#[async_trait]` on the same block.

use std::fmt::Display;

use async_trait::async_trait;
use cached_core::{cached, invalidates};
use serde::Serialize;

use super::{Runs, check, check_apart, check_invalidates, in_cache};

#[async_trait]
trait Users {
    type Name;
    async fn find(&self, id: u64) -> Option<Self::Name>;
    async fn named(&self, name: &str, db: &u32) -> Result<String, String>;
    async fn made(id: u64) -> u64;
    async fn any<T: Serialize + Send + Sync>(&self, value: &T) -> u64;
    async fn renamed(&self, id: u64) -> Result<(), String>;
    async fn rename(&self, id: u64);
}

#[derive(Clone)]
struct Repo {
    tenant: u64,
}

#[cached]
#[async_trait]
impl Users for Repo {
    type Name = String;

    #[cached(ttl = "5m", prefix = "tenant:{self.tenant}:user:{id}")]
    async fn find(&self, id: u64) -> Option<Self::Name> {
        Runs::add();
        tokio::task::yield_now().await;
        (id > 0).then(|| format!("{}-{id}", self.tenant))
    }

    #[cached(prefix = "named:{self.tenant}", stale_while_revalidate = "1h")]
    async fn named(&self, name: &str, #[cached(skip)] db: &u32) -> Result<String, String> {
        Runs::add();
        Ok(format!("{name}{db}{}", self.tenant))
    }

    #[cached]
    async fn made(id: u64) -> u64 {
        Runs::add();
        id
    }

    #[cached(prefix = "any:{self.tenant}")]
    async fn any<T: Serialize + Send + Sync>(&self, value: &T) -> u64 {
        Runs::add();
        std::mem::size_of_val(value) as u64
    }

    #[cached(prefix = "renamed:{self.tenant}")]
    #[invalidates(self.find(id))]
    async fn renamed(&self, id: u64) -> Result<(), String> {
        Runs::add();
        drop(id.to_string());
        Ok(())
    }

    #[invalidates(self.find(id), Repo::made(id))]
    async fn rename(&self, id: u64) {
        drop(id.to_string());
    }
}

const REPO: Repo = Repo { tenant: 7 };

#[tokio::test]
async fn above_async_trait_equal_calls_hit() {
    check(|| REPO.find(1)).await;
    check(|| REPO.named("Ada", &1)).await;
    check(|| Repo::made(1)).await;
    check(|| REPO.any(&1_u8)).await;
    check(|| REPO.renamed(1)).await;
    // Through the trait as well.
    let users: &dyn Small = &REPO;
    check(|| users.small(1)).await;
}

#[tokio::test]
async fn above_async_trait_other_calls_miss() {
    check_apart(REPO.find(1), REPO.find(2)).await;
    check_apart(REPO.find(1), Repo { tenant: 8 }.find(1)).await;
    check_apart(REPO.named("Ada", &1), REPO.named("Eve", &1)).await;
    check_apart(REPO.any(&1_u8), REPO.any(&1_u16)).await;
    check_apart(Repo::made(1), Repo::made(2)).await;
}

#[tokio::test]
async fn above_async_trait_there_are_companions() {
    in_cache(async {
        assert_eq!(REPO.find_peek(1).await, None);
        assert_eq!(REPO.find_refresh(1).await.as_deref(), Some("7-1"));
        assert_eq!(REPO.find_peek(1).await.flatten().as_deref(), Some("7-1"));
        assert_eq!(REPO.find_uncached(0).await, None);
        assert_eq!(REPO.named_refresh("Ada", &1).await.as_deref(), Ok("Ada17"));
        assert_eq!(REPO.named("Ada", &2).await.as_deref(), Ok("Ada17"));
        assert_eq!(REPO.any_refresh(&1_u16).await, 2);
        assert_eq!(Repo::made_key(1), Repo::made_key(1));
    })
    .await;
}

#[tokio::test]
async fn above_async_trait_writes_invalidate() {
    check_invalidates(|| REPO.find(1), REPO.rename(1)).await;
    check_invalidates(|| Repo::made(1), REPO.rename(1)).await;
    check_invalidates(|| REPO.find(1), REPO.renamed(1))
        .await
        .unwrap();
    // Its future is `Send`.
    drop(tokio::spawn(async { REPO.find_refresh(1).await }));
}

#[async_trait(?Send)]
trait Small {
    async fn small(&self, id: u64) -> u64;
}

#[cached]
#[async_trait(?Send)]
impl Small for Repo {
    #[cached(prefix = "small:{self.tenant}")]
    async fn small(&self, id: u64) -> u64 {
        let id = std::rc::Rc::new(id);
        tokio::task::yield_now().await;
        Runs::add();
        *id
    }
}

/// The other order: what the block shows are functions that return boxes.
#[derive(Clone)]
struct Boxed {
    tenant: u64,
}

#[async_trait]
#[cached]
impl Users for Boxed {
    type Name = String;

    #[cached(ttl = "5m", prefix = "tenant:{self.tenant}:user:{id}")]
    async fn find(&self, id: u64) -> Option<Self::Name> {
        Runs::add();
        tokio::task::yield_now().await;
        (id > 0).then(|| format!("{}-{id}", self.tenant))
    }

    #[cached(prefix = "named:{self.tenant}", stale_while_revalidate = "1h")]
    async fn named(&self, name: &str, #[cached(skip)] db: &u32) -> Result<String, String> {
        Runs::add();
        Ok(format!("{name}{db}{}", self.tenant))
    }

    #[cached]
    async fn made(id: u64) -> u64 {
        Runs::add();
        id
    }

    #[cached(prefix = "any:{self.tenant}")]
    async fn any<T: Serialize + Send + Sync>(&self, value: &T) -> u64 {
        Runs::add();
        std::mem::size_of_val(value) as u64
    }

    #[cached(prefix = "renamed:{self.tenant}")]
    #[invalidates(self.find(id))]
    async fn renamed(&self, id: u64) -> Result<(), String> {
        Runs::add();
        drop(id.to_string());
        Ok(())
    }

    #[invalidates(self.find(id), Boxed::made(id))]
    async fn rename(&self, id: u64) {
        drop(id.to_string());
    }
}

const BOXED: Boxed = Boxed { tenant: 7 };

#[tokio::test]
async fn below_async_trait_equal_calls_hit() {
    check(|| BOXED.find(1)).await;
    check(|| BOXED.named("Ada", &1)).await;
    check(|| Boxed::made(1)).await;
    check(|| BOXED.any(&1_u8)).await;
    check(|| BOXED.renamed(1)).await;
}

#[tokio::test]
async fn below_async_trait_other_calls_miss() {
    check_apart(BOXED.find(1), BOXED.find(2)).await;
    check_apart(BOXED.find(1), Boxed { tenant: 8 }.find(1)).await;
    check_apart(BOXED.find(1), REPO.find(1)).await;
    check_apart(BOXED.named("Ada", &1), BOXED.named("Eve", &1)).await;
    check_apart(BOXED.any(&1_u8), BOXED.any(&1_u16)).await;
    check_apart(Boxed::made(1), Boxed::made(2)).await;
}

#[tokio::test]
async fn below_async_trait_there_are_companions() {
    in_cache(async {
        assert_eq!(BOXED.find_peek(1).await, None);
        assert_eq!(BOXED.find_refresh(1).await.as_deref(), Some("7-1"));
        assert_eq!(BOXED.find_peek(1).await.flatten().as_deref(), Some("7-1"));
        assert_eq!(BOXED.find_uncached(0).await, None);
        assert_eq!(BOXED.named_refresh("Ada", &1).await.as_deref(), Ok("Ada17"));
        assert_eq!(BOXED.named("Ada", &2).await.as_deref(), Ok("Ada17"));
        assert_eq!(BOXED.any_refresh(&1_u16).await, 2);
        assert_eq!(Boxed::made_key(1), Boxed::made_key(1));
    })
    .await;
}

#[tokio::test]
async fn below_async_trait_writes_invalidate() {
    check_invalidates(|| BOXED.find(1), BOXED.rename(1)).await;
    check_invalidates(|| Boxed::made(1), BOXED.rename(1)).await;
    check_invalidates(|| BOXED.find(1), BOXED.renamed(1))
        .await
        .unwrap();
}

/// Generic, and with a lifetime.
#[async_trait]
trait Get<K> {
    type Got;
    async fn get(&self, key: K) -> Self::Got;
    async fn each<'q>(&'q self, keys: &'q [K]) -> usize;
}

struct View<'a, T> {
    base: &'a T,
}

#[cached]
#[async_trait]
impl<K, T> Get<K> for View<'_, T>
where
    K: Serialize + Display + Send + Sync + 'static,
    T: Display + Sync,
{
    type Got = Result<String, String>;

    #[cached(skip(self))]
    async fn get(&self, key: K) -> Self::Got {
        Runs::add();
        Ok(format!("{key}{}", self.base))
    }

    #[cached(skip(self))]
    async fn each<'q>(&'q self, keys: &'q [K]) -> usize {
        Runs::add();
        keys.len()
    }
}

struct Inner<T>(T);

#[async_trait]
#[cached]
impl<K, T> Get<K> for Inner<T>
where
    K: Serialize + Display + Send + Sync + 'static,
    T: Display + Clone + Send + Sync + 'static,
{
    type Got = Result<String, String>;

    #[cached(skip(self), stale_while_revalidate = "1h")]
    async fn get(&self, key: K) -> Self::Got {
        Runs::add();
        Ok(format!("{key}{}", self.0))
    }

    #[cached(skip(self))]
    async fn each<'q>(&'q self, keys: &'q [K]) -> usize {
        Runs::add();
        keys.len()
    }
}

impl<T: Clone> Clone for Inner<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

#[tokio::test]
async fn generic_blocks() {
    let base = 1_u8;
    let (view, inner) = (View { base: &base }, Inner(1_u8));
    check(|| view.get(1_u8)).await;
    check(|| inner.get(1_u8)).await;
    check(|| view.each(&[1_u8])).await;
    check(|| inner.each(&[1_u8])).await;
    check_apart(view.get(1_u8), view.get(2_u8)).await;
    check_apart(inner.get(1_u8), inner.get(2_u8)).await;
    check_apart(inner.get(1_u8), Inner(1_u16).get(1_u8)).await;
    check_apart(inner.get(1_u8), inner.get(1_u16)).await;
    in_cache(async {
        assert_eq!(view.get_refresh(5_u8).await.as_deref(), Ok("51"));
        assert_eq!(inner.get_refresh(5_u8).await.as_deref(), Ok("51"));
        assert_eq!(inner.each_refresh(&[5_u8]).await, 1);
        assert_eq!(inner.each_peek(&[5_u8]).await, Some(1));
    })
    .await;
}
