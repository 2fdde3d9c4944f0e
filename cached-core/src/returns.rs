//! [`Returns`] and [`Codec`]: which part of a return type is stored, settled by type.
//!
//! `Result<T, E>` and `Option<T>` store `T`, also behind an alias, and both at once as in
//! `Result<Option<T>, E>`; everything else is stored as it is. The expansion writes
//! `Returns::<R>::NEW.__result().__option().__codec()`. Each step is a method of its own where the type is a
//! `Result`, an `Option`, or has an error that can be shared, and a method of a `Plain…` trait
//! otherwise; the compiler prefers the former. Every bound on the value sits on `__codec`. The names
//! begin as they do so that no trait of the caller's has them.

use std::any::Any;
use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::entry::Outcome;
use crate::json::{self, Sink, Unstorable};

/// What can be cached: `Serialize + DeserializeOwned + Clone + Send + Sync + 'static`.
///
/// A hit in memory clones the value under a lock that readers share and writers wait for: what is slow
/// to clone belongs in an `Arc` (with serde's feature `rc`).
///
/// `M` keeps the door open for types of other crates that are stored as something else.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be cached",
    label = "cannot be cached",
    note = "a cached value needs `serde::Serialize`, `serde::Deserialize` without borrowed data, `Clone`, `Send`, `Sync` and `'static`; derive what is missing"
)]
pub trait CacheValue<M = AsItself>: Clone + Send + Sync + 'static {
    /// What serde sees.
    #[doc(hidden)]
    type Stored: Serialize + DeserializeOwned;

    #[doc(hidden)]
    fn stored(&self) -> &Self::Stored;

    #[doc(hidden)]
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
pub struct Codec<R, T> {
    look: fn(&R) -> Looked<'_, T>,
    open: fn(R) -> Opened<R, T>,
    close: fn(T) -> R,
    none: fn() -> Option<R>,
    share_value: fn(&T) -> Arc<dyn Any + Send + Sync>,
    share_error: fn(&R) -> Option<Arc<dyn Any + Send + Sync>>,
    restore_error: fn(&(dyn Any + Send + Sync)) -> Option<R>,
    clone_value: fn(&(dyn Any + Send + Sync)) -> Option<T>,
    encode_value: fn(&T, &mut Sink) -> Result<(), Unstorable>,
    decode_value: fn(&[u8]) -> Option<T>,
    errors: Option<ErrorCodec<R>>,
    cache_if: Option<fn(&T) -> bool>,
    ttl_with: Option<fn(&T) -> Duration>,
}

struct ErrorCodec<R> {
    encode: fn(&R, &mut Sink) -> Result<(), Unstorable>,
    decode: fn(&[u8]) -> Option<R>,
}

/// A result taken apart.
#[derive(Debug)]
pub enum Opened<R, T> {
    Value(T),
    /// How to make it again.
    None(fn() -> R),
    Error(R),
}

/// A result looked into.
#[derive(Debug)]
pub enum Looked<'a, T> {
    Value(&'a T),
    None,
    Error,
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

    /// Only checks that there can be a `None`: how long it is kept, the function's static says.
    #[must_use]
    pub fn cache_none(self) -> Self
    where
        R: MayBeNone,
    {
        self
    }

    /// Stores errors as well.
    #[must_use]
    pub fn cache_err<M>(mut self) -> Self
    where
        R: MayFail<Error: CacheValue<M>>,
    {
        self.errors = Some(ErrorCodec {
            encode: |returned, sink| match returned.error() {
                Some(error) => sink.value(error.stored()),
                None => Err(Unstorable::Failed),
            },
            decode: |bytes| {
                json::decode(bytes).map(|stored| R::failed(CacheValue::restored(stored)))
            },
        });
        self
    }
}

impl<R, T> Codec<R, T> {
    pub(crate) fn outcome(&self, returned: &R) -> Outcome {
        match (self.look)(returned) {
            Looked::Value(_) => Outcome::Value,
            Looked::None => Outcome::None,
            Looked::Error => Outcome::Error,
        }
    }

