//! A handle to a database: needed to load, not to know.

use std::sync::Arc;

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

/// Neither serde nor `Clone`.
struct Db(u32);

#[cached(prefix = "user:{id}")]
async fn user(#[cached(skip)] db: Arc<Db>, id: u64) -> u32 {
    Runs::add();
    db.0 + u32::try_from(id).unwrap()
}

#[cached(skip(db))]
async fn by_list(db: &Db, id: u64) -> u32 {
    Runs::add();
    db.0 + u32::try_from(id).unwrap()
}

#[invalidates("user:{id}", by_list(id))]
async fn change(db: Arc<Db>, id: u64) -> u32 {
    db.0
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| user(Arc::new(Db(7)), 1)).await;
    check(|| by_list(&Db(7), 1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| user(Arc::new(Db(7)), 1), || user(Arc::new(Db(7)), 2)).await;
}

#[test]
fn what_is_skipped_does_not_count() {
    assert_eq!(user::key(1), user::key(1));
    assert_eq!(by_list::key(1), by_list::key(1));
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| user(Arc::new(Db(7)), 1), change(Arc::new(Db(8)), 1)).await;
    check_invalidates(|| by_list(&Db(7), 1), change(Arc::new(Db(8)), 1)).await;
}
