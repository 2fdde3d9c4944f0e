//! [`CacheLayer`]: tells clients where their responses came from, and how long they may keep them.

use std::{fmt, sync::Arc};

use cached_core::Cache;
use http::request::Parts;
use tower_layer::Layer;

use super::{
    config::{Config, Sharing},
    service::CacheService,
};

/// A layer that writes into each response what the cached calls of its request did, and answers `304 Not Modified` where the
/// client has what it asks for.
///
/// | header | written | where |
/// |---|---|---|
/// | `Cache-Status` ([RFC 9211](https://www.rfc-editor.org/rfc/rfc9211)) | `cached;hit;ttl=57`, `cached;fwd=miss;stored`, … | something cached was called; after what caches behind this one wrote |
/// | `Age` | the seconds since the value was stored | the response is that of one cached handler, and was stored |
/// | `Cache-Control` | `private, max-age=60` | the same, or it was loaded and is stored now; `max-age` less `Age` is the rest of its ttl |
/// | `Vary` | `cookie`, `authorization` | the same, and the request has these: the next user of the browser asks with others |
/// | `ETag` | weak, of the body and its type | something cached was called, and the body is in one piece of at most 8 MiB |
///
/// The last four are for `GET` and `HEAD` with status `200`, and nothing that a handler has set itself is changed: with an
/// `ETag` of its own it gets its `304` as well. A *cached handler* is a cached function that returns a response,
/// [`Json`](axum::Json) or [`Html`](axum::response::Html); a response that was put together from several calls, or from one and
/// more, has no age that one could tell.
///
/// A response is left as it is if nothing cached was called, or if it sets a cookie. Add this layer after those that set
/// cookies, so that it sees theirs, and before those that compress: it sees no body that streams.
/// Pieces of a streaming body are neither held back nor looked at.
///
/// **Invalidations do not reach the copies that clients keep**: they last until their time is over. Where that is too long,
/// see [`revalidate`](Self::revalidate).
///
/// Calls that a body makes while it streams use the cache of the layer, as all others; no header tells of them. Calls in a
/// task that the handler spawns count if the task runs [`in_current_scope`](cached_core::in_current_scope), and they ended
/// before the response was made. Of two layers around a handler the inner one writes, and follows `max-age` and
/// `only-if-cached`; `no-cache` and `no-store` are followed if either allows it. A client that goes away drops the handler,
/// as without the layer.
///
/// # Examples
///
/// ```
/// use axum::{Json, Router, body::Body, extract::Path, http::Request, routing::get};
/// use cached_axum::{CacheLayer, cached};
/// use cached_core::Cache;
/// use tower::ServiceExt as _;
///
/// #[cached(ttl = "1m", prefix = "square:{number}")]
/// async fn square(Path(number): Path<u64>) -> Json<u64> {
///     Json(number * number)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let cache = Cache::in_memory()?;
/// let app = Router::new()
///     .route("/squares/{number}", get(square))
///     .layer(CacheLayer::new().cache(cache));
///
/// let ask = || app.clone().oneshot(Request::get("/squares/12").body(Body::empty()).unwrap());
/// let first = ask().await?;
/// assert_eq!(first.headers()["cache-status"], "cached;fwd=miss;stored");
/// let second = ask().await?;
/// assert_eq!(second.headers()["age"], "0");
/// assert_eq!(second.headers()["cache-control"], "private, max-age=60");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct CacheLayer(Arc<Config>);

impl CacheLayer {
    /// Creates a layer that follows no `Cache-Control` of a client, and lets only the client itself keep a response.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn with(mut self, set: impl FnOnce(&mut Config)) -> Self {
        set(Arc::make_mut(&mut self.0));
        self
    }

    /// Sets the cache that everything inside uses. Without this, it is the one that is used around the layer, mostly the
    /// installed one.
    #[must_use]
    pub fn cache(self, cache: Cache) -> Self {
        self.with(|config| config.cache = Some(cache))
    }

    /// Sets the name of this cache in `Cache-Status`, where there may be others: `cached` without this. Characters other than
    /// visible ASCII and spaces are left out.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        let mut name = name.into();
        name.retain(|letter| letter == ' ' || letter.is_ascii_graphic());
        self.with(|config| config.name = name)
    }

    /// Lets shared caches, as a CDN, keep responses: `public`. Those to requests with `Authorization` or `Cookie` stay `private`.
    ///
    /// A shared cache knows a request by its URL and by what the handler names in `Vary`. For handlers whose responses are
    /// for everybody.
    #[must_use]
    pub fn shared(self) -> Self {
        self.with(|config| config.shared = Sharing::Anonymous)
    }

    /// Lets shared caches keep all responses, also those to requests with `Authorization` or `Cookie`: they must not depend on
    /// these headers. Otherwise as [`shared`](Self::shared).
    #[must_use]
    pub fn shared_with_authorization(self) -> Self {
        self.with(|config| config.shared = Sharing::All)
    }

    /// Makes clients ask each time whether the response that they keep still holds: `no-cache` in place of `max-age`. They
    /// then see an invalidation at once, and mostly get a `304`.
    #[must_use]
    pub fn revalidate(self) -> Self {
        self.with(|config| config.revalidate = true)
    }

    /// Allows clients to ask for new values: with `Cache-Control: no-cache` all calls load and store, with `max-age` those
    /// whose value is older.
    ///
    /// A `get` or `set` of the handler does as always: what it keeps by key, a count of attempts say, is its own.
    ///
    /// Off by default: anybody could put the load of every call on the database. Browsers send `max-age=0` when their
    /// user reloads a page.
    #[must_use]
    pub fn allow_refresh(self, allow: bool) -> Self {
        self.with(|config| config.allow.refresh = allow)
    }

    /// Allows clients to bypass the cache with `Cache-Control: no-store`: no cached function reads from it or stores.
    /// A `get` or `set` of the handler does as always. Off by default.
    #[must_use]
    pub fn allow_bypass(self, allow: bool) -> Self {
        self.with(|config| config.allow.bypass = allow)
    }

    /// Allows clients to ask only for what is stored, with `Cache-Control: only-if-cached`: the first call that would run its
    /// body ends the request with `504 Gateway Timeout`. What the handler did until then stays done. Off by default.
    #[must_use]
    pub fn allow_only_if_cached(self, allow: bool) -> Self {
        self.with(|config| config.allow.only_if_cached = allow)
    }

    /// Restricts what is allowed to some requests: those of operators, say, whom a layer further out has recognised.
    ///
    /// ```
    /// # use cached_axum::CacheLayer;
    /// #[derive(Clone)]
    /// struct Operator;
    ///
    /// let layer = CacheLayer::new()
    ///     .allow_refresh(true)
    ///     .allow_if(|request| request.extensions.get::<Operator>().is_some());
    /// ```
    #[must_use]
    pub fn allow_if(self, allow: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.with(|config| config.allow_if = Some(Arc::new(allow)))
    }
}

impl<S> Layer<S> for CacheLayer {
    type Service = CacheService<S>;

    fn layer(&self, inner: S) -> CacheService<S> {
        CacheService::new(inner, Arc::clone(&self.0))
    }
}

impl fmt::Debug for CacheLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CacheLayer").field(&self.0).finish()
    }
}
