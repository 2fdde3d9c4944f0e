//! The `impl` of a type: functions without `self`, beside methods.

use std::fmt::Display;
use std::marker::PhantomData;

use cached_core::{cached, invalidates};
use serde::Serialize;

use super::{Runs, check, check_apart, check_invalidates, check_keeps, in_cache};

/// Users of a tenant.
pub(crate) struct Users {
    tenant: u32,
}

#[cached]
impl Users {
    /// How many a page holds.
    const PAGE: u32 = 10;

    fn new(tenant: u32) -> Self {
        Self { tenant }
    }

    /// The name of a user.
    #[cached(ttl = "5m", prefix = "user:{id}:name")]
    pub(crate) async fn name_of(id: u64, #[cached(skip)] greeting: &str) -> String {
        Runs::add();
        format!("{greeting} {id}")
    }

    #[cached]
    async fn first() -> Self {
        Runs::add();
        Self::new(1)
    }

    #[cached(key = page % Self::PAGE, companions = paged)]
    async fn page(page: u32) -> u32 {
        Runs::add() + page
    }

    #[cached(prefix = "tenant:{self.tenant}:{id}")]
    async fn find(&self, id: u64) -> Option<u64> {
        Runs::add();
        (id > 0).then_some(id + u64::from(self.tenant))
    }

    #[cached(companions = off)]
    async fn quiet(id: u64) -> u64 {
        Runs::add();
        id
    }

    #[cached(stale_while_revalidate = "1h")]
    async fn soon<T: Display + Serialize + Send + Sync + Clone + 'static>(id: &T) -> String {
        Runs::add();
        id.to_string()
    }

    #[invalidates(Users::name_of(id), self.find(id))]
    async fn rename(&self, id: u64) {}

    #[invalidates(Users::name_of(..))]
    async fn rename_all() {}
}

impl Serialize for Users {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.tenant.serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Users {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::Deserialize::deserialize(deserializer).map(Self::new)
    }
}

impl Clone for Users {
    fn clone(&self) -> Self {
        Self::new(self.tenant)
    }
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| Users::name_of(1, "Ada")).await;
    check(async || Users::first().await.tenant).await;
    check(async || Users::new(1).find(1).await).await;
    check(|| Users::quiet(1)).await;
    check(|| Users::soon(&1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_apart(Users::name_of(1, "Ada"), Users::name_of(2, "Ada")).await;
    check_apart(Users::quiet(1), Users::quiet(2)).await;
    check_apart(Users::soon(&1), Users::soon(&2)).await;
    check_apart(Users::soon(&1_u8), Users::soon(&1_u16)).await;
    check_apart(Users::new(1).find(1), Users::new(2).find(1)).await;
}

#[tokio::test]
async fn a_key_may_name_what_the_block_declares() {
    in_cache(async {
        assert_eq!(Users::page(3).await, Users::page(13).await);
        assert_eq!(Users::paged_key(3), Users::paged_key(23));
        assert_ne!(Users::paged_key(3), Users::paged_key(4));
    })
    .await;
}

#[tokio::test]
async fn functions_have_companions() {
    let key = Users::name_of_key(42).to_string();
    assert!(key.starts_with("user:42:name:"), "{key}");
    in_cache(async {
        assert_eq!(Users::name_of_peek(1).await, None);
        let name = Users::name_of(1, "Dear").await;
        assert_eq!(Users::name_of_peek(1).await, Some(name));
        assert_eq!(Users::name_of_uncached(1, "Hi").await, "Hi 1");
        assert_eq!(Users::name_of(1, "Hi").await, "Dear 1");
        assert_eq!(Users::name_of_refresh(1, "Hi").await, "Hi 1");
        assert_eq!(Users::name_of(1, "Dear").await, "Hi 1");
        assert!(Users::name_of_invalidate(1).await.unwrap().is_applied());
        assert_eq!(Users::name_of_peek(1).await, None);
    })
    .await;
}

#[tokio::test]
async fn writes_invalidate() {
    let users = Users::new(7);
    check_invalidates(|| Users::name_of(1, ""), users.rename(1)).await;
    check_keeps(|| Users::name_of(1, ""), users.rename(2)).await;
    check_invalidates(|| users.find(1), users.rename(1)).await;
    check_invalidates(|| Users::name_of(1, ""), Users::rename_all()).await;
}

struct Repo<T, const N: usize>(PhantomData<T>);

#[cached]
impl<T: Display + Default + 'static, const N: usize> Repo<T, N> {
    #[cached]
    async fn zero(id: u32) -> String {
        Runs::add();
        format!("{}{id}{N}", T::default())
    }
}

#[tokio::test]
async fn instances_share_nothing() {
    check(|| Repo::<u8, 1>::zero(1)).await;
    check_apart(Repo::<u8, 1>::zero(1), Repo::<u16, 1>::zero(1)).await;
    check_apart(Repo::<u8, 1>::zero(1), Repo::<u8, 2>::zero(1)).await;
    check_apart(Repo::<u8, 1>::zero(1), Repo::<u8, 1>::zero(2)).await;
    assert_ne!(Repo::<u8, 1>::zero_key(1), Repo::<u16, 1>::zero_key(1));
}

/// Two blocks of one type, and a type of the same name elsewhere.
struct Shop;

#[cached]
impl Shop {
    #[cached]
    async fn price(item: u32) -> u32 {
        Runs::add() + item
    }
}

#[cached]
impl Shop {
    #[cached]
    async fn stock(item: u32) -> u32 {
        Runs::add() + item
    }
}

mod elsewhere {
    use super::Runs;

    pub(super) struct Shop;

    #[cached_core::cached(crate = cached_core)]
    impl Shop {
        #[cached_core::cached]
        pub(super) async fn price(item: u32) -> u32 {
            Runs::add() + item
        }
    }
}

#[tokio::test]
async fn types_and_functions_share_nothing() {
    check_apart(Shop::price(1), Shop::stock(1)).await;
    check_apart(Shop::price(1), elsewhere::Shop::price(1)).await;
    assert_ne!(Shop::price_key(1), elsewhere::Shop::price_key(1));
}
