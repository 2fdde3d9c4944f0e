//! Functions in a block that are called again in the background.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use cached_core::cached;
use serde::Serialize;

use super::{Runs, in_cache};

const TTL: Duration = Duration::from_millis(20);

/// A call past its ttl gives what there was, and the body runs behind it.
async fn check_again<R: PartialEq + std::fmt::Debug>(call: impl AsyncFn() -> R) {
    in_cache(async {
        let before = Runs::count();
        let first = call().await;
        tokio::time::sleep(2 * TTL).await;
        assert_eq!(call().await, first, "the answer past the ttl");
        let refreshed = async {
            while Runs::count() - before < 2 {
                tokio::task::yield_now().await;
            }
        };
        let patience = Duration::from_secs(10);
        let refreshed = tokio::time::timeout(patience, refreshed).await;
        assert!(refreshed.is_ok(), "not refreshed");
    })
    .await;
}

#[derive(Clone)]
struct Repo<T> {
    base: T,
}

#[cached]
impl<T: Display + Clone + Send + Sync + 'static> Repo<T> {
    #[cached(ttl = TTL, stale_while_revalidate = "1h")]
    async fn of<U: Serialize + Display + Clone + Send + Sync + 'static>(
        value: &U,
        __self: u8,
    ) -> String {
        Runs::add();
        format!("{value}{__self}")
    }

    #[cached(ttl = TTL, stale_while_revalidate = "1h", prefix = "repo:{id}")]
    async fn get(&self, id: u32) -> String {
        Runs::add();
        format!("{id}{}", self.base)
    }
}

trait Find {
    type Found;
    async fn find(&self, name: &str) -> Self::Found;
    async fn shared(self: Arc<Self>, id: u32) -> Result<u32, String>;
    async fn made(id: u32) -> u32;
}

#[cached]
impl<T: Display + Clone + Send + Sync + 'static> Find for Repo<T> {
    type Found = Option<String>;

    #[cached(ttl = TTL, stale_while_revalidate = "1h", prefix = "find:{name}")]
    async fn find(&self, name: &str) -> Self::Found {
        Runs::add();
        Some(format!("{name}{}", self.base))
    }

    #[cached(ttl = TTL, stale_while_revalidate = "1h", stale_if_error = "1h")]
    async fn shared(self: Arc<Self>, id: u32) -> Result<u32, String> {
        Runs::add();
        Ok(id)
    }

    #[cached(ttl = TTL, stale_while_revalidate = "1h")]
    async fn made(id: u32) -> u32 {
        Runs::add();
        id
    }
}

#[tokio::test]
async fn functions_are_called_again() {
    let repo = Repo { base: 1_u8 };
    check_again(|| Repo::<u8>::of(&1, 2)).await;
    check_again(|| repo.get(1)).await;
    check_again(|| repo.find("Ada")).await;
    let shared = Arc::new(repo.clone());
    check_again(|| shared.clone().shared(1)).await;
    check_again(|| Repo::<u8>::made(1)).await;
}