    /// Whether `cache_if` lets the value be stored.
    pub(crate) fn wanted(&self, returned: &R) -> bool {
        match ((self.look)(returned), self.cache_if) {
            (Looked::Value(value), Some(wanted)) => wanted(value),
            _ => true,
        }
    }

    /// The ttl that the value itself decides.
    pub(crate) fn ttl_of(&self, returned: &R) -> Option<Duration> {
        match ((self.look)(returned), self.ttl_with) {
            (Looked::Value(value), Some(ttl)) => Some(ttl(value)),
            _ => None,
        }
    }

    /// The result in parts that can be kept where the whole cannot.
    pub(crate) fn open(&self, returned: R) -> Opened<R, T> {
        (self.open)(returned)
    }

    /// The result that holds `value`.
    pub(crate) fn close(&self, value: T) -> R {
        (self.close)(value)
    }

    /// A copy for others; `None` for an error that cannot be shared.
    pub(crate) fn share(&self, returned: &R) -> Option<Shared> {
        let (outcome, value) = match (self.look)(returned) {
            Looked::Value(value) => (Outcome::Value, Some((self.share_value)(value))),
            Looked::None => (Outcome::None, None),
            Looked::Error => (Outcome::Error, Some((self.share_error)(returned)?)),
        };
        Some(Shared { outcome, value })
    }

    /// What a call returns for something shared; `None` if that is of another type.
    pub(crate) fn restore(&self, shared: &Shared) -> Option<R> {
        match (shared.outcome, &shared.value) {
            (Outcome::Value, Some(value)) => (self.clone_value)(&**value).map(self.close),
            (Outcome::Error, Some(error)) => (self.restore_error)(&**error),
            (Outcome::None, _) => (self.none)(),
            (Outcome::Value | Outcome::Error, None) => None,
        }
    }

    /// Writes the JSON of the stored part.
    ///
    /// # Errors
    ///
    /// What JSON cannot carry back, and an error unless `cache_err` was called.
    pub(crate) fn encode(&self, returned: &R, sink: &mut Sink) -> Result<(), Unstorable> {
        match ((self.look)(returned), &self.errors) {
            (Looked::Value(value), _) => (self.encode_value)(value, sink),
            (Looked::None, _) => sink.value(&()),
            (Looked::Error, Some(errors)) => (errors.encode)(returned, sink),
            (Looked::Error, None) => Err(Unstorable::Failed),
        }
    }

    /// What a call returns for stored JSON; `None` if it is something else's.
    pub(crate) fn decode(&self, outcome: Outcome, json: &[u8]) -> Option<R> {
        match outcome {
            Outcome::Value => (self.decode_value)(json).map(self.close),
            Outcome::None => (self.none)(),
            Outcome::Error => (self.errors.as_ref()?.decode)(json),
        }
    }
}

#[expect(
    clippy::mismatching_type_param_order,
    reason = "what is stored is what is returned"
)]
impl<T: CacheValue> Codec<T, T> {
    /// A value by itself, for entries named by key.
    pub(crate) fn plain() -> Self {
        Whole::<T, T, Infallible, NoResult, NoOption>::NEW.__codec()
    }
}

impl<R, T> Clone for Codec<R, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, T> Copy for Codec<R, T> {}

impl<R> Clone for ErrorCodec<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for ErrorCodec<R> {}

impl<R, T> fmt::Debug for Codec<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Codec").finish_non_exhaustive()
    }
}

/// Return types that can hold an error.
#[diagnostic::on_unimplemented(
    message = "`cache_err` needs a function that returns a `Result`",
    label = "there is no error in `{Self}`"
)]
pub trait MayFail {
    #[doc(hidden)]
    type Error;
    #[doc(hidden)]
    fn error(&self) -> Option<&Self::Error>;
    #[doc(hidden)]
    fn failed(error: Self::Error) -> Self;
}

impl<V, E> MayFail for Result<V, E> {
    type Error = E;

    fn error(&self) -> Option<&E> {
        self.as_ref().err()
    }

    fn failed(error: E) -> Self {
        Err(error)
    }
}

/// Return types that can be `None`.
#[diagnostic::on_unimplemented(
    message = "`cache_none` needs a function that returns an `Option`",
    label = "there is no `None` in `{Self}`"
)]
pub trait MayBeNone {}

