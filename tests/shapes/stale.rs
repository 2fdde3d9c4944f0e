//! Functions that are called again in the background.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Display;
use std::future::Future;
use std::num::ParseIntError;
use std::sync::Arc;
use std::time::Duration;

use cached_core::{Cache, cached, invalidates};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Runs, in_cache};

const TTL: Duration = Duration::from_millis(20);

/// Lent to functions, and copied by them.
#[derive(Clone)]
struct Db(u32);

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Id {
    id: u32,
    part: (u8, u8),
}

struct Wrapped<T>(T);

/// A call past its ttl gives what there was, and the body runs behind it.
async fn check_again<R: PartialEq + std::fmt::Debug>(call: impl AsyncFn() -> R) {
    in_cache(async {
        let before = Runs::count();
        let first = call().await;
        assert_eq!(Runs::count() - before, 1);
        tokio::time::sleep(2 * TTL).await;
        assert_eq!(call().await, first, "the answer past the ttl");
        let refreshed = async {
            while Runs::count() - before < 2 {
                tokio::task::yield_now().await;
            }
        };
        let patience = Duration::from_secs(10);
        let refreshed = tokio::time::timeout(patience, refreshed).await;
        assert!(refreshed.is_ok(), "not refreshed");
    })
    .await;
}

#[cached(ttl = TTL, stale_while_revalidate = "1h")]
async fn nothing() -> u32 {
    Runs::add()
}

/// Documented.
#[cached(
    ttl = TTL,
    prefix = "user:{id}",
    stale_while_revalidate = "1h",
    stale_if_error = 3600,
    cache_err = "1s"
)]
pub(crate) async fn lent(
    id: u64,
    name: &str,
    list: &[u8],
    #[cached(skip)] db: &Db,
) -> Result<String, String> {
    Runs::add();
    let number: u32 = "1"
        .parse()
        .map_err(|error: ParseIntError| error.to_string())?;
    Ok(format!("{id}{name}{list:?}{}{number}", db.0))
}

#[cached(ttl = TTL, stale_while_revalidate = "1h")]
async fn lent_for_ever(name: &'static str, names: Option<&'static [&'static str]>) -> usize {
    Runs::add();
    name.len() + names.map_or(0, <[_]>::len)
}

#[cached(ttl = TTL, stale_while_revalidate = "1h", key = map.len())]
async fn lent_owners<'a>(
    text: &'a String,
    map: &'a HashMap<u8, String>,
    #[cached(skip)] db: &Arc<Db>,
) -> usize {
    Runs::add();
    text.len() + map.len() + db.0 as usize
}

#[cached(ttl = TTL, stale_while_revalidate = "1h")]
async fn owned(
    text: String,
    mut cow: Cow<'static, str>,
    #[cached(skip)] db: Arc<Db>,
    #[cached(skip)] call: Box<dyn Fn(&str) -> usize + Send>,
    #[cached(skip)] pointer: for<'a> fn(&'a str) -> usize,
) -> usize {
    Runs::add();
    cow.to_mut().push('!');
    let length = call(&text) + pointer(&cow) + db.0 as usize;
    tokio::task::yield_now().await;
    drop((text, cow, db, call));
    length
}

#[cached(ttl = TTL, stale_while_revalidate = "1h")]
async fn taken_apart(
    Id {
        id,
        part: (a, mut b),
    }: Id,
    (c, d): (u8, &'static u8),
    &e: &u8,
    #[cached(skip)] Wrapped(f): Wrapped<u8>,
    _name: u8,
) -> u32 {
    Runs::add();
    b += 1;
    id + u32::from(a + b + c + d + e + f)
}

#[cached(ttl = TTL, stale_while_revalidate = "1h")]
async fn generic<'a, T, U, const N: u8>(value: T, lent: &'a U, more: &[T]) -> Option<T>
where
    T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
    U: Display + Serialize + Clone + Send + Sync + 'static,
{
    Runs::add();
    let text = lent.to_string();
    (text.len() > usize::from(N) && more.is_empty()).then_some(value)
}

#[cached(ttl = TTL, stale_while_revalidate = "1h")]
async fn opaque(
    value: impl Display + Serialize + Send + 'static,
    #[cached(skip)] lent: &(impl Display + Clone + Send + Sync + 'static),
) -> String {
    Runs::add();
    format!("{value}{lent}")
}

#[cached(ttl = TTL, stale_while_revalidate = "1h")]
async fn of_type<T: Default + Into<u64>>() -> u64 {
    Runs::add();
    T::default().into()
}

/// The error holds what is not `Send`.
#[cached(ttl = TTL, stale_while_revalidate = "1h", stale_if_error = TTL)]
async fn error_stays_here(id: u32) -> Result<u32, std::rc::Rc<str>> {
    Runs::add();
    Ok(id)
}

#[cached(ttl = TTL, stale_while_revalidate = "1h")]
async fn reaches_itself(n: u64) -> u64 {
    if n == 0 {
        return Runs::add().into();
    }
    Box::pin(reaches_itself(n - 1)).await
}

#[cached(ttl = TTL, stale_while_revalidate = "1h", prefix = "named:{key}", companions = named_cache)]
async fn named(key: u32, again: &str) -> u32 {
    Runs::add() + key + u32::try_from(again.len()).unwrap()
}

