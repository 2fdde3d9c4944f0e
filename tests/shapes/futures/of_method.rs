//! Methods that return a future.

use std::pin::Pin;
use std::sync::Arc;

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

struct Users {
    tenant: u64,
}

impl Users {
    #[cached(prefix = "user:{self.tenant}:{id}")]
    fn find(&self, id: u64) -> impl Future<Output = u64> {
        async move {
            Runs::add();
            self.tenant + id
        }
    }

    /// Its receiver is there for the key, and for the body.
    #[cached(prefix = "shared:{self.tenant}:{id}")]
    fn shared(self: Arc<Self>, id: u64) -> impl Future<Output = u64> + Send {
        async move {
            Runs::add();
            self.tenant + id
        }
    }

    #[invalidates("user:{self.tenant}:{ret}", "shared:{self.tenant}")]
    fn change(&self, id: u64) -> Pin<Box<dyn Future<Output = Option<u64>> + Send + '_>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            (self.tenant > 0).then_some(id)
        })
    }

    #[invalidates(self.shared(id))]
    fn change_shared(self: Arc<Self>, id: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
        Box::pin(async move { self.tenant + id })
    }
}

#[tokio::test]
async fn equal_calls_hit() {
    let users = Arc::new(Users { tenant: 1 });
    check(|| users.find(1)).await;
    check(|| users.clone().shared(1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    let (one, other) = (Users { tenant: 1 }, Users { tenant: 2 });
    check_miss(|| one.find(1), || one.find(2)).await;
    check_miss(|| one.find(1), || other.find(1)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    let users = Arc::new(Users { tenant: 1 });
    check_invalidates(|| users.find(2), users.change(2)).await;
    check_invalidates(|| users.clone().shared(2), users.clone().change_shared(2)).await;
}
