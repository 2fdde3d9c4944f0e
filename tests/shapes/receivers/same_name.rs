//! Methods of one name, of two types and of a type and its trait.

use cached_core::cached;

use crate::{Runs, check, check_miss};

struct Cats;
struct Dogs;

impl Cats {
    #[cached(skip(self), prefix = "one:{id}")]
    async fn name(&self, id: u32) -> u32 {
        Runs::add();
        id
    }
}

impl Dogs {
    #[cached(skip(self), prefix = "one:{id}")]
    async fn name(&self, id: u32) -> u32 {
        Runs::add();
        id
    }
}

trait Named {
    async fn name(&self, id: u32) -> u32;
}

impl Named for Cats {
    #[cached(skip(self), prefix = "one:{id}", companions = off)]
    async fn name(&self, id: u32) -> u32 {
        Runs::add();
        id
    }
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| Cats.name(1)).await;
    check(|| Dogs.name(1)).await;
    check(|| Named::name(&Cats, 1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| Cats.name(1), || Dogs.name(1)).await;
    check_miss(|| Cats.name(1), || Named::name(&Cats, 1)).await;
    assert_ne!(Cats.name_key(1), Dogs.name_key(1));
}
