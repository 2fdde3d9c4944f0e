//! Type, const and lifetime parameters.

use std::fmt::Display;
use std::marker::PhantomData;

use cached_core::cached;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Runs, check, check_apart};

#[cached]
async fn bounded<T: Display + Serialize>(value: T) -> String {
    Runs::add();
    value.to_string()
}

#[cached]
async fn with_where<T>(value: &T) -> String
where
    T: Display + Serialize + ?Sized,
{
    Runs::add();
    value.to_string()
}

#[cached]
async fn returns_parameter<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static>(
    value: T,
) -> Option<T> {
    Runs::add();
    Some(value)
}

#[cached]
async fn constant<const N: usize>(value: u8) -> [u8; 2] {
    Runs::add();
    [value, u8::try_from(N).unwrap()]
}

#[cached]
async fn opaque(value: impl Display + Serialize, #[cached(skip)] other: impl Display) -> String {
    Runs::add();
    format!("{value}{other}")
}

#[cached]
async fn mixed<'a, T: Display + Serialize, const N: u8>(
    #[cached(skip)] name: &'a str,
    value: T,
    more: impl Serialize,
) -> usize {
    Runs::add();
    let _ = more;
    format!("{name}{value}{N}").len()
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

#[cached]
async fn by_type<T: Named>() -> String {
    Runs::add();
    T::NAME.to_owned()
}

struct Repo<T>(PhantomData<T>);

impl<T: Named> Repo<T> {
    #[cached(ttl = "1m", ttl_env = "REPO_TTL", prefix = "repo:{id}")]
    async fn get(&self, id: u64) -> String {
        Runs::add();
        format!("{}{id}", T::NAME)
    }

    #[cached(companions = off)]
    async fn find(id: u64) -> String {
        Runs::add();
        format!("{}{id}", T::NAME)
    }
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| bounded(1)).await;
    check(|| with_where("a")).await;
    check(|| returns_parameter(Some(1))).await;
    check(|| constant::<3>(1)).await;
    check(|| opaque(1, 2)).await;
    check(|| mixed::<_, 3>("a", 1, 2)).await;
    check(by_type::<Cat>).await;
    check(async || Repo::<Cat>(PhantomData).get(1).await).await;
    check(|| Repo::<Cat>::find(1)).await;
}

#[tokio::test]
async fn instances_share_nothing() {
    check_apart(bounded(1_u8), bounded(1_u16)).await;
    check_apart(constant::<3>(1), constant::<4>(1)).await;
    check_apart(opaque(1_u8, 0), opaque(1_u16, 0)).await;
    check_apart(by_type::<Cat>(), by_type::<Dog>()).await;
    check_apart(Repo::<Cat>::find(1), Repo::<Dog>::find(1)).await;
    check_apart(
        Repo::<Cat>(PhantomData).get(1),
        Repo::<Dog>(PhantomData).get(1),
    )
    .await;
    assert_eq!(opaque::key(1_u8), opaque::key(1_u8));
    assert_ne!(by_type::key::<Cat>(), by_type::key::<Dog>());
}
