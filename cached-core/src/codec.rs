//! [`Codec`]: the way of a result to the stores and back, and [`CacheValue`]: the values that can be cached.

use std::{any::Any, convert::Infallible, fmt, sync::Arc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    codec::{
        erased::ErasedCodec,
        shape::{NoOption, NoResult, Opened, ReturnRef, Shape},
    },
    error::Error,
    format::{
        entry::Outcome,
        json::{self, Sink, Unstorable},
    },
};

pub(crate) mod erased;
mod return_bounds;
pub(crate) mod returns;
pub(crate) mod shape;
mod vtable;

use return_bounds::{MayBeErr, MayBeNone, MayFail, MayReport};
use vtable::Vtable;

/// Values that can be cached: `Serialize + DeserializeOwned + Clone + Send + Sync + 'static`.
///
/// A hit in memory clones the value under a lock that readers share and writers wait for: a value that is slow to clone
/// belongs in an `Arc` (with serde's feature `rc`).
///
/// `M` keeps the door open for types of other crates that are stored as something else: a crate that integrates a web
/// framework implements this for the framework's wrappers, with a marker of its own. Nobody else has to.
///
/// ```
/// use cached_core::{Cache, CacheValue, cached};
/// # mod framework { #[derive(Clone)] pub struct Json<T>(pub T); }
/// use framework::Json;
///
/// /// Of this crate; `Json` is not.
/// enum AsContent {}
///
/// impl<T: CacheValue> CacheValue<AsContent> for Json<T> {
///     const IS_RESPONSE: bool = true;
///
///     type Stored = T::Stored;
///
///     fn stored(&self) -> &T::Stored {
///         self.0.stored()
///     }
///
///     fn restored(stored: T::Stored) -> Self {
///         Self(T::restored(stored))
///     }
/// }
///
/// #[cached(ttl = "1h", prefix = "name:{id}")]
/// async fn name(id: u64) -> Json<String> {
///     Json(format!("user {id}"))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cached_core::Error> {
/// let cache = Cache::in_memory()?;
/// let loaded = cache.scope(name(42)).await;
/// let stored = cache.scope(name(42)).await; // made of its content, in Redis `"user 42"`
/// assert_eq!(stored.0, loaded.0);
/// assert_eq!(cache.stats().total.loads, 1);
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be cached",
    label = "needs `Clone`, `Serialize` and `Deserialize`",
    note = "write `#[derive(Clone, serde::Serialize, serde::Deserialize)]` where its type is defined; a cached value is also `Send`, `Sync` and `'static`, and borrows nothing",
    note = "a handler imports the attribute from `cached_axum` and returns such a type, `Json` or `Html` of one, or a `Result` of these; what has to be a whole response can call a cached function"
)]
pub trait CacheValue<M = AsItself>: Clone + Send + Sync + 'static {
    /// True for the whole response to a request, so that a function which returns it is a handler.
    const IS_RESPONSE: bool = false;

    /// The type that is stored, which serde sees.
    type Stored: Serialize + DeserializeOwned;

    /// Returns the part that is stored.
    fn stored(&self) -> &Self::Stored;

    /// Makes a value of its stored part.
    fn restored(stored: Self::Stored) -> Self;
}

/// Marker of values that are stored as themselves.
#[derive(Debug)]
pub enum AsItself {}

#[diagnostic::do_not_recommend]
impl<T> CacheValue for T
where
    T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
{
    type Stored = T;

    fn stored(&self) -> &T {
        self
    }

    fn restored(stored: T) -> T {
        stored
    }
}

/// The stored part of a result, as calls that wait for it and the store in this process share it.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) outcome: Outcome,
    /// The value or error; missing only if the outcome is [`Outcome::None`].
    pub(crate) value: Option<Arc<dyn Any + Send + Sync>>,
}

/// The way of a result of type `R` to its stored type `T` and back.
///
/// Every call has one. The parts that only some calls need are functions that make them: a hit in memory uses the first
/// field alone, and to fill in all of them took a tenth of it.
pub struct Codec<R, T> {
    copy: fn(&(dyn Any + Send + Sync)) -> Option<R>,
    vtable: fn() -> Vtable<R, T>,
    errors: Option<fn() -> ErrorCodec<R>>,
    /// Makes the result for a cache that is required and out of reach, if the function's error can say so.
    pub(crate) fails: Option<fn(Error) -> R>,
    cache_if: Option<fn(&T) -> bool>,
    ttl_with: Option<fn(&T) -> Duration>,
}