impl<T> MayBeNone for Option<T> {}
impl<T, E> MayBeNone for Result<Option<T>, E> {}

/// A return type, to be looked into.
pub struct Returns<R>(PhantomData<fn() -> R>);

/// `R` is a `V`, or a `Result<V, E>` if `O` says so.
pub struct Split<R, V, E, O>(Marker<(R, V, E, O)>);

/// As [`Split`], and `V` is a `T`, or an `Option<T>` if `I` says so.
pub struct Whole<R, T, E, O, I>(Marker<(R, T, E, O, I)>);

type Marker<T> = PhantomData<fn() -> T>;

impl<R> Returns<R> {
    /// Where the look begins.
    pub const NEW: Self = Self(PhantomData);
}

impl<R, V, E, O> Split<R, V, E, O> {
    const NEW: Self = Self(PhantomData);
}

impl<R, T, E, O, I> Whole<R, T, E, O, I> {
    const NEW: Self = Self(PhantomData);
}

macro_rules! debug {
    ($($name:ident<$($parameter:ident),*>;)*) => {$(
        impl<$($parameter),*> fmt::Debug for $name<$($parameter),*> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
}

debug! {
    Returns<R>;
    Split<R, V, E, O>;
    Whole<R, T, E, O, I>;
}

/// The way between a return type `R`, its stored type `T` and its error `E`.
pub trait Shape<R, T, E> {
    #[doc(hidden)]
    fn look(returned: &R) -> Looked<'_, T>;
    #[doc(hidden)]
    fn open(returned: R) -> Opened<R, T>;
    #[doc(hidden)]
    fn error(returned: &R) -> Option<&E>;
    #[doc(hidden)]
    fn value(value: T) -> R;
    #[doc(hidden)]
    fn none() -> Option<R>;
    #[doc(hidden)]
    fn failed(error: E) -> Option<R>;
}

/// `R` is no `Result`.
#[derive(Debug)]
pub enum NoResult {}

/// `R` is a `Result`.
#[derive(Debug)]
pub enum IsResult {}

/// The value is no `Option`.
#[derive(Debug)]
pub enum NoOption {}

/// The value is an `Option`.
#[derive(Debug)]
pub enum IsOption {}

impl<T> Shape<T, T, Infallible> for (NoResult, NoOption) {
    fn open(returned: T) -> Opened<T, T> {
        Opened::Value(returned)
    }

    fn look(returned: &T) -> Looked<'_, T> {
        Looked::Value(returned)
    }

    fn error(_: &T) -> Option<&Infallible> {
        None
    }

    fn value(value: T) -> T {
        value
    }

    fn none() -> Option<T> {
        None
    }

    fn failed(_: Infallible) -> Option<T> {
        None
    }
}

impl<T> Shape<Option<T>, T, Infallible> for (NoResult, IsOption) {
    fn open(returned: Option<T>) -> Opened<Option<T>, T> {
        returned.map_or(Opened::None(|| None), Opened::Value)
    }

    fn look(returned: &Option<T>) -> Looked<'_, T> {
        returned.as_ref().map_or(Looked::None, Looked::Value)
    }

    fn error(_: &Option<T>) -> Option<&Infallible> {
        None
    }

    fn value(value: T) -> Option<T> {
        Some(value)
    }

    fn none() -> Option<Option<T>> {
        Some(None)
    }

    fn failed(_: Infallible) -> Option<Option<T>> {
        None
    }
}

impl<T, E> Shape<Result<T, E>, T, E> for (IsResult, NoOption) {
    fn open(returned: Result<T, E>) -> Opened<Result<T, E>, T> {
        returned.map_or_else(|error| Opened::Error(Err(error)), Opened::Value)
    }

    fn look(returned: &Result<T, E>) -> Looked<'_, T> {
        returned.as_ref().map_or(Looked::Error, Looked::Value)
    }

    fn error(returned: &Result<T, E>) -> Option<&E> {
        returned.as_ref().err()
    }

    fn value(value: T) -> Result<T, E> {
        Ok(value)
    }

    fn none() -> Option<Result<T, E>> {
        None
    }

    fn failed(error: E) -> Option<Result<T, E>> {
        Some(Err(error))
    }
}

