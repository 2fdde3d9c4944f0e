//! [`Returns`]: picks the part of a return type that is stored, by type alone.
//!
//! `Result<T, E>` and `Option<T>` store `T`, also behind an alias, and both at once as in `Result<Option<T>, E>` and
//! `Option<Result<T, E>>`; everything else is stored as it is. The expansion's `codec!(R)` is
//! `Returns::<R>::NEW.__result().__option().__codec()`. Each step is a method of its own where the type is a `Result`,
//! an `Option`, or has an error that can be shared, and a method of a `Plain…` trait otherwise; the compiler prefers
//! the former. Every bound on the value sits on `__codec`. The names begin as they do so that no trait of the caller's
//! has them. In the same way `__fails` finds out if the error can say that the cache is out of reach.
//!
//! What follows a body asks the same way whether it succeeded (`__ended`) and what it gave (`__value`):
//! `Err` is a failure, anything else a success, unless its type [reports](ReportsSuccess) a failure itself.

use std::{convert::Infallible, fmt, marker::PhantomData};

use crate::{
    codec::{
        AsItself, CacheValue, Codec,
        shape::{IsOption, IsOptionOfResult, IsResult, NoOption, NoResult, ReturnRef, Shape},
    },
    error::Error,
};

mod ended;

pub use ended::{Ended, PlainEnd, ReportedEnd, ReportsSuccess, Success};

/// A return type, about to be split.
pub struct Returns<R>(PhantomData<fn() -> R>);

/// A return type `R` that is a `V`, or a `Result<V, E>` if `O` says so.
pub struct Split<R, V, E, O>(Marker<(R, V, E, O)>);

/// A [`Split`] return type whose `V` is a `T`, or an `Option<T>` if `I` says so.
pub struct Whole<R, T, E, O, I>(Marker<(R, T, E, O, I)>);

type Marker<T> = PhantomData<fn() -> T>;

/// Makes a result that says that the cache is out of reach.
type Fails<R> = fn(Error) -> R;

impl<R> Returns<R> {
    /// The start of the chain.
    pub const NEW: Self = Self(PhantomData);

    /// Starts the chain for a type that has no name.
    #[must_use]
    pub fn of(_: &R) -> Self {
        Self::NEW
    }
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

impl<T: CacheValue, E> Returns<Result<T, E>> {
    /// Makes the codec of a load named by key: a call that waits for one that fails loads for itself.
    pub(crate) fn codec_without_shared_errors() -> Codec<Result<T, E>, T> {
        Codec::of_shape::<E, (IsResult, NoOption), AsItself>(None)
    }
}

impl<V, E> Returns<Result<V, E>> {
    /// Finds a `Result`.
    #[must_use]
    pub fn __result(self) -> Split<Result<V, E>, V, E, IsResult> {
        Split::NEW
    }
}

impl<V, E> Returns<Option<Result<V, E>>> {
    /// Finds a `Result` inside an `Option`.
    #[must_use]
    pub fn __result(self) -> Split<Option<Result<V, E>>, Option<V>, E, IsOptionOfResult> {
        Split::NEW
    }
}

/// The first step for everything without a `Result`.
pub trait PlainResult<R> {
    #[doc(hidden)]
    fn __result(self) -> Split<R, R, Infallible, NoResult>;
}

impl<R> PlainResult<R> for Returns<R> {
    fn __result(self) -> Split<R, R, Infallible, NoResult> {
        Split::NEW
    }
}

impl<V, E: From<Error>> Returns<Result<V, E>> {
    /// Finds an error that can say that the cache is out of reach.
    #[must_use]
    pub fn __fails(self) -> Option<Fails<Result<V, E>>> {
        Some(|error| Err(error.into()))
    }
}

impl<V, E: From<Error>> Returns<Option<Result<V, E>>> {
    /// Finds such an error inside an `Option`.
    #[must_use]
    pub fn __fails(self) -> Option<Fails<Option<Result<V, E>>>> {
        Some(|error| Some(Err(error.into())))
    }
}

/// The step for everything that cannot say so.
pub trait PlainFails<R> {
    #[doc(hidden)]
    fn __fails(self) -> Option<Fails<R>>;
}

impl<R> PlainFails<R> for Returns<R> {
    fn __fails(self) -> Option<Fails<R>> {
        None
    }
}

impl<R, T, E, O> Split<R, Option<T>, E, O> {
    /// Finds an `Option`.
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
    /// Makes the codec of a return type whose error can be shared.
    #[must_use]
    #[expect(clippy::unused_self, reason = "the type of `self` decides")]
    pub fn __codec<M>(self, fails: Option<Fails<R>>) -> Codec<R, T>
    where
        (O, I): Shape<R, T, E>,
        T: CacheValue<M>,
    {
        Codec::of_shape::<E, (O, I), M>(fails).sharing_errors::<E, (O, I), M>()
    }
}

impl<R, T, E, O, I> Whole<R, T, E, O, I>
where
    (O, I): Shape<R, T, E>,
{
    /// Makes the codec of a return type whose error is written with a borrow, and is for its own caller only: a
    /// lifetime cannot decide which `__codec` is meant.
    #[must_use]
    #[expect(clippy::unused_self, reason = "the type of `self` decides")]
    pub fn __codec_of_borrowed<M>(self, fails: Option<Fails<R>>) -> Codec<R, T>
    where
        T: CacheValue<M>,
    {
        Codec::of_shape::<E, (O, I), M>(fails)
    }

    /// Returns its value, if it has one.
    #[must_use]
    #[expect(clippy::unused_self, reason = "the type of `self` decides")]
    pub fn __value(self, returned: &R) -> Option<&T> {
        match <(O, I)>::inspect(returned) {
            ReturnRef::Value(value) => Some(value),
            ReturnRef::None | ReturnRef::Error => None,
        }
    }
}

/// The last step where the error cannot be shared: each caller then loads for itself.
pub trait PlainError<R, T, E, O, I> {
    #[doc(hidden)]
    fn __codec<M>(self, fails: Option<Fails<R>>) -> Codec<R, T>
    where
        (O, I): Shape<R, T, E>,
        T: CacheValue<M>;
}

impl<R, T, E, O, I> PlainError<R, T, E, O, I> for Whole<R, T, E, O, I> {
    fn __codec<M>(self, fails: Option<Fails<R>>) -> Codec<R, T>
    where
        (O, I): Shape<R, T, E>,
        T: CacheValue<M>,
    {
        Codec::of_shape::<E, (O, I), M>(fails)
    }
}

#[cfg(test)]
mod tests;