/// The way of an error of `R` to its stored form and back.
struct ErrorCodec<R> {
    encode: fn(&R, &mut Sink) -> Result<(), Unstorable>,
    decode: fn(&[u8]) -> Option<R>,
    decode_shared: fn(&[u8]) -> Option<Arc<dyn Any + Send + Sync>>,
}

impl<R, T> Codec<R, T> {
    /// Makes the codec of return types of this shape; errors are for their own caller only. `fails` makes one that says
    /// that the cache is out of reach.
    #[inline]
    pub(crate) fn of_shape<E, S, M>(fails: Option<fn(Error) -> R>) -> Self
    where
        S: Shape<R, T, E>,
        T: CacheValue<M>,
    {
        Codec {
            copy: |value| value.downcast_ref().cloned().map(S::from_value),
            vtable: Vtable::of_shape::<E, S, M>,
            errors: None,
            fails,
            cache_if: None,
            ttl_with: None,
        }
    }

    /// Shares errors as well with calls that wait.
    #[inline]
    pub(crate) fn sharing_errors<E, S, M>(self) -> Self
    where
        S: Shape<R, T, E>,
        T: CacheValue<M>,
        E: Clone + Send + Sync + 'static,
    {
        Self {
            vtable: Vtable::sharing_errors::<E, S, M>,
            ..self
        }
    }
}

impl<R, T> Codec<R, T> {
    /// Stores only values for which `wanted` returns `true`.
    #[must_use]
    pub fn cache_if(mut self, wanted: fn(&T) -> bool) -> Self {
        self.cache_if = Some(wanted);
        self
    }

    /// Keeps each value for the time that `ttl` returns.
    #[must_use]
    pub fn ttl_with(mut self, ttl: fn(&T) -> Duration) -> Self {
        self.ttl_with = Some(ttl);
        self
    }

    /// Checks only that there can be a `None` in the return type `N`: the time for which it is kept is in the
    /// function's static. The call writes `N` out, so that a message about it points there.
    #[must_use]
    pub fn cache_none<N: MayBeNone>(self) -> Self {
        self
    }

    /// Checks only that there can be an error in the return type `N`.
    #[must_use]
    pub fn stale_if_error<N: MayBeErr>(self) -> Self {
        self
    }

    /// Checks only that the return type `N` can say that the cache is out of reach: the function's static tells if it
    /// does.
    #[must_use]
    pub fn on_outage<N: MayReport>(self) -> Self {
        self
    }

    /// Stores errors as well.
    #[must_use]
    pub fn cache_err<M>(mut self) -> Self
    where
        R: MayFail<Error: CacheValue<M>>,
    {
        self.errors = Some(|| ErrorCodec {
            encode: |returned, sink| match returned.error() {
                Some(error) => sink.write(error.stored()),
                None => Err(Unstorable::Failed),
            },
            decode: |bytes| {
                json::decode(bytes).map(|stored| R::from_error(CacheValue::restored(stored)))
            },
            decode_shared: |bytes| {
                let error: R::Error = CacheValue::restored(json::decode(bytes)?);
                Some(Arc::new(error))
            },
        });
        self
    }
}

impl<R, T> Codec<R, T> {
    /// Copies a shared value straight to the place it is returned from; `None` for one of another type.
    #[inline]
    pub(crate) fn copy(&self, value: &(dyn Any + Send + Sync)) -> Option<R> {
        (self.copy)(value)
    }

    fn vtable(&self) -> Vtable<R, T> {
        (self.vtable)()
    }

    /// Returns the outcome that `returned` is.
    pub(crate) fn outcome(&self, returned: &R) -> Outcome {
        match (self.vtable().inspect)(returned) {
            ReturnRef::Value(_) => Outcome::Value,
            ReturnRef::None => Outcome::None,
            ReturnRef::Error => Outcome::Error,
        }
    }

