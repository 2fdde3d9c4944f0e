//! Two different calls never share an entry; two equal ones do.

use std::fmt::Debug;

use cached_core::{Cache, Key, cached};
use serde::Serialize;
use tests::{CountingLoader, Store, every_store, namespace};

mod arguments;

/// Fails if two of `keys` are one, in this process or in a shared store.
fn differ(keys: &[Key]) {
    for (index, one) in keys.iter().enumerate() {
        for other in &keys[index + 1..] {
            assert_ne!(one, other, "{one}");
            assert_ne!(one.to_string(), other.to_string());
        }
    }
}

fn same(one: &Key, other: &Key) {
    assert_eq!(one, other);
    assert_eq!(one.to_string(), other.to_string());
}

/// The digest at the end of a key.
fn digest(key: &Key) -> String {
    key.to_string().rsplit(':').next().unwrap().to_owned()
}

mod left {
    use super::{CountingLoader, cached};

    #[cached(ttl = "1h", prefix = "side")]
    pub(super) async fn name(id: u64, #[cached(skip)] loader: CountingLoader) -> String {
        loader.load(format!("left {id}")).await
    }
}

mod right {
    use super::{CountingLoader, cached};

    #[cached(ttl = "1h", prefix = "side")]
    pub(super) async fn name(id: u64, #[cached(skip)] loader: CountingLoader) -> String {
        loader.load(format!("right {id}")).await
    }
}

struct Users;
struct Teams;

impl Users {
    #[cached(ttl = "1h", prefix = "one", skip(self))]
    async fn name(&self, id: u64, #[cached(skip)] loader: CountingLoader) -> String {
        loader.load(format!("user {id}")).await
    }
}

impl Teams {
    #[cached(ttl = "1h", prefix = "one", skip(self))]
    async fn name(&self, id: u64, #[cached(skip)] loader: CountingLoader) -> String {
        loader.load(format!("team {id}")).await
    }
}

struct Shelf<T>(std::marker::PhantomData<T>);

impl<T> Shelf<T> {
    #[cached(ttl = "1h", prefix = "shelf", skip(self))]
    async fn count(&self, id: u64, #[cached(skip)] loader: CountingLoader) -> String {
        loader
            .load(format!("{} {id}", std::any::type_name::<T>()))
            .await
    }

    /// As `count`, where nothing beside the function can name what surrounds it.
    #[cached(ttl = "1h", prefix = "shelf", skip(self), companions = off)]
    async fn weight(&self, id: u64, #[cached(skip)] loader: CountingLoader) -> String {
        loader
            .load(format!("{} {id}", std::any::type_name::<T>()))
            .await
    }
}

async fn first(loader: CountingLoader) -> (Key, String) {
    #[cached(ttl = "1h", prefix = "inner")]
    async fn inner(id: u64, #[cached(skip)] loader: CountingLoader) -> String {
        loader.load(format!("first {id}")).await
    }
    (inner::key(1), inner(1, loader).await)
}

async fn second(loader: CountingLoader) -> (Key, String) {
    #[cached(ttl = "1h", prefix = "inner")]
    async fn inner(id: u64, #[cached(skip)] loader: CountingLoader) -> String {
        loader.load(format!("second {id}")).await
    }
    (inner::key(1), inner(1, loader).await)
}

async fn third(loader: CountingLoader) -> String {
    #[cached(ttl = "1h", prefix = "inner", companions = off)]
    async fn inner(id: u64, #[cached(skip)] loader: CountingLoader) -> String {
        loader.load(format!("third {id}")).await
    }
    inner(1, loader).await
}

#[cached(ttl = "1h", prefix = "generic")]
async fn generic<T: Debug + Default + Send + Sync>(
    id: u64,
    #[cached(skip)] loader: CountingLoader,
) -> String {
    loader.load(format!("{:?} {id}", T::default())).await
}

#[cached(ttl = "1h", prefix = "sized")]
async fn sized<const N: usize>(id: u64, #[cached(skip)] loader: CountingLoader) -> String {
    loader.load(format!("{N} {id}")).await
}

