//! Fields of an argument, in a template.

use cached_core::{cached, invalidates};
use serde::Serialize;

use crate::{Runs, check, check_invalidates, check_keeps, check_miss};

#[derive(Serialize)]
struct User {
    id: u64,
    name: (String, String),
}

#[cached(prefix = "user:{user.id}:{user.name.0}")]
async fn greeting(user: &User) -> String {
    Runs::add();
    format!("Hello {}", user.name.0)
}

#[invalidates("user:{user.id}:{user.name.0}", greeting(user))]
async fn change(user: &User) {}

fn user(id: u64, first: &str, last: &str) -> User {
    User {
        id,
        name: (first.to_owned(), last.to_owned()),
    }
}

#[tokio::test]
async fn equal_calls_hit() {
    let ada = user(7, "Ada", "L");
    check(|| greeting(&ada)).await;
    let key = greeting::key(&ada).to_string();
    assert!(key.starts_with("user:7:Ada:"));
}

#[tokio::test]
async fn other_calls_miss() {
    let (ada, other) = (user(7, "Ada", "L"), user(7, "Ada", "M"));
    check_miss(|| greeting(&ada), || greeting(&other)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    let (ada, other) = (user(7, "Ada", "L"), user(8, "Ada", "L"));
    check_invalidates(|| greeting(&ada), change(&ada)).await;
    check_keeps(|| greeting(&ada), change(&other)).await;
}