impl<T, E> Shape<Result<Option<T>, E>, T, E> for (IsResult, IsOption) {
    fn open(returned: Result<Option<T>, E>) -> Opened<Result<Option<T>, E>, T> {
        match returned {
            Ok(Some(value)) => Opened::Value(value),
            Ok(None) => Opened::None(|| Ok(None)),
            Err(error) => Opened::Error(Err(error)),
        }
    }

    fn look(returned: &Result<Option<T>, E>) -> Looked<'_, T> {
        match returned {
            Ok(Some(value)) => Looked::Value(value),
            Ok(None) => Looked::None,
            Err(_) => Looked::Error,
        }
    }

    fn error(returned: &Result<Option<T>, E>) -> Option<&E> {
        returned.as_ref().err()
    }

    fn value(value: T) -> Result<Option<T>, E> {
        Ok(Some(value))
    }

    fn none() -> Option<Result<Option<T>, E>> {
        Some(Ok(None))
    }

    fn failed(error: E) -> Option<Result<Option<T>, E>> {
        Some(Err(error))
    }
}

impl<T: CacheValue, E> Returns<Result<T, E>> {
    /// The codec of a load named by key: whoever waits for one that fails loads for itself.
    pub(crate) fn codec_without_shared_errors() -> Codec<Result<T, E>, T> {
        unshared::<_, _, E, (IsResult, NoOption), AsItself>()
    }
}

impl<V, E> Returns<Result<V, E>> {
    /// It is a `Result`.
    #[must_use]
    pub fn __result(self) -> Split<Result<V, E>, V, E, IsResult> {
        Split::NEW
    }
}

/// The first step for everything but a `Result`.
pub trait PlainResult<R> {
    #[doc(hidden)]
    fn __result(self) -> Split<R, R, Infallible, NoResult>;
}

impl<R> PlainResult<R> for Returns<R> {
    fn __result(self) -> Split<R, R, Infallible, NoResult> {
        Split::NEW
    }
}

impl<R, T, E, O> Split<R, Option<T>, E, O> {
    /// It is an `Option`.
    #[must_use]
    #[expect(clippy::unused_self, reason = "the type of `self` decides")]
    pub fn __option(self) -> Whole<R, T, E, O, IsOption> {
        Whole::NEW
    }
}

/// The second step for everything but an `Option`.
pub trait PlainOption<R, V, E, O> {
    #[doc(hidden)]
    fn __option(self) -> Whole<R, V, E, O, NoOption>;
}

impl<R, V, E, O> PlainOption<R, V, E, O> for Split<R, V, E, O> {
    fn __option(self) -> Whole<R, V, E, O, NoOption> {
        Whole::NEW
    }
}

impl<R, T, E, O, I> Whole<R, T, E, O, I>
where
    E: Clone + Send + Sync + 'static,
{
    /// Its error can be shared.
    #[must_use]
    #[expect(clippy::unused_self, reason = "the type of `self` decides")]
    pub fn __codec<M>(self) -> Codec<R, T>
    where
        (O, I): Shape<R, T, E>,
        T: CacheValue<M>,
    {
        Codec {
            share_error: |returned| {
                let error = <(O, I)>::error(returned)?;
                Some(Arc::new(error.clone()))
            },
            restore_error: |shared| <(O, I)>::failed(shared.downcast_ref::<E>()?.clone()),
            ..unshared::<R, T, E, (O, I), M>()
        }
    }
}

/// The last step where the error cannot be shared: each caller then loads for itself.
pub trait PlainError<R, T, E, O, I> {
    #[doc(hidden)]
    fn __codec<M>(self) -> Codec<R, T>
    where
        (O, I): Shape<R, T, E>,
        T: CacheValue<M>;
}

impl<R, T, E, O, I> PlainError<R, T, E, O, I> for Whole<R, T, E, O, I> {
    fn __codec<M>(self) -> Codec<R, T>
    where
        (O, I): Shape<R, T, E>,
        T: CacheValue<M>,
    {
        unshared::<R, T, E, (O, I), M>()
    }
}

