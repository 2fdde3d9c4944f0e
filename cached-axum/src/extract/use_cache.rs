//! [`UseCache`]: the cache of the state, for calls by key.

use std::ops::Deref;

use axum_core::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use cached_core::Cache;
use http::request::Parts;

use super::CacheDisabled;

/// The [`Cache`] of a router's state, for handlers that cannot do without: one-time state, values by key.
///
/// Cached functions need none of this. The cache comes from the state of the router: any state that a [`Cache`] can be had
/// from by [`FromRef`], so a `Cache` itself, or a struct that derives `FromRef` and has one. A service that
/// [installs](Cache::install) its cache and keeps none in its state says so once:
///
/// ```
/// # use axum::extract::FromRef;
/// # use cached_core::Cache;
/// #[derive(Clone)]
/// struct App;
///
/// impl FromRef<App> for Cache {
///     fn from_ref(_: &App) -> Self {
///         Cache::current() // the installed one, or that of the `CacheLayer` around the handler
///     }
/// }
/// ```
///
/// An `Option` of it is `None` where the cache is turned off; `State<Cache>` hands it out whether it is on or not.
///
/// # Examples
///
/// ```
/// use axum::{Router, extract::Path, http::StatusCode, routing::get};
/// use cached_axum::UseCache;
/// use cached_core::{Cache, Key};
///
/// /// Lets in the first of all who come with one state.
/// async fn callback(UseCache(cache): UseCache, Path(state): Path<String>) -> StatusCode {
///     let key = Key::from_segments(["oauth", &state]);
///     match cache.take::<u64>(key).await {
///         Ok(Some(_user)) => StatusCode::OK,
///         Ok(None) => StatusCode::FORBIDDEN,
///         Err(_) => StatusCode::SERVICE_UNAVAILABLE,
///     }
/// }
///
/// # fn main() -> Result<(), cached_core::Error> {
/// let app: Router = Router::new()
///     .route("/callback/{state}", get(callback))
///     .with_state(Cache::in_memory()?);
/// # Ok(())
/// # }
/// ```
///
/// # Rejection
///
/// [`CacheDisabled`], `503 Service Unavailable`, if the cache is turned off, was shut down, or could not be made from the
/// environment: what is set then is kept nowhere. A Redis that is away is an error of the call instead.
#[derive(Clone, Debug)]
pub struct UseCache(pub Cache);

impl Deref for UseCache {
    type Target = Cache;

    fn deref(&self) -> &Cache {
        &self.0
    }
}

impl<S> FromRequestParts<S> for UseCache
where
    Cache: FromRef<S>,
    S: Sync,
{
    type Rejection = CacheDisabled;

    async fn from_request_parts(_: &mut Parts, state: &S) -> Result<Self, CacheDisabled> {
        let cache = Cache::from_ref(state);
        if cache.is_on() {
            Ok(Self(cache))
        } else {
            Err(CacheDisabled)
        }
    }
}

impl<S> OptionalFromRequestParts<S> for UseCache
where
    Cache: FromRef<S>,
    S: Sync,
{
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> Result<Option<Self>, Self::Rejection> {
        let cache = <Self as FromRequestParts<S>>::from_request_parts(parts, state);
        Ok(cache.await.ok())
    }
}
