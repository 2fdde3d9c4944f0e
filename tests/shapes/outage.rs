//! Functions that need the store: `on_outage = "fail"`.

use std::fmt;

use cached_core::{Cache, Error, ErrorKind, cached};

use super::{Runs, check};

/// Made from an error of the cache.
#[derive(Debug)]
enum Failure {
    Cache(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Cache(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Cache(error) = self;
        write!(f, "{error}")
    }
}

type Aliased<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[cached(on_outage = "fail")]
async fn own(n: u32) -> Result<u32, Error> {
    Ok(Runs::add() + n)
}

#[cached(on_outage = "fail", ttl = "1h", cache_none = "1s")]
async fn converted(n: u32) -> Result<Option<u32>, Failure> {
    Ok(Some(Runs::add() + n))
}

#[cached(
    on_outage = "fail",
    companions = off,
    stale_if_error = "1h",
    jitter = "1%"
)]
async fn aliased(n: u32) -> Aliased<u32> {
    Ok(Runs::add() + n)
}

#[cached(on_outage = "fail", stale_while_revalidate = "1h")]
async fn generic<E: From<Error> + Send + 'static>(n: u32) -> Result<u32, E> {
    Ok(Runs::add() + n)
}

#[cached]
async fn without(n: u32) -> Result<u32, Error> {
    Ok(Runs::add() + n)
}

/// A service.
#[derive(Clone)]
struct Service;

impl Service {
    #[cached(on_outage = "fail", skip(self), stale_while_revalidate = "1h")]
    async fn method(&self, n: u32) -> Result<u32, Failure> {
        Ok(Runs::add() + n)
    }
}

#[tokio::test]
async fn a_store_that_is_there_is_used() {
    check(async || own(1).await.unwrap()).await;
    check(async || converted(1).await.unwrap()).await;
    check(async || aliased(1).await.unwrap()).await;
    check(async || generic::<Failure>(1).await.unwrap()).await;
    check(async || Service.method(1).await.unwrap()).await;
}

#[tokio::test]
async fn an_unreachable_store_is_their_error() {
    let cache = Cache::builder().redis_url("redis://127.0.0.1:1").build();
    let calls = async {
        let before = Runs::count();
        assert_eq!(own(1).await.unwrap_err().kind(), ErrorKind::Unavailable);
        let Failure::Cache(error) = converted(1).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(aliased(1).await.is_err());
        assert!(generic::<Failure>(1).await.is_err());
        assert!(Service.method(1).await.is_err());
        assert_eq!(Runs::count(), before);

        assert!(without(1).await.is_ok(), "which did not ask for it");
        assert!(own::uncached(1).await.is_ok(), "which needs no store");
        assert_eq!(own::peek(1).await.map(|found| found.is_ok()), None);
    };
    cache.unwrap().scope(Box::pin(calls)).await;
}
