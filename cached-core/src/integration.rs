//! Entry points for crates that build on this one: they integrate a web framework, or keep records in a cache.
//!
//! A service that caches functions needs nothing of this. What is here is under semver like the rest of the crate.
//!
//! | for | |
//! |---|---|
//! | return types of a framework | [`CacheValue`]: a wrapper as `Json<T>` is stored as what it holds |
//! | its responses | [`ReportsSuccess`]: a response with a status is an error without being an `Err` |
//! | headers about a response | [`Observer`](crate::Observer): the cached calls of a request, and how old their answers are |
//! | requests with `Cache-Control` | [`bypass_functions`] and [`refresh_functions`]: a client decides about cached functions, and not about what the service keeps by key |
//! | sessions and other values that exist nowhere else | [`load_record`] and [`replace_record_if`]: compare-and-set by key |
//!
//! A record is read and replaced whatever is around the call: neither [`Cache::bypass`] nor [`Cache::refresh`] reaches it,
//! for a client that wants a fresh answer does not want to be logged out.

use std::time::Duration;

use crate::{
    codec::CacheValue,
    engine::{
        Cache,
        context::{self, Calls, Mode},
    },
    error::Error,
    key::Key,
};

pub use crate::{cache::RecordChange, codec::returns::ReportsSuccess};

/// Runs `future` so that cached functions inside neither read from `cache` nor store in it; calls by key do as always.
///
/// [`Cache::bypass`] is for the service itself and reaches calls by key, too. Of several around a call the innermost
/// counts. Tasks that the future spawns are not reached unless they run [`in_current_scope`](crate::in_current_scope);
/// dropping the future ends all of it.
///
/// # Examples
///
/// ```
/// use cached_core::{Cache, cached, integration};
///
/// #[cached(ttl = "1h")]
/// async fn square(number: u64) -> u64 {
///     number * number
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cached_core::Error> {
/// let cache = Cache::in_memory()?;
/// let request = async {
///     cache.set("attempts", &1_u8, None).await?; // the service counts, whatever its client asks for
///     Ok::<u64, cached_core::Error>(square(12).await)
/// };
/// let answer = cache.scope(integration::bypass_functions(&cache, request)).await?;
/// assert_eq!(answer, 144);
/// assert_eq!(cache.get::<u8>("attempts").await?, Some(1));
/// assert!(cache.scope(square::peek(12)).await.is_none());
/// # Ok(())
/// # }
/// ```
pub fn bypass_functions<F: Future>(
    cache: &Cache,
    future: F,
) -> impl Future<Output = F::Output> + use<F> {
    context::with_mode(cache.clone(), Mode::Bypass, Calls::Loading, future)
}

/// Runs `future` so that cached functions inside load and store in `cache`, whatever it has; calls by key do as always.
///
/// Each call runs its own body: a load that is under way may have begun too early to be a fresh answer. Scopes, tasks and
/// cancellation are as for [`bypass_functions`].
///
/// # Examples
///
/// ```
/// use cached_core::{Cache, cached, integration};
///
/// #[cached(ttl = "1h")]
/// async fn square(number: u64) -> u64 {
///     number * number
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cached_core::Error> {
/// let cache = Cache::in_memory()?;
/// cache.scope(square(12)).await;
/// cache.scope(integration::refresh_functions(&cache, square(12))).await; // loads, though it is there
/// assert_eq!(cache.stats().total.loads, 2);
/// # Ok(())
/// # }
/// ```
pub fn refresh_functions<F: Future>(
    cache: &Cache,
    future: F,
) -> impl Future<Output = F::Output> + use<F> {
    context::with_mode(cache.clone(), Mode::Refresh, Calls::Loading, future)
}

/// Reads the record at `key`; `None` if there is none, or something that is no `T`.
///
/// One round trip to Redis. Nothing is read that was replaced or invalidated before this call began, in whatever
/// process. During an outage this is an error: no [`Outage`](crate::Outage) has records of its own.
///
/// # Errors
///
/// - [`ErrorKind::Config`](crate::ErrorKind::Config) if the cache is turned off, or was shut down: an answer would say
///   that there is no record;
/// - those of [`Cache::get`].
///
/// # Examples
///
/// ```
/// use cached_core::{Cache, Key, integration};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cached_core::Error> {
/// let cache = Cache::in_memory()?;
/// let key = Key::from_segments(["session", "7f3a"]);
/// cache.set(key.clone(), &"Ada".to_owned(), None).await?;
///
/// let request = integration::load_record::<String>(&cache, &key);
/// let user = cache.bypass(request).await?; // `get` would find nothing here
/// assert_eq!(user.as_deref(), Some("Ada"));
/// # Ok(())
/// # }
/// ```
pub async fn load_record<T: CacheValue>(cache: &Cache, key: &Key) -> Result<Option<T>, Error> {
    cache.load_record(key).await
}

/// Puts `value` in the place of what is at `key`, if `condition` is true of that, and keeps it for `ttl`.
///
/// The comparison and the replacement are one step (compare-and-set): what is replaced is what `condition` has seen, whoever
/// else changes the record at that moment, in whatever process. Where another change comes between, all of it is done
/// again, eight times at most, so `condition` may be called several times. It is given `None` where there is no
/// record, or something that is no `T`.
///
/// Two round trips to Redis, three where nothing usable is at the key. Dropped before it returns, `value` may be there or not.
///
/// # Errors
///
/// - [`ErrorKind::Config`](crate::ErrorKind::Config) if the cache is turned off, or was shut down, or `ttl` is shorter
///   than a millisecond;
/// - [`ErrorKind::Unstorable`](crate::ErrorKind::Unstorable) and [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) as for
///   [`Cache::set`];
/// - those of [`Cache::get`].
///
/// Unlike after a [`Cache::set`] that failed, what was there may still be, and so may `value`.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use cached_core::{Cache, Key, integration::{self, RecordChange}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cached_core::Error> {
/// let cache = Cache::in_memory()?;
/// let (key, hour) = (Key::from_segments(["seat", "12A"]), Duration::from_secs(3600));
/// let is_free = |owner: Option<&String>| owner.is_none();
///
/// let ada = integration::replace_record_if(&cache, &key, &"Ada".to_owned(), hour, is_free).await?;
/// let bob = integration::replace_record_if(&cache, &key, &"Bob".to_owned(), hour, is_free).await?;
/// assert_eq!((ada, bob), (RecordChange::Stored, RecordChange::Refused));
/// # Ok(())
/// # }
/// ```
pub async fn replace_record_if<T: CacheValue>(
    cache: &Cache,
    key: &Key,
    value: &T,
    ttl: Duration,
    condition: fn(Option<&T>) -> bool,
) -> Result<RecordChange, Error> {
    cache.change_record(key, value, ttl, condition).await
}