/// Two const generics in one function: `(1, 11)` is not `(11, 1)`.
#[cached(ttl = "1h", prefix = "two-sized")]
async fn two_sized<const N: usize, const M: usize>(
    #[cached(skip)] loader: CountingLoader,
) -> String {
    loader.load(format!("{N} {M}")).await
}

#[cached(ttl = "1h", prefix = "shown")]
async fn shown(value: impl Serialize + Send + Sync, #[cached(skip)] loader: CountingLoader) -> u64 {
    let _ = &value;
    loader.load(1).await
}

/// `name` before its value changed its meaning, and after.
mod before {
    use super::{CountingLoader, cached};

    #[cached(ttl = "1h", prefix = "price", id = "identity-price")]
    pub(super) async fn price(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
        loader.load(id * 100).await
    }
}

mod after {
    use super::{CountingLoader, cached};

    #[cached(ttl = "1h", prefix = "price", id = "identity-price", version = 2)]
    pub(super) async fn price(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
        loader.load(id * 1_000).await
    }
}

/// Calls twice, and expects one run that gives `expected`.
async fn loads_once(expected: &str, call: impl AsyncFn(CountingLoader) -> String) {
    let loader = CountingLoader::new();
    for _ in 0..2 {
        assert_eq!(call(loader.clone()).await, expected);
    }
    assert_eq!(loader.runs(), 1, "{expected}");
}

#[tokio::test]
async fn functions_of_one_name_in_two_modules_share_nothing() {
    differ(&[left::name::key(1), right::name::key(1)]);
    every_store("modules", async |_| {
        loads_once("left 1", async |loader| left::name(1, loader).await).await;
        loads_once("right 1", async |loader| right::name(1, loader).await).await;
        loads_once("left 2", async |loader| left::name(2, loader).await).await;
    })
    .await;
}

#[tokio::test]
async fn methods_of_one_name_in_two_impls_share_nothing() {
    differ(&[Users.name_key(1), Teams.name_key(1)]);
    every_store("impls", async |_| {
        loads_once("user 1", async |loader| Users.name(1, loader).await).await;
        loads_once("team 1", async |loader| Teams.name(1, loader).await).await;
    })
    .await;
}

#[tokio::test]
async fn functions_nested_in_two_functions_share_nothing() {
    every_store("nested", async |_| {
        loads_once("first 1", async |loader| first(loader).await.1).await;
        loads_once("second 1", async |loader| second(loader).await.1).await;
        loads_once("third 1", async |loader| third(loader).await).await;
        let loader = CountingLoader::new();
        differ(&[first(loader.clone()).await.0, second(loader).await.0]);
    })
    .await;
}

#[tokio::test]
async fn generic_instances_share_nothing() {
    differ(&[
        generic::key::<u8>(1),
        generic::key::<u16>(1),
        generic::key::<Option<u8>>(1),
        generic::key::<()>(1),
    ]);
    every_store("generic", async |_| {
        loads_once("0 1", async |loader| generic::<u8>(1, loader).await).await;
        loads_once("\"\" 1", async |loader| generic::<String>(1, loader).await).await;
        loads_once("0 1", async |loader| generic::<u16>(1, loader).await).await;
    })
    .await;
}

#[tokio::test]
async fn methods_of_two_instances_of_a_generic_type_share_nothing() {
    let (bytes, words) = (
        Shelf::<u8>(std::marker::PhantomData),
        Shelf::<u16>(std::marker::PhantomData),
    );
    differ(&[bytes.count_key(1), words.count_key(1)]);
    every_store("generic-self", async |_| {
        loads_once("u8 1", async |loader| bytes.count(1, loader).await).await;
        loads_once("u16 1", async |loader| words.count(1, loader).await).await;
        loads_once("u8 1", async |loader| bytes.weight(1, loader).await).await;
        loads_once("u16 1", async |loader| words.weight(1, loader).await).await;
    })
    .await;
}

