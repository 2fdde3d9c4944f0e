//! A type parameter that no argument shows.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

trait Named {
    const NAME: &'static str;
}

struct Cat;
struct Dog;

impl Named for Cat {
    const NAME: &'static str = "cat";
}

impl Named for Dog {
    const NAME: &'static str = "dog";
}

#[cached]
async fn name<T: Named>() -> String {
    Runs::add();
    T::NAME.to_owned()
}

/// With no argument to name, the prefix names them all: a typed call reaches every type.
#[invalidates(name::<T>())]
async fn change<T: Named>() {}

#[tokio::test]
async fn equal_calls_hit() {
    check(name::<Cat>).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(name::<Cat>, name::<Dog>).await;
    assert_ne!(name::key::<Cat>(), name::key::<Dog>());
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(name::<Cat>, change::<Cat>()).await;
}
