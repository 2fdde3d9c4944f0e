//! The expansion of `#[async_trait]`, written by hand.

use std::pin::Pin;

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

trait Users {
    fn name<'life0, 'async_trait>(
        &'life0 self,
        id: u64,
    ) -> Pin<Box<dyn Future<Output = String> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait;

    fn rename(&self, id: u64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    fn plain(&self, id: u64) -> impl Future<Output = u64> + Send;
}

struct Repo {
    tenant: u32,
}

impl Users for Repo {
    #[cached(companions = off, prefix = "tenant:{self.tenant}:{id}")]
    fn name<'life0, 'async_trait>(
        &'life0 self,
        id: u64,
    ) -> Pin<Box<dyn Future<Output = String> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move {
            Runs::add();
            format!("{}-{id}", self.tenant)
        })
    }

    #[invalidates("tenant:{self.tenant}:{id}", "plain:{id}")]
    fn rename(&self, id: u64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let Repo { .. } = self;
        })
    }

    #[cached(companions = off, prefix = "plain:{id}", skip(self))]
    fn plain(&self, id: u64) -> impl Future<Output = u64> + Send {
        async move {
            Runs::add();
            id
        }
    }
}

#[tokio::test]
async fn equal_calls_hit() {
    let users = Repo { tenant: 1 };
    check(|| users.name(1)).await;
    check(|| users.plain(1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    let (one, other) = (Repo { tenant: 1 }, Repo { tenant: 2 });
    check_miss(|| one.name(1), || one.name(2)).await;
    check_miss(|| one.name(1), || other.name(1)).await;
    check_miss(|| one.plain(1), || one.plain(2)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    let users = Repo { tenant: 1 };
    check_invalidates(|| users.name(1), users.rename(1)).await;
    check_invalidates(|| users.plain(1), users.rename(1)).await;
}
