//! A method with a body in the trait itself, where companions have no place: each type that takes it has entries of its
//! own.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

trait Named {
    const NAME: &'static str;

    #[cached(companions = off, prefix = "called:{id}", skip(self))]
    async fn called(&self, id: u64) -> String {
        Runs::add();
        format!("{}{id}", Self::NAME)
    }

    #[invalidates("called:{id}")]
    async fn call(&self, id: u64) {}
}

struct Cat;
struct Dog;

impl Named for Cat {
    const NAME: &'static str = "cat";
}

impl Named for Dog {
    const NAME: &'static str = "dog";
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| Cat.called(1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| Cat.called(1), || Cat.called(2)).await;
    check_miss(|| Cat.called(1), || Dog.called(1)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| Cat.called(1), Cat.call(1)).await;
}
