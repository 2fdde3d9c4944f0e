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

/// One name for three functions of one type.
trait Fed<F> {
    async fn fed(&self, id: u32) -> u32;
    async fn made(id: u32) -> u32;
}

#[cached]
impl Fed<u8> for Dogs {
    #[cached(skip(self))]
    async fn fed(&self, id: u32) -> u32 {
        Runs::add();
        id + 100
    }

    #[cached]
    async fn made(id: u32) -> u32 {
        Runs::add();
        id + 100
    }
}

#[cached]
impl Fed<u16> for Dogs {
    #[cached(skip(self), companions = fed_more)]
    async fn fed(&self, id: u32) -> u32 {
        Runs::add();
        id + 200
    }

    #[cached(companions = made_more)]
    async fn made(id: u32) -> u32 {
        Runs::add();
        id + 200
    }
}

#[cached]
impl Dogs {
    #[cached(skip(self), companions = fed_most)]
    async fn fed(&self, id: u32) -> u32 {
        Runs::add();
        id + 300
    }

    #[cached(companions = off)]
    async fn made(id: u32) -> u32 {
        Runs::add();
        id + 300
    }
}

#[tokio::test]
async fn methods_of_one_name_on_one_type_share_nothing() {
    super::in_cache(async {
        assert_eq!(Fed::<u8>::fed(&Dogs, 1).await, 101);
        assert_eq!(Fed::<u16>::fed(&Dogs, 1).await, 201);
        assert_eq!(Dogs.fed(1).await, 301);
        assert_eq!(<Dogs as Fed<u8>>::made(1).await, 101);
        assert_eq!(<Dogs as Fed<u16>>::made(1).await, 201);
        assert_eq!(Dogs::made(1).await, 301);
        let before = Runs::count();
        assert_eq!(Fed::<u8>::fed(&Dogs, 1).await, 101);
        assert_eq!(Dogs::made(1).await, 301);
        assert_eq!(Runs::count(), before);
        // Each is a group of its own.
        clear().await;
        assert_eq!(Dogs.fed_peek(1).await, None);
        assert_eq!(Dogs.fed_more_peek(1).await, Some(201));
    })
    .await;
}

#[cached_core::invalidates(Dogs::fed(..))]
async fn clear() {}
