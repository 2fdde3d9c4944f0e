//! Functions that look alike share no entry.

use cached_core::{Key, cached};

use crate::{Runs, check, check_apart};

mod one {
    #[cached_core::cached]
    pub(super) async fn same(n: u32) -> u32 {
        n
    }
}

mod two {
    #[cached_core::cached]
    pub(super) async fn same(n: u32) -> u32 {
        n
    }
}

struct Cats;
struct Dogs;

impl Cats {
    #[cached]
    async fn same(&self, n: u32) -> u32 {
        n
    }
}

impl Dogs {
    #[cached]
    async fn same(&self, n: u32) -> u32 {
        n
    }
}

fn nested_here() -> Key {
    #[cached]
    async fn same(n: u32) -> u32 {
        n
    }
    same::key(1)
}

fn nested_there() -> Key {
    #[cached]
    async fn same(n: u32) -> u32 {
        n
    }
    same::key(1)
}

mod versions {
    pub(super) mod first {
        #[cached_core::cached(id = "same", version = 1)]
        pub(in crate::identity) async fn same(n: u32) -> u32 {
            n
        }
    }

    pub(super) mod second {
        #[cached_core::cached(id = "same", version = 2)]
        pub(in crate::identity) async fn moved(n: u32) -> u32 {
            n
        }
    }

    pub(super) mod third {
        #[cached_core::cached(id = "same", version = 2)]
        pub(in crate::identity) async fn renamed(n: u32) -> u32 {
            n
        }
    }
}

#[test]
fn equal_names_in_different_places_differ() {
    let keys = [
        one::same::key(1),
        two::same::key(1),
        Cats.same_key(1),
        Dogs.same_key(1),
        nested_here(),
        nested_there(),
        versions::first::same::key(1),
        versions::second::moved::key(1),
    ];
    for (index, key) in keys.iter().enumerate() {
        for other in &keys[index + 1..] {
            assert_ne!(key, other);
            assert_ne!(key.to_string(), other.to_string());
        }
    }
}

#[test]
fn id_pins_identity_across_moves_and_renames() {
    let digest = |key: &Key| key.to_string().rsplit(':').next().map(str::to_owned);
    let (moved, renamed) = (
        versions::second::moved::key(1),
        versions::third::renamed::key(1),
    );
    assert_eq!(moved, renamed);
    assert_eq!(digest(&moved), digest(&renamed));
}

#[test]
fn default_prefix_is_the_path() {
    assert!(
        one::same::key(1)
            .to_string()
            .starts_with("shapes:identity:one:same:")
    );
}

/// Told apart by the trait alone.
trait Told<A> {
    async fn told(&self, id: usize) -> usize;
}

impl<A> Told<A> for Cats {
    #[cached(companions = off, skip(self))]
    async fn told(&self, id: usize) -> usize {
        Runs::add();
        size_of::<A>() + id
    }
}

#[tokio::test]
async fn instances_of_a_trait_share_nothing() {
    check(|| Told::<u8>::told(&Cats, 1)).await;
    check_apart(Told::<u8>::told(&Cats, 1), Told::<u16>::told(&Cats, 1)).await;
}
