//! Functions of a block that return a future without being `async`.

use std::future::{Future, ready};
use std::pin::Pin;

use cached_core::{Cache, cached, invalidates};

use super::{Runs, check, check_apart, check_in_its_cache, check_invalidates, in_cache};

type LoadFut<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

struct Db {
    id: u32,
    cache: Cache,
}

#[cached]
impl Db {
    #[cached]
    fn of(id: u32) -> impl Future<Output = u32> + Send {
        async move { Runs::add() + id }
    }

    #[cached(prefix = "db:{self.id}")]
    fn find(&self, id: u32) -> impl Future<Output = Result<u32, String>> + Send + '_ {
        let base = self.id;
        async move { Ok(Runs::add() + id + base) }
    }
}

/// Loads.
trait Load {
    type Value;
    type Fut: Future<Output = u32>;

    fn boxed(&self, id: u32) -> Pin<Box<dyn Future<Output = Option<Self::Value>> + Send + '_>>;
    fn aliased<'a>(&'a self, name: &'a str) -> LoadFut<'a, Self::Value>;
    fn opaque(id: u32) -> impl Future<Output = u32> + Send;
    fn named(id: u32) -> Self::Fut;
    fn renamed(&self, id: u32) -> impl Future<Output = ()>;
}

#[cached]
impl Load for Db {
    type Value = u32;
    type Fut = Pin<Box<dyn Future<Output = u32>>>;

    #[cached(prefix = "boxed:{self.id}", stale_while_revalidate = "1h", key = id)]
    fn boxed(&self, id: u32) -> Pin<Box<dyn Future<Output = Option<Self::Value>> + Send + '_>> {
        Box::pin(async move { Some(Runs::add() + id + self.id) })
    }

    #[cached(prefix = "aliased:{self.id}", cache = self.cache)]
    fn aliased<'a>(&'a self, name: &'a str) -> LoadFut<'a, Self::Value> {
        let id = self.id;
        Box::pin(async move {
            Runs::add();
            u32::try_from(name.len()).unwrap() + id
        })
    }

    #[cached]
    async fn opaque(id: u32) -> u32 {
        Runs::add() + id
    }

    #[cached]
    fn named(id: u32) -> Self::Fut {
        Box::pin(async move { Runs::add() + id })
    }

    #[invalidates(Db::opaque(id), self.find(id))]
    fn renamed(&self, id: u32) -> impl Future<Output = ()> {
        ready(())
    }
}

impl Clone for Db {
    fn clone(&self) -> Self {
        db(self.id)
    }
}

fn db(id: u32) -> Db {
    let cache = Cache::in_memory().unwrap();
    Db { id, cache }
}

#[tokio::test]
async fn equal_calls_hit() {
    let db = db(7);
    check(|| Db::of(1)).await;
    check(|| db.find(1)).await;
    check(|| db.boxed(1)).await;
    check_in_its_cache(|| db.aliased("Ada")).await;
    check(|| Db::opaque(1)).await;
    check(|| Db::named(1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    let (one, two) = (db(1), db(2));
    check_apart(Db::of(1), Db::of(2)).await;
    check_apart(one.find(1), two.find(1)).await;
    check_apart(one.boxed(1), one.boxed(2)).await;
    check_apart(one.aliased("a"), one.aliased("b")).await;
    check_apart(Db::opaque(1), Db::opaque(2)).await;
    check_apart(Db::named(1), Db::named(2)).await;
}

#[tokio::test]
async fn companions() {
    let db = db(7);
    in_cache(async {
        let loaded = db.boxed_refresh(1).await;
        assert_eq!(db.boxed_peek(1).await, Some(loaded));
        let loaded = db.aliased_refresh("Ada").await;
        assert_eq!(db.aliased_peek("Ada").await, Some(loaded));
        let loaded = Db::of_refresh(1).await;
        assert_eq!(Db::of_peek(1).await, Some(loaded));
        let loaded = Db::named_refresh(1).await;
        assert_eq!(Db::named_peek(1).await, Some(loaded));
    })
    .await;
}

#[tokio::test]
async fn writes_invalidate() {
    let db = db(7);
    check_invalidates(|| Db::opaque(1), db.renamed(1)).await;
    check_invalidates(|| db.find(1), db.renamed(1)).await;
}
