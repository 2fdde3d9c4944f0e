//! Functions that are not `async`, and return a future.

use std::pin::Pin;
use std::sync::Arc;

use cached_core::{Cache, cached, invalidates};

use super::{Runs, check, check_apart, check_invalidates, check_keeps, in_cache};

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
type LoadFuture<'a, T> = Boxed<'a, T>;

#[cached]
fn plain(id: u64) -> impl Future<Output = u64> {
    async move {
        Runs::add();
        id
    }
}

#[cached(prefix = "sent:{id}")]
fn sent<'a>(id: u64, #[cached(skip)] name: &'a str) -> impl Future<Output = String> + Send + 'a {
    async move {
        Runs::add();
        if id == 0 {
            return String::new();
        }
        format!("{id}{name}")
    }
}

/// What it borrows for the call is not in its future.
#[cached]
fn lasting(name: &str) -> impl Future<Output = Result<usize, String>> + Send + use<> {
    let name = name.to_owned();
    async move {
        Runs::add();
        if name.is_empty() {
            Err(name.clone())?;
        }
        Ok(name.len())
    }
}

#[cached]
fn boxed(id: u64) -> Pin<Box<dyn Future<Output = Option<u64>> + Send>> {
    Box::pin(async move {
        Runs::add();
        Some(id)
    })
}

#[cached]
fn early(id: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    if id == 0 {
        return Box::pin(std::future::ready(0));
    }
    Box::pin(async move {
        Runs::add();
        id
    })
}

#[cached]
fn alias<'a>(name: &'a str) -> LoadFuture<'a, usize> {
    Box::pin(async move {
        Runs::add();
        name.len()
    })
}

#[cached(skip(unpin))]
fn unpinned(id: u64, unpin: bool) -> impl Future<Output = u64> + Unpin {
    Box::pin(async move {
        Runs::add();
        id + u64::from(unpin)
    })
}

#[cached(ttl = "1m", stale_while_revalidate = "1m", stale_if_error = "1m")]
fn again(name: &str) -> impl Future<Output = Result<usize, String>> + Send {
    async move {
        Runs::add();
        Ok(name.len())
    }
}

#[cached]
fn of<T: Send + 'static>(id: u64) -> impl Future<Output = u64> {
    async move {
        Runs::add();
        id + size_of::<T>() as u64
    }
}

struct Service {
    tenant: u64,
    cache: Cache,
}

impl Service {
    #[cached(prefix = "future:{self.tenant}:{id}")]
    fn find(&self, id: u64) -> impl Future<Output = u64> {
        async move {
            Runs::add();
            self.tenant + id
        }
    }

    #[cached(cache = self.cache)]
    fn own(&self, id: u64) -> LoadFuture<'static, u64> {
        let tenant = self.tenant;
        Box::pin(async move {
            Runs::add();
            tenant + id
        })
    }

    #[invalidates("future:{self.tenant}:{ret}", self.own(id))]
    fn change(&self, id: u64) -> Pin<Box<dyn Future<Output = Option<u64>> + Send + '_>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            (self.tenant > 0).then_some(id)
        })
    }
}

/// Its receiver is there for the key, and for the body.
struct Shared(u64);

impl Shared {
    #[cached(prefix = "shared-future:{self.0}")]
    fn find(self: Arc<Self>, id: u64) -> impl Future<Output = u64> + Send {
        async move {
            Runs::add();
            self.0 + id
        }
    }

    #[invalidates(self.find(id))]
    fn change(self: Arc<Self>, id: u64) -> LoadFuture<'static, u64> {
        Box::pin(async move { self.0 + id })
    }
}

#[invalidates("sent:{id}", on = |ret| *ret)]
fn change(id: u64) -> impl Future<Output = bool> {
    async move { id > 1 }
}

/// Its future does not borrow what names the pattern.
#[invalidates("sent:{id}")]
fn later(id: &u64) -> impl Future<Output = Result<u64, u64>> + use<> {
    let id = *id;
    async move { if id > 1 { Ok(id) } else { Err(id) } }
}