fn unshared<R, T, E, S, M>() -> Codec<R, T>
where
    S: Shape<R, T, E>,
    T: CacheValue<M>,
{
    Codec {
        look: S::look,
        open: S::open,
        close: S::value,
        none: S::none,
        share_value: |value| Arc::new(value.clone()),
        share_error: |_| None,
        restore_error: |_| None,
        clone_value: |shared| shared.downcast_ref::<T>().cloned(),
        encode_value: |value, sink| sink.value(value.stored()),
        decode_value: |json| json::decode(json).map(T::restored),
        errors: None,
        cache_if: None,
        ttl_with: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Alias<T> = Result<Option<T>, Failure>;

    /// Neither serde nor `Clone`.
    #[derive(Debug, PartialEq)]
    struct Failure;

    /// What the expansion writes.
    macro_rules! codec {
        ($returns:ty) => {
            Returns::<$returns>::NEW.__result().__option().__codec()
        };
    }

    fn check<R: PartialEq + fmt::Debug, T>(
        codec: Codec<R, T>,
        returned: &R,
        outcome: Outcome,
        json: &str,
    ) {
        assert_eq!(codec.outcome(returned), outcome);
        let mut sink = Sink::new(100);
        codec.encode(returned, &mut sink).unwrap();
        assert_eq!(sink.into_bytes(), json.as_bytes());
        assert_eq!(
            codec.decode(outcome, json.as_bytes()).as_ref(),
            Some(returned)
        );
        let shared = codec.share(returned).unwrap();
        assert_eq!(codec.restore(&shared).as_ref(), Some(returned));
    }

    #[test]
    fn the_type_decides_what_is_stored() {
        check(codec!(u32), &1, Outcome::Value, "1");
        check(codec!(()), &(), Outcome::Value, "null");
        check(codec!(Option<u32>), &Some(1), Outcome::Value, "1");
        check(codec!(Option<u32>), &None, Outcome::None, "null");
        check(codec!(Result<u32, Failure>), &Ok(1), Outcome::Value, "1");
        check(codec!(Alias<u32>), &Ok(Some(1)), Outcome::Value, "1");
        check(codec!(Alias<u32>), &Ok(None), Outcome::None, "null");
        check(
            codec!(Option<Result<u32, String>>),
            &Some(Ok(1)),
            Outcome::Value,
            "{\"Ok\":1}",
        );
        check(
            codec!(Result<u32, String>).cache_err(),
            &Err("no".to_owned()),
            Outcome::Error,
            "\"no\"",
        );
    }

    #[test]
    fn a_type_parameter_is_a_plain_value() {
        fn outcome<T: CacheValue>(value: &T) -> Outcome {
            codec!(T).outcome(value)
        }
        assert_eq!(outcome(&None::<u32>), Outcome::Value);
    }

    #[test]
    fn an_error_is_shared_if_it_can_be_and_stored_if_asked() {
        let returned = Err::<u32, _>("no".to_owned());
        let codec = codec!(Result<u32, String>);
        let shared = codec.share(&returned).unwrap();
        assert_eq!(codec.restore(&shared), Some(returned.clone()));
        assert!(codec.encode(&returned, &mut Sink::new(100)).is_err());
        assert_eq!(codec.decode(Outcome::Error, b"\"no\""), None);
        assert!(codec!(Result<u32, Failure>).share(&Err(Failure)).is_none());
    }

    #[test]
    fn closures_are_asked_about_values_only() {
        let codec = codec!(Option<u64>)
            .cache_if(|value| *value > 1)
            .ttl_with(|value| Duration::from_secs(*value));
        assert!(!codec.wanted(&Some(1)));
        assert!(codec.wanted(&Some(2)));
        assert!(codec.wanted(&None));
        assert_eq!(codec.ttl_of(&Some(5)), Some(Duration::from_secs(5)));
        assert_eq!(codec.ttl_of(&None), None);
    }

    #[test]
    fn what_is_of_another_type_is_not_restored() {
        let shared = codec!(u32).share(&1).unwrap();
        assert_eq!(codec!(u64).restore(&shared), None);
        assert_eq!(codec!(u32).decode(Outcome::None, b"null"), None);
        assert_eq!(codec!(u32).decode(Outcome::Value, b"\"1\""), None);
    }
}