#[tokio::test]
async fn const_generics_share_nothing() {
    differ(&[sized::key::<1>(1), sized::key::<2>(1), sized::key::<1>(2)]);
    differ(&[
        two_sized::key::<1, 11>(),
        two_sized::key::<11, 1>(),
        two_sized::key::<1, 1>(),
    ]);
    every_store("const", async |_| {
        loads_once("1 7", async |loader| sized::<1>(7, loader).await).await;
        loads_once("7 1", async |loader| sized::<7>(1, loader).await).await;
        loads_once("1 11", async |loader| two_sized::<1, 11>(loader).await).await;
        loads_once("11 1", async |loader| two_sized::<11, 1>(loader).await).await;
    })
    .await;
}

#[tokio::test]
async fn versions_share_nothing() {
    differ(&[before::price::key(1), after::price::key(1)]);
    every_store("versions", async |_| {
        let loader = CountingLoader::new();
        assert_eq!(before::price(1, loader.clone()).await, 100);
        assert_eq!(after::price(1, loader.clone()).await, 1_000);
        assert_eq!(before::price(1, loader.clone()).await, 100);
        assert_eq!(loader.runs(), 2);
    })
    .await;
}

#[tokio::test]
async fn namespaces_share_nothing() {
    for store in Store::ALL {
        println!("store: {store:?}");
        let loader = CountingLoader::new();
        let caches: [Cache; 3] =
            ["one", "two", "one-two"].map(|name| store.cache(&namespace(name)));
        for round in 1..=2 {
            for cache in &caches {
                cache.scope(left::name(1, loader.clone())).await;
            }
            assert_eq!(loader.runs(), 3, "round {round}");
        }
    }
}

#[tokio::test]
async fn caches_of_one_namespace_share_their_entries_on_redis() {
    let name = namespace("together");
    let loader = CountingLoader::new();
    let writer = Store::Redis.cache(&name);
    writer.scope(left::name(1, loader.clone())).await;
    writer.shutdown().await;
    let reader = Store::Redis.cache(&name);
    reader.scope(left::name(1, loader.clone())).await;
    assert_eq!(loader.runs(), 1);
    assert_eq!(reader.stats().total.hits, 1);
}

mod old {
    use super::{CountingLoader, cached};

    #[cached(ttl = "1h", id = "identity-area")]
    pub(super) async fn area(side: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
        loader.load(side * side).await
    }
}

mod new {
    use super::{CountingLoader, cached};

    #[cached(ttl = "1h", id = "identity-area")]
    pub(super) async fn surface(side: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
        loader.load(side * side).await
    }

    /// As `surface`, in another place for those who look.
    #[cached(ttl = "1h", id = "identity-area", prefix = "area:{side}")]
    pub(super) async fn readable(side: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
        loader.load(side * side).await
    }
}

#[tokio::test]
async fn functions_of_one_id_share_their_entries() {
    same(&old::area::key(3), &new::surface::key(3));
    every_store("id", async |_| {
        let loader = CountingLoader::new();
        assert_eq!(old::area(3, loader.clone()).await, 9);
        assert_eq!(new::surface(3, loader.clone()).await, 9);
        assert_eq!(new::surface(4, loader.clone()).await, 16);
        assert_eq!(old::area(4, loader.clone()).await, 16);
        assert_eq!(loader.runs(), 2);
    })
    .await;
}

#[tokio::test]
async fn functions_of_one_id_and_two_prefixes_share_nothing_on_any_store() {
    // The readable part is where an entry lies; the digest tells calls apart.
    assert_eq!(digest(&old::area::key(3)), digest(&new::readable::key(3)));
    every_store("id-prefix", async |_| {
        let loader = CountingLoader::new();
        for _ in 0..2 {
            old::area(3, loader.clone()).await;
            new::readable(3, loader.clone()).await;
        }
        assert_eq!(loader.runs(), 2);
    })
    .await;
}