#[cached]
#[invalidates("sent:{id}")]
fn both(id: u64) -> LoadFuture<'static, u64> {
    Box::pin(async move {
        Runs::add();
        id
    })
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| plain(1)).await;
    check(|| sent(1, "a")).await;
    check(|| sent(0, "a")).await;
    check(|| lasting("a")).await;
    check(|| boxed(1)).await;
    check(|| early(1)).await;
    check(|| alias("a")).await;
    check(|| unpinned(1, true)).await;
    check(|| again("a")).await;
    check(|| of::<u8>(1)).await;
    check(|| both(1)).await;
    let cache = Cache::in_memory().unwrap();
    let service = Service { tenant: 1, cache };
    check(|| service.find(1)).await;
    check(|| service.own(1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_apart(plain(1), plain(2)).await;
    check_apart(lasting("a"), lasting("b")).await;
    check_apart(boxed(1), boxed(2)).await;
    check_apart(of::<u8>(1), of::<u16>(1)).await;
    check_apart(both(1), both(2)).await;
}

#[tokio::test]
async fn companions_stand_beside_it() {
    in_cache(async {
        assert_eq!(lasting::peek("a").await, None);
        assert_eq!(lasting("a").await, Ok(1));
        assert_eq!(lasting::peek("a").await, Some(Ok(1)));
        let before = Runs::count();
        assert_eq!(lasting::refresh("a").await, Ok(1));
        assert_eq!(lasting::uncached("a").await, Ok(1));
        assert_eq!(Runs::count() - before, 2);
        lasting::invalidate("a").await.unwrap();
        assert_eq!(lasting::peek("a").await, None);
    })
    .await;
}

/// The cache is that of the task that polls the future, as for an `async fn`.
#[tokio::test]
async fn cache_is_chosen_when_the_future_is_polled() {
    let cache = Cache::in_memory().unwrap();
    let (call, change) = (boxed(1), Box::pin(later(&2)));
    cache.scope(call).await;
    assert_eq!(cache.stats().total.loads, 1);
    assert_eq!(cache.scope(boxed::peek(1)).await, Some(Some(1)));
    cache.scope(sent(2, "a")).await;
    cache.scope(change).await.unwrap();
    assert_eq!(cache.scope(sent::peek(2)).await, None);
}

#[tokio::test]
async fn futures_can_be_spawned_and_outlive_what_named_them() {
    let call = {
        let name = "a".to_owned();
        lasting(&name)
    };
    assert_eq!(tokio::spawn(call).await.unwrap(), Ok(1));
    let cache = Cache::in_memory().unwrap();
    let call = { Service { tenant: 1, cache }.own(1) };
    assert_eq!(tokio::spawn(call).await.unwrap(), 2);
}

#[tokio::test]
async fn writes_invalidate() {
    let call = || sent(2, "a");
    assert!(check_invalidates(call, async { change(2).await }).await);
    assert_eq!(
        check_invalidates(call, async { later(&2).await }).await,
        Ok(2)
    );
    assert!(!check_keeps(|| sent(1, "a"), change(1)).await);
    assert_eq!(check_keeps(|| sent(1, "a"), later(&1)).await, Err(1));
    // A future that was never polled changes nothing.
    check_keeps(call, async { drop(later(&2)) }).await;
    let service = |cache| Service { tenant: 1, cache };
    let service = service(Cache::in_memory().unwrap());
    check_invalidates(|| service.find(2), service.change(2)).await;
    let shared = Arc::new(Shared(1));
    let change = Arc::clone(&shared).change(2);
    check_invalidates(|| Arc::clone(&shared).find(2), change).await;
    check_invalidates(|| service.own(2), service.cache.scope(service.change(2))).await;
}

/// With both attributes, a call whose body ran invalidates, and a hit does not.
#[tokio::test]
async fn a_hit_invalidates_nothing() {
    in_cache(async {
        sent(7, "a").await;
        both(7).await;
        assert_eq!(sent::peek(7).await, None);
        sent(7, "a").await;
        both(7).await;
        assert!(sent::peek(7).await.is_some());
    })
    .await;
}
