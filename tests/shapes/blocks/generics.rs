//! Blocks with parameters of their own.

use std::fmt::Display;
use std::marker::PhantomData;

use cached_core::{cached, invalidates};
use serde::Serialize;

use super::{Runs, check, check_apart, check_invalidates, in_cache};

/// Gets things.
trait Get<K> {
    async fn get(&self, key: K) -> String;
    async fn of(key: K) -> String;
    async fn with<T: Serialize + Display, const N: usize>(&self, key: K, other: T) -> String;
    async fn opaque(key: K, other: impl Serialize + Display) -> String;
}

struct Repo<T, const N: usize>(PhantomData<T>);

#[cached]
impl<T: Default + Display, K, const N: usize> Get<(K, T)> for Repo<(K, T), N>
where
    K: Serialize + Display,
    T: Serialize,
{
    #[cached]
    async fn get(&self, key: (K, T)) -> String {
        Runs::add();
        format!("{}{}{N}{}", key.0, key.1, T::default())
    }

    #[cached]
    async fn of(key: (K, T)) -> String {
        Runs::add();
        format!("{}{}{N}", key.0, key.1)
    }

    #[cached]
    async fn with<O: Serialize + Display, const M: usize>(&self, key: (K, T), other: O) -> String {
        Runs::add();
        format!("{}{other}{M}", key.0)
    }

    #[cached(skip(key))]
    async fn opaque(key: (K, T), other: impl Serialize + Display) -> String {
        Runs::add();
        format!("{}{other}", key.0)
    }
}

type Bytes = Repo<(u8, u8), 1>;

#[tokio::test]
async fn equal_calls_hit() {
    let repo: Bytes = Repo(PhantomData);
    check(|| repo.get((1, 2))).await;
    check(|| Bytes::of((1, 2))).await;
    check(|| repo.with::<_, 3>((1, 2), "a")).await;
    check(|| Bytes::opaque((1, 2), "a")).await;
}

#[tokio::test]
async fn other_calls_miss() {
    let repo: Bytes = Repo(PhantomData);
    let wide = Repo::<(u8, u16), 1>(PhantomData);
    let long = Repo::<(u8, u8), 2>(PhantomData);
    check_apart(repo.get((1, 2)), wide.get((1, 2))).await;
    check_apart(repo.get((1, 2)), long.get((1, 2))).await;
    check_apart(repo.get((1, 2)), repo.get((2, 2))).await;
    check_apart(Bytes::of((1, 2)), Repo::<(u8, u16), 1>::of((1, 2))).await;
    check_apart(
        repo.with::<_, 3>((1, 2), 1_u8),
        repo.with::<_, 4>((1, 2), 1_u8),
    )
    .await;
    check_apart(
        repo.with::<_, 3>((1, 2), 1_u8),
        repo.with::<_, 3>((1, 2), 1_u16),
    )
    .await;
    check_apart(Bytes::opaque((1, 2), 1_u8), Bytes::opaque((1, 2), 1_u16)).await;
    assert_ne!(Bytes::of_key((1, 2)), Repo::<(u8, u8), 2>::of_key((1, 2)));
}

#[tokio::test]
async fn companions_take_the_parameters() {
    let repo: Bytes = Repo(PhantomData);
    in_cache(async {
        assert_eq!(repo.with_refresh::<_, 3>((1, 2), "a").await, "1a3");
        let peeked = repo.with_peek::<_, 3>((1, 2), "a").await;
        assert_eq!(peeked.as_deref(), Some("1a3"));
        assert_eq!(Bytes::opaque_refresh((1, 2), "a").await, "1a");
        assert_eq!(Bytes::of_uncached((1, 2)).await, "121");
    })
    .await;
}

/// Borrowed by a view of it.
struct Db {
    tenant: u32,
}

struct View<'a> {
    db: &'a Db,
}

trait Find<'q> {
    type Found;
    async fn find(&self, query: &'q str) -> Self::Found;
    async fn made(query: &'q str) -> usize;
}

#[cached]
impl<'a, 'q> Find<'q> for View<'a>
where
    'a: 'q,
{
    type Found = String;

    #[cached(prefix = "view:{self.db.tenant}")]
    async fn find(&self, query: &'q str) -> Self::Found {
        Runs::add();
        format!("{query}{}", self.db.tenant)
    }

    #[cached]
    async fn made(query: &'q str) -> usize {
        Runs::add();
        query.len()
    }
}

/// Lifetimes without a name.
struct Elided<'a>(&'a Db);

#[cached]
impl Find<'_> for Elided<'_> {
    type Found = String;

    #[cached(prefix = "elided:{self.0.tenant}")]
    async fn find(&self, query: &str) -> Self::Found {
        Runs::add();
        query.to_owned()
    }

    #[cached]
    async fn made(query: &str) -> usize {
        Runs::add();
        query.len()
    }
}

#[cached]
impl View<'_> {
    #[cached]
    async fn length(query: &str) -> usize {
        Runs::add();
        query.len()
    }
}

