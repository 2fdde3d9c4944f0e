//! Structs, collections, tuples and boxes.

use std::collections::BTreeMap;
use std::sync::Arc;

use cached_core::{cached, invalidates};
use serde::{Deserialize, Serialize};

use crate::{Runs, check, check_invalidates, check_miss};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct User {
    name: String,
    parents: Vec<Option<Box<User>>>,
    points: BTreeMap<u8, (f64, char)>,
}

#[cached(prefix = "user:{name}")]
async fn user(name: &str) -> Box<User> {
    Runs::add();
    let child = User {
        name: name.to_owned(),
        parents: vec![None],
        points: BTreeMap::from([(1, (0.1 + 0.2, '"'))]),
    };
    Box::new(User {
        parents: vec![Some(Box::new(child.clone())), None],
        ..child
    })
}

#[cached]
async fn pair(name: &str) -> (String, [u8; 2]) {
    Runs::add();
    (name.to_owned(), [1, 2])
}

/// Shared, as an argument and as a value.
#[cached]
async fn shared(name: Arc<str>) -> Arc<User> {
    Arc::new(*user::uncached(&name).await)
}

#[invalidates("user:{ret.name}")]
async fn change(name: &str) -> Option<User> {
    Some(*user::uncached(name).await)
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| user("ada")).await;
    check(|| pair("ada")).await;
    check(|| shared("ada".into())).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| user("ada"), || user("eve")).await;
    check_miss(|| pair("ada"), || pair("eve")).await;
    check_miss(|| shared("ada".into()), || shared("eve".into())).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| user("ada"), change("ada")).await;
}
