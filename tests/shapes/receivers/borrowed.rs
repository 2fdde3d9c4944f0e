//! `&self`.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_keeps, check_miss, in_cache};

/// A service.
pub(crate) struct Users {
    tenant: u32,
}

impl Users {
    /// The name of a user.
    #[cached(ttl = "5m", prefix = "tenant:{self.tenant}:user:{id}")]
    pub(crate) async fn name(&self, id: u64) -> String {
        Runs::add();
        format!("{}-{id}", self.tenant)
    }

    #[cached(skip(self))]
    async fn version(&self) -> u32 {
        Runs::add()
    }

    #[cached]
    async fn skipped_here(#[cached(skip)] &self) -> u32 {
        Runs::add()
    }

    #[invalidates(self.name(id))]
    async fn rename(&self, id: u64) {}
}

#[tokio::test]
async fn equal_calls_hit() {
    let users = Users { tenant: 1 };
    check(|| users.name(1)).await;
    check(|| users.version()).await;
    check(|| users.skipped_here()).await;
}

#[tokio::test]
async fn other_calls_miss() {
    let (one, other) = (Users { tenant: 1 }, Users { tenant: 2 });
    check_miss(|| one.name(1), || one.name(2)).await;
    check_miss(|| one.name(1), || other.name(1)).await;
    check_miss(|| one.version(), || one.skipped_here()).await;
}

#[tokio::test]
async fn companions_are_methods() {
    let users = Users { tenant: 7 };
    in_cache(async {
        assert_eq!(users.name_peek(1).await, None);
        let name = users.name(1).await;
        assert_eq!(users.name_peek(1).await, Some(name));
        let before = Runs::count();
        users.name_refresh(1).await;
        users.name_uncached(1).await;
        assert_eq!(Runs::count() - before, 2);
    })
    .await;
    let key = users.name_key(5).to_string();
    assert!(key.starts_with("tenant:7:user:5:"));
}

#[tokio::test]
async fn writes_invalidate() {
    let users = Users { tenant: 1 };
    check_invalidates(|| users.name(1), users.rename(1)).await;
    check_keeps(|| users.name(1), Users { tenant: 2 }.rename(1)).await;
}
