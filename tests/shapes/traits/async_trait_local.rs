//! `#[async_trait(?Send)]`: futures that stay on their thread.

use std::rc::Rc;

use async_trait::async_trait;
use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[async_trait(?Send)]
trait Users {
    async fn name(&self, id: u64) -> Option<String>;
    async fn rename(&mut self, id: u64);
}

struct Repo {
    tenant: u32,
    names: Rc<str>,
}

#[async_trait(?Send)]
impl Users for Repo {
    #[cached(companions = off, prefix = "tenant:{self.tenant}:{id}")]
    async fn name(&self, id: u64) -> Option<String> {
        Runs::add();
        let names = Rc::clone(&self.names);
        tokio::task::yield_now().await;
        Some(format!("{names}-{id}"))
    }

    #[invalidates("tenant:{self.tenant}:{id}")]
    async fn rename(&mut self, id: u64) {
        self.names = id.to_string().into();
        tokio::task::yield_now().await;
    }
}

fn repo(tenant: u32) -> Repo {
    let names = Rc::from("ada");
    Repo { tenant, names }
}

#[tokio::test]
async fn equal_calls_hit() {
    let users = repo(1);
    check(|| users.name(1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    let (one, other) = (repo(1), repo(2));
    check_miss(|| one.name(1), || one.name(2)).await;
    check_miss(|| one.name(1), || other.name(1)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    let users = repo(1);
    check_invalidates(|| users.name(1), repo(1).rename(1)).await;
}