    /// Returns `true` if `cache_if` lets the value be stored.
    pub(crate) fn wanted(&self, returned: &R) -> bool {
        match ((self.vtable().inspect)(returned), self.cache_if) {
            (ReturnRef::Value(value), Some(wanted)) => wanted(value),
            _ => true,
        }
    }

    /// Returns the ttl that the value itself decides, if `ttl_with` asks it.
    pub(crate) fn ttl_of(&self, returned: &R) -> Option<Duration> {
        match ((self.vtable().inspect)(returned), self.ttl_with) {
            (ReturnRef::Value(value), Some(ttl)) => Some(ttl(value)),
            _ => None,
        }
    }

    /// Returns the same codec without its types.
    pub(crate) fn erased(&self) -> ErasedCodec {
        let mut erased = (self.vtable().erased)();
        erased.decode_error = self.errors.map(|errors| errors().decode_shared);
        erased.can_fail = self.fails.is_some();
        erased
    }

    /// Takes the result apart: its parts can be kept where the whole cannot.
    pub(crate) fn open(&self, returned: R) -> Opened<R, T> {
        (self.vtable().open)(returned)
    }

    /// Returns the result that holds `value`.
    pub(crate) fn close(&self, value: T) -> R {
        (self.vtable().close)(value)
    }

    /// Copies the stored part for other calls; `None` for an error that cannot be shared.
    pub(crate) fn share(&self, returned: &R) -> Option<Shared> {
        let (outcome, value) = match (self.vtable().inspect)(returned) {
            ReturnRef::Value(value) => (Outcome::Value, Some((self.vtable().share_value)(value))),
            ReturnRef::None => (Outcome::None, None),
            ReturnRef::Error => (Outcome::Error, Some((self.vtable().share_error)(returned)?)),
        };
        Some(Shared { outcome, value })
    }

    /// Restores a result from a shared part; `None` if that is of another type.
    pub(crate) fn restore(&self, shared: &Shared) -> Option<R> {
        match shared.outcome {
            Outcome::Value => self.copy(shared.value.as_deref()?),
            Outcome::None | Outcome::Error => self.take(shared.clone()),
        }
    }

    /// Restores a result as [`restore`](Self::restore) does, but copies the shared part only if others hold it as well.
    pub(crate) fn take(&self, shared: Shared) -> Option<R> {
        let vtable = self.vtable();
        match shared.outcome {
            Outcome::Value => (vtable.take_value)(shared.value?).map(vtable.close),
            Outcome::None => (vtable.none)(),
            Outcome::Error => (vtable.take_error)(shared.value?),
        }
    }

    /// Writes the JSON of the stored part.
    ///
    /// # Errors
    ///
    /// A value that JSON cannot carry back, and an error unless `cache_err` was called.
    pub(crate) fn encode(&self, returned: &R, sink: &mut Sink) -> Result<(), Unstorable> {
        match ((self.vtable().inspect)(returned), &self.errors) {
            (ReturnRef::Value(value), _) => (self.vtable().encode_value)(value, sink),
            (ReturnRef::None, _) => sink.write(&()),
            (ReturnRef::Error, Some(errors)) => (errors().encode)(returned, sink),
            (ReturnRef::Error, None) => Err(Unstorable::Failed),
        }
    }

    /// Restores a result from stored JSON; `None` if the JSON is of another type.
    pub(crate) fn decode(&self, outcome: Outcome, json: &[u8]) -> Option<R> {
        let vtable = self.vtable();
        match outcome {
            Outcome::Value => (vtable.decode_value)(json).map(vtable.close),
            Outcome::None => (vtable.none)(),
            Outcome::Error => (self.errors?().decode)(json),
        }
    }
}

impl<R, T> Clone for Codec<R, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, T> Copy for Codec<R, T> {}

impl<R, T> fmt::Debug for Codec<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Codec").finish_non_exhaustive()
    }
}

#[expect(
    clippy::mismatching_type_param_order,
    reason = "the stored type is the return type"
)]
impl<T: CacheValue> Codec<T, T> {
    /// Makes the codec of a value by itself, for entries named by key.
    pub(crate) fn plain() -> Self {
        Self::of_shape::<Infallible, (NoResult, NoOption), AsItself>(None)
    }
}
