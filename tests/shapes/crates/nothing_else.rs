//! A crate that depends on cached-core alone, and gives the names of crates and of the prelude to other things.

use std::sync::Arc;

use cached_core::Cache;
use probe::arguments::{self, text};
use probe::blocks::Table;
use probe::methods::Users;
use probe::{futures, writes};

use crate::{Runs, check, check_invalidates, check_miss, in_cache};

fn users(tenant: u32) -> Users {
    let cache = Cache::in_memory().unwrap();
    Users { tenant, cache }
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| text("a", Runs::add)).await;
    let users = users(1);
    check(|| users.find(2, Runs::add)).await;
    check(|| Table::of(1, Runs::add)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| text("a", Runs::add), || text("b", Runs::add)).await;
    let (one, other) = (users(1), users(2));
    check_miss(|| one.find(2, Runs::add), || other.find(2, Runs::add)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| text("a", Runs::add), async {
        writes::rename(1, "a").await.unwrap();
    })
    .await;
    check_invalidates(|| text("a", Runs::add), writes::later("a")).await;
    let users = users(1);
    check_invalidates(|| users.find(2, Runs::add), writes::of_method(&users, 2)).await;
    check_invalidates(|| Table::of(1, Runs::add), Table.change(1)).await;
}

#[tokio::test]
async fn companions_stand_beside_them() {
    in_cache(async {
        assert_eq!(arguments::r#match(1, 2).await, 3);
        assert_eq!(arguments::r#match::peek(1, 2).await, Some(3));
        assert_eq!(futures::detached::refresh("abc").await, 3);
        assert_eq!(Arc::new(users(1)).shared_uncached(2).await, 3);
    })
    .await;
}
