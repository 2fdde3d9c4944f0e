//! An associated type among the arguments and in what is returned.

use cached_core::{cached, invalidates};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Runs, check, check_invalidates, check_miss};

trait Entity {
    type Id: Serialize + Copy;
    type Row: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;

    fn row(id: Self::Id) -> Self::Row;
}

struct User;
struct Member;

impl Entity for User {
    type Id = u64;
    type Row = (u64, String);

    fn row(id: u64) -> Self::Row {
        (id, "user".to_owned())
    }
}

impl Entity for Member {
    type Id = u64;
    type Row = (u64, String);

    fn row(id: u64) -> Self::Row {
        (id, "member".to_owned())
    }
}

#[cached(prefix = "row:{id}")]
async fn row<E: Entity>(id: E::Id) -> Option<<E as Entity>::Row> {
    Runs::add();
    Some(E::row(id))
}

#[invalidates(row::<E>(id))]
async fn change<E: Entity>(id: E::Id) {}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| row::<User>(1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| row::<User>(1), || row::<User>(2)).await;
    check_miss(|| row::<User>(1), || row::<Member>(1)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| row::<User>(1), change::<User>(1)).await;
}
