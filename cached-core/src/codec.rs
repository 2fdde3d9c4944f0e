//! [`Codec`]: how a result is stored, shared and brought back; and what can be cached at all.

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
use vtable::Parts;

/// What can be cached: `Serialize + DeserializeOwned + Clone + Send + Sync + 'static`.
///
/// A hit in memory clones the value under a lock that readers share and writers wait for: what is slow
/// to clone belongs in an `Arc` (with serde's feature `rc`).
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
    /// `true` for the whole response to a request, so that a function which returns it is a handler.
    const IS_RESPONSE: bool = false;

    /// The type that is stored, which serde sees.
    type Stored: Serialize + DeserializeOwned;

    /// Returns the part that is stored.
    fn stored(&self) -> &Self::Stored;

    /// Makes a value of its stored part.
    fn restored(stored: Self::Stored) -> Self;
}

/// Marks values that are stored as themselves.
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

/// The stored part of a result, for callers who wait for it and for the store in this process.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) outcome: Outcome,
    /// Missing only where the outcome is [`Outcome::None`].
    pub(crate) value: Option<Arc<dyn Any + Send + Sync>>,
}

/// How a result of type `R` is stored and comes back; `T` is the stored type.
///
/// Every call has one. What only some calls need is asked for when they do: a hit in memory uses the first field
/// alone, and to fill them all took a tenth of it.
pub struct Codec<R, T> {
    copy: fn(&Shared) -> Option<R>,
    parts: fn() -> Parts<R, T>,
    errors: Option<fn() -> ErrorCodec<R>>,
    /// What the function returns where the cache is required and out of reach, if its error can say so.
    pub(crate) fails: Option<fn(Error) -> R>,
    cache_if: Option<fn(&T) -> bool>,
    ttl_with: Option<fn(&T) -> Duration>,
}

struct ErrorCodec<R> {
    encode: fn(&R, &mut Sink) -> Result<(), Unstorable>,
    decode: fn(&[u8]) -> Option<R>,
    decode_shared: fn(&[u8]) -> Option<Arc<dyn Any + Send + Sync>>,
}

impl<R, T> Codec<R, T> {
    /// The codec of return types of this shape; errors are for their own caller only. `fails` makes
    /// one that says that the cache is out of reach.
    #[inline]
    pub(crate) fn of_shape<E, S, M>(fails: Option<fn(Error) -> R>) -> Self
    where
        S: Shape<R, T, E>,
        T: CacheValue<M>,
    {
        Codec {
            copy: |shared| match (shared.outcome, &shared.value) {
                (Outcome::Value, Some(value)) => value.downcast_ref().cloned().map(S::value),
                _ => None,
            },
            parts: Parts::of_shape::<E, S, M>,
            errors: None,
            fails,
            cache_if: None,
            ttl_with: None,
        }
    }

    /// As it is, and errors are shared with those who wait.
    #[inline]
    pub(crate) fn sharing_errors<E, S, M>(self) -> Self
    where
        S: Shape<R, T, E>,
        T: CacheValue<M>,
        E: Clone + Send + Sync + 'static,
    {
        Self {
            parts: Parts::sharing_errors::<E, S, M>,
            ..self
        }
    }
}

impl<R, T> Codec<R, T> {
    /// Stores only values of which `wanted` is true.
    #[must_use]
    pub fn cache_if(mut self, wanted: fn(&T) -> bool) -> Self {
        self.cache_if = Some(wanted);
        self
    }

    /// Keeps each value as long as `ttl` says.
    #[must_use]
    pub fn ttl_with(mut self, ttl: fn(&T) -> Duration) -> Self {
        self.ttl_with = Some(ttl);
        self
    }

    /// Only checks that there can be a `None` in the return type `N`, which the call writes out so that a
    /// message about it lies there: how long it is kept, the function's static says.
    #[must_use]
    pub fn cache_none<N: MayBeNone>(self) -> Self {
        self
    }

    /// Only checks that there can be an error in the return type `N`.
    #[must_use]
    pub fn stale_if_error<N: MayBeErr>(self) -> Self {
        self
    }