#[invalidates("nothing", on = "always")]
#[cached(ttl = TTL, stale_while_revalidate = "1h")]
async fn writes(id: u32, text: &str) -> Option<u32> {
    Some(Runs::add() + id + u32::try_from(text.len()).unwrap())
}

#[cached(ttl = TTL, stale_while_revalidate = "1h")]
#[deprecated = "old"]
async fn outdated(n: u32) -> u32 {
    Runs::add() + n
}

macro_rules! function {
    ($name:ident($($parameter:ident: $ty:ty),*) -> $output:ty, $window:expr) => {
        #[cached(ttl = TTL, stale_while_revalidate = $window)]
        async fn $name($($parameter: $ty),*) -> $output {
            Runs::add();
            ($($parameter.to_owned()),*)
        }
    };
}

function! { made(a: u8, b: &str, c: &'static str) -> (u8, String, String), 60 * 60 }

/// A service.
#[derive(Clone)]
pub(crate) struct Service<T> {
    id: u32,
    kept: T,
    cache: Cache,
}

impl<T: Clone + Send + Sync + 'static> Service<T> {
    fn new(id: u32, kept: T) -> Self {
        let cache = Cache::in_memory().unwrap();
        Self { id, kept, cache }
    }

    /// Of a service that is lent.
    #[cached(ttl = TTL, prefix = "service:{self.id}", stale_while_revalidate = "1h")]
    pub(crate) async fn lent(&self, name: &str) -> String {
        Runs::add();
        let _ = &self.kept;
        format!("{}{name}", self.id)
    }

    #[cached(ttl = TTL, skip(self), stale_while_revalidate = "1h")]
    async fn owned<U: Display + Serialize + Send + 'static>(mut self, value: U) -> String {
        Runs::add();
        self.id += 1;
        format!("{}{value}", self.id)
    }

    #[cached(ttl = TTL, skip(self), stale_while_revalidate = "1h")]
    async fn shared(self: Arc<Self>, n: u32) -> u32 {
        Runs::add() + self.id + n
    }

    #[cached(ttl = TTL, key = self.id, stale_while_revalidate = "1h")]
    async fn lent_pointer(self: &Arc<Self>) -> u32 {
        Runs::add() + self.id
    }

    #[cached(ttl = TTL, prefix = "own:{self.id}", cache = self.cache, stale_while_revalidate = "1h")]
    async fn own_cache(&self, n: u32) -> u32 {
        Runs::add() + n
    }
}

#[tokio::test]
async fn functions_are_called_again() {
    check_again(nothing).await;
    check_again(|| lent(1, "a", &[1, 2], &Db(1))).await;
    check_again(|| lent_for_ever("a", Some(&["b"]))).await;
    check_again(async || lent_owners(&"a".to_owned(), &HashMap::new(), &Arc::new(Db(1))).await)
        .await;
    check_again(|| {
        let call = Box::new(|text: &str| text.len());
        owned(
            "a".to_owned(),
            Cow::Borrowed("b"),
            Arc::new(Db(1)),
            call,
            str::len,
        )
    })
    .await;
    let id = Id {
        id: 1,
        part: (2, 3),
    };
    check_again(|| taken_apart(id, (1, &2), &3, Wrapped(4), 5)).await;
    check_again(|| named(1, "a")).await;
    check_again(|| writes(1, "a")).await;
    check_again(|| made(1, "a", "b")).await;
    check_again(|| error_stays_here(1)).await;
    #[allow(deprecated)]
    check_again(|| outdated(1)).await;
}

#[tokio::test]
async fn generic_functions_are_called_again() {
    check_again(|| generic::<_, _, 0>(1, &"a", &[])).await;
    check_again(|| opaque(1, &2)).await;
    check_again(of_type::<u32>).await;
}

#[tokio::test]
async fn a_function_that_reaches_itself_is_called_again() {
    check_again(|| reaches_itself(0)).await;
    in_cache(async { assert_eq!(reaches_itself(3).await, reaches_itself(3).await) }).await;
}

#[tokio::test]
async fn methods_are_called_again() {
    let service = Service::new(1, ());
    check_again(|| service.lent("a")).await;
    check_again(|| service.clone().owned(1)).await;
    check_again(|| Arc::new(service.clone()).shared(1)).await;
    check_again(async || Arc::new(service.clone()).lent_pointer().await).await;
    check_again(|| service.own_cache(1)).await;
}

#[tokio::test]
async fn companions_stand_beside() {
    in_cache(async {
        assert_eq!(named_cache::peek(1, "a").await, None);
        let first = named(1, "a").await;
        assert_eq!(named_cache::peek(1, "a").await, Some(first));
        assert_ne!(named_cache::uncached(1, "a").await, first);
        assert_ne!(named_cache::refresh(1, "a").await, first);
        assert_eq!(named_cache::key(1, "a"), named_cache::key(1, "a"));
    })
    .await;
}

#[test]
fn futures_can_be_sent() {
    fn is_send(_: impl Future + Send) {}
    is_send(lent(1, "a", &[], &Db(1)));
    is_send(generic::<_, _, 0>(1_u8, &"a", &[]));
    is_send(error_stays_here(1));
    is_send(Service::new(1, ()).own_cache(1));
}
