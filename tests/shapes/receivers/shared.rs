//! `self: Arc<Self>`, `self: Rc<Self>` and `self: &Arc<Self>`.

use std::rc::Rc;
use std::sync::Arc;

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

struct Users(u32);

impl Users {
    #[cached(prefix = "shared:{self.0}")]
    async fn find(self: Arc<Self>, id: u32) -> u32 {
        Runs::add();
        self.0 + id
    }

    #[cached(prefix = "local:{self.0}")]
    async fn local(self: Rc<Self>, id: u32) -> u32 {
        Runs::add();
        self.0 + id
    }

    #[cached(prefix = "lent:{self.0}")]
    async fn lent(self: &Arc<Self>, id: u32) -> u32 {
        Runs::add();
        self.0 + id
    }

    #[invalidates("shared:{self.0}:*", self.lent(id))]
    async fn change(self: Arc<Self>, id: u32) {}
}

#[tokio::test]
async fn equal_calls_hit() {
    let users = Arc::new(Users(1));
    check(|| users.clone().find(2)).await;
    check(|| Rc::new(Users(1)).local(2)).await;
    check(|| users.lent(2)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    let (one, other) = (Arc::new(Users(1)), Arc::new(Users(2)));
    check_miss(|| one.clone().find(2), || one.clone().find(3)).await;
    check_miss(|| one.clone().find(2), || other.clone().find(2)).await;
    check_miss(|| one.lent(2), || one.clone().find(2)).await;
}

#[tokio::test]
async fn companions_are_methods() {
    let users = Arc::new(Users(3));
    assert_eq!(users.clone().find_key(1), users.clone().find_key(1));
    assert_eq!(users.clone().find_refresh(1).await, 4);
    assert_eq!(users.lent_refresh(1).await, 4);
}

#[tokio::test]
async fn writes_invalidate() {
    let users = Arc::new(Users(1));
    check_invalidates(|| users.clone().find(2), users.clone().change(2)).await;
    check_invalidates(|| users.lent(2), users.clone().change(2)).await;
}