#[tokio::test]
async fn blocks_with_lifetimes() {
    let db = Db { tenant: 7 };
    let view = View { db: &db };
    check(|| view.find("a")).await;
    check_apart(view.find("a"), view.find("b")).await;
    check(|| View::made("a")).await;
    check(|| View::length("a")).await;
    let elided = Elided(&db);
    check(|| elided.find("a")).await;
    check(|| Elided::made("a")).await;
    in_cache(async {
        assert_eq!(view.find_refresh("a").await, "a7");
        assert_eq!(view.find_peek("a").await.as_deref(), Some("a7"));
        assert_eq!(Elided(&db).find_refresh("b").await, "b");
        assert_eq!(Elided(&db).find_peek("b").await.as_deref(), Some("b"));
    })
    .await;
}

/// What the type says of one parameter says what another one is.
struct Over<I>(I);

#[cached]
impl<I, T> Get<T> for Over<I>
where
    I: Iterator<Item = T> + Clone,
    T: Serialize + Display,
{
    #[cached]
    async fn get(&self, key: T) -> String {
        Runs::add();
        format!("{key}{}", self.0.clone().count())
    }

    #[cached]
    async fn of(key: T) -> String {
        Runs::add();
        key.to_string()
    }

    #[cached]
    async fn with<O: Serialize + Display, const N: usize>(&self, key: T, other: O) -> String {
        Runs::add();
        format!("{key}{other}{N}")
    }

    #[cached]
    async fn opaque(key: T, other: impl Serialize + Display) -> String {
        Runs::add();
        format!("{key}{other}")
    }
}

#[tokio::test]
async fn a_parameter_may_be_determined_by_another() {
    let over = Over([1, 2].into_iter());
    check(|| over.get(1)).await;
    check_apart(over.get(1), over.get(2)).await;
    in_cache(async { assert_eq!(over.get_refresh(1).await, "12") }).await;
}

/// Parameters that the type does not name: its companions take them.
struct Store {
    id: u32,
}

/// Says who it is.
trait Named {
    /// Its name.
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

trait Animals<A, const N: usize> {
    async fn name(&self, id: u32) -> String;
    async fn made<T: Serialize + Clone + Send + Sync + 'static>(id: &T) -> String;
    async fn quiet(&self, id: u32) -> String;
    async fn all() -> String;
    async fn forget(&self, id: u32);
}

#[cached]
impl<A, const N: usize> Animals<A, N> for Store
where
    A: Named + 'static,
{
    #[cached(prefix = "name:{self.id}")]
    async fn name(&self, id: u32) -> String {
        Runs::add();
        format!("{}{id}{N}{}", A::NAME, self.id)
    }

    #[cached(stale_while_revalidate = "1h")]
    async fn made<T: Serialize + Clone + Send + Sync + 'static>(id: &T) -> String {
        Runs::add();
        format!("{}{N}{}", A::NAME, size_of_val(id))
    }

    #[cached(companions = off, skip(self))]
    async fn quiet(&self, id: u32) -> String {
        Runs::add();
        format!("{}{id}{N}", A::NAME)
    }

    #[cached(companions = off)]
    async fn all() -> String {
        Runs::add();
        format!("{}{N}", A::NAME)
    }

    #[invalidates(self.name::<A, N>(id))]
    async fn forget(&self, id: u32) {}
}

#[tokio::test]
async fn parameters_of_the_trait_alone_are_told_apart() {
    let store = Store { id: 7 };
    check(|| Animals::<Cat, 1>::name(&store, 1)).await;
    check_apart(
        Animals::<Cat, 1>::name(&store, 1),
        Animals::<Dog, 1>::name(&store, 1),
    )
    .await;
    check_apart(
        Animals::<Cat, 1>::name(&store, 1),
        Animals::<Cat, 2>::name(&store, 1),
    )
    .await;
    check_apart(
        Animals::<Cat, 1>::quiet(&store, 1),
        Animals::<Dog, 1>::quiet(&store, 1),
    )
    .await;
    check_apart(
        <Store as Animals<Cat, 1>>::all(),
        <Store as Animals<Dog, 1>>::all(),
    )
    .await;
    check_apart(
        <Store as Animals<Cat, 1>>::made(&1_u8),
        <Store as Animals<Dog, 1>>::made(&1_u8),
    )
    .await;
    in_cache(async {
        assert_eq!(store.name_refresh::<Cat, 3>(1).await, "cat137");
        let peeked = store.name_peek::<Cat, 3>(1).await;
        assert_eq!(peeked.as_deref(), Some("cat137"));
        assert_eq!(store.name_peek::<Dog, 3>(1).await, None);
        assert_eq!(Store::made_refresh::<Cat, 1, u8>(&1).await, "cat11");
        assert_ne!(
            Store::made_key::<Cat, 1, u8>(&1),
            Store::made_key::<Dog, 1, u8>(&1)
        );
    })
    .await;
    check_invalidates(
        || Animals::<Cat, 1>::name(&store, 1),
        Animals::<Cat, 1>::forget(&store, 1),
    )
    .await;
}

/// Any type at all: without companions.
trait Spelled {
    async fn spelled(&self, times: usize) -> String;
}

#[cached]
impl<T: Display> Spelled for T {
    #[cached(companions = off, prefix = "spelled:{times}", key = (self.to_string(), times))]
    async fn spelled(&self, times: usize) -> String {
        Runs::add();
        self.to_string().repeat(times)
    }
}

#[tokio::test]
async fn a_blanket_block_works_without_companions() {
    check(|| 1_u8.spelled(2)).await;
    check_apart(1_u8.spelled(2), 1_u16.spelled(2)).await;
    check_apart(1_u8.spelled(2), 2_u8.spelled(2)).await;
}
