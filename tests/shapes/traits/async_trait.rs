//! `#[async_trait]`, with the attribute inside the `impl`, whose methods are boxed futures by then.

use async_trait::async_trait;
use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[async_trait]
trait Users: Send + Sync {
    async fn name(&self, id: u64, more: &str) -> Result<String, String>;
    async fn rename(&self, id: u64) -> Result<(), String>;

    #[cached(companions = off, prefix = "provided:{id}", skip(self))]
    async fn provided(&self, id: u64) -> u64 {
        Runs::add();
        id
    }
}

struct Repo {
    tenant: u32,
}

#[async_trait]
impl Users for Repo {
    #[cached(companions = off, prefix = "tenant:{self.tenant}:{id}")]
    async fn name(&self, id: u64, more: &str) -> Result<String, String> {
        Runs::add();
        if more.is_empty() {
            return Ok(String::new());
        }
        let id: u32 = id.try_into().map_err(|_| "large".to_owned())?;
        tokio::task::yield_now().await;
        Ok(format!("{}-{id}-{more}", self.tenant))
    }

    #[invalidates("tenant:{self.tenant}:{id}", "provided:{id}")]
    async fn rename(&self, id: u64) -> Result<(), String> {
        (id > 0).then_some(()).ok_or("nobody".to_owned())
    }
}

#[tokio::test]
async fn equal_calls_hit() {
    let users: Box<dyn Users> = Box::new(Repo { tenant: 1 });
    check(|| users.name(1, "a")).await;
    check(|| users.name(1, "")).await;
    check(|| users.provided(1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    let (one, other) = (Repo { tenant: 1 }, Repo { tenant: 2 });
    check_miss(|| one.name(1, "a"), || one.name(2, "a")).await;
    check_miss(|| one.name(1, "a"), || one.name(1, "b")).await;
    check_miss(|| one.name(1, "a"), || other.name(1, "a")).await;
}

#[tokio::test]
async fn writes_invalidate() {
    let users = Repo { tenant: 1 };
    check_invalidates(|| users.name(1, "a"), users.rename(1))
        .await
        .unwrap();
    check_invalidates(|| users.provided(1), users.rename(1))
        .await
        .unwrap();
}