    /// Only checks that the return type `N` can say that the cache is out of reach: whether it does, the function's
    /// static says.
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
                json::decode(bytes).map(|stored| R::failed(CacheValue::restored(stored)))
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
    /// A copy of a shared value, straight to where it is returned from; `None` for an outcome without one.
    pub(crate) fn copy(&self, shared: &Shared) -> Option<R> {
        (self.copy)(shared)
    }

    fn parts(&self) -> Parts<R, T> {
        (self.parts)()
    }

    pub(crate) fn outcome(&self, returned: &R) -> Outcome {
        match (self.parts().look)(returned) {
            ReturnRef::Value(_) => Outcome::Value,
            ReturnRef::None => Outcome::None,
            ReturnRef::Error => Outcome::Error,
        }
    }

    /// Whether `cache_if` lets the value be stored.
    pub(crate) fn wanted(&self, returned: &R) -> bool {
        match ((self.parts().look)(returned), self.cache_if) {
            (ReturnRef::Value(value), Some(wanted)) => wanted(value),
            _ => true,
        }
    }

    /// The ttl that the value itself decides.
    pub(crate) fn ttl_of(&self, returned: &R) -> Option<Duration> {
        match ((self.parts().look)(returned), self.ttl_with) {
            (ReturnRef::Value(value), Some(ttl)) => Some(ttl(value)),
            _ => None,
        }
    }

    /// The same without its types.
    pub(crate) fn erased(&self) -> ErasedCodec {
        let mut erased = (self.parts().erased)();
        erased.decode_error = self.errors.map(|errors| errors().decode_shared);
        erased.can_fail = self.fails.is_some();
        erased
    }

    /// The result in parts that can be kept where the whole cannot.
    pub(crate) fn open(&self, returned: R) -> Opened<R, T> {
        (self.parts().open)(returned)
    }

    /// The result that holds `value`.
    pub(crate) fn close(&self, value: T) -> R {
        (self.parts().close)(value)
    }

    /// A copy for others; `None` for an error that cannot be shared.
    pub(crate) fn share(&self, returned: &R) -> Option<Shared> {
        let (outcome, value) = match (self.parts().look)(returned) {
            ReturnRef::Value(value) => (Outcome::Value, Some((self.parts().share_value)(value))),
            ReturnRef::None => (Outcome::None, None),
            ReturnRef::Error => (Outcome::Error, Some((self.parts().share_error)(returned)?)),
        };
        Some(Shared { outcome, value })
    }

    /// What a call returns for something shared; `None` if that is of another type.
    pub(crate) fn restore(&self, shared: &Shared) -> Option<R> {
        match shared.outcome {
            Outcome::Value => self.copy(shared),
            Outcome::None | Outcome::Error => self.take(shared.clone()),
        }
    }

    /// As [`restore`](Self::restore), and copies only what somebody else holds as well.
    pub(crate) fn take(&self, shared: Shared) -> Option<R> {
        let parts = self.parts();
        match shared.outcome {
            Outcome::Value => (parts.take_value)(shared.value?).map(parts.close),
            Outcome::None => (parts.none)(),
            Outcome::Error => (parts.take_error)(shared.value?),
        }
    }

    /// Writes the JSON of the stored part.
    ///
    /// # Errors
    ///
    /// What JSON cannot carry back, and an error unless `cache_err` was called.
    pub(crate) fn encode(&self, returned: &R, sink: &mut Sink) -> Result<(), Unstorable> {
        match ((self.parts().look)(returned), &self.errors) {
            (ReturnRef::Value(value), _) => (self.parts().encode_value)(value, sink),
            (ReturnRef::None, _) => sink.write(&()),
            (ReturnRef::Error, Some(errors)) => (errors().encode)(returned, sink),
            (ReturnRef::Error, None) => Err(Unstorable::Failed),
        }
    }

    /// What a call returns for stored JSON; `None` if it is something else's.
    pub(crate) fn decode(&self, outcome: Outcome, json: &[u8]) -> Option<R> {
        let parts = self.parts();
        match outcome {
            Outcome::Value => (parts.decode_value)(json).map(parts.close),
            Outcome::None => (parts.none)(),
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
    reason = "what is stored is what is returned"
)]
impl<T: CacheValue> Codec<T, T> {
    /// A value by itself, for entries named by key.
    pub(crate) fn plain() -> Self {
        Self::of_shape::<Infallible, (NoResult, NoOption), AsItself>(None)
    }
}
