//! How a body ended: what follows it happens only if it succeeded.

use super::Whole;
use crate::codec::shape::{Opened, Shape};

/// Values that say themselves whether they are a success, as the status of a response does.
///
/// `M` is a type of the crate that implements it, so that it can do so for types of a third.
pub trait Reports<M> {
    #[doc(hidden)]
    fn is_success(&self) -> bool;
}

/// Takes apart what was returned, so that an error is out of the way where there is none; for values that
/// report.
pub trait ReportedEnd<R, T, M> {
    #[doc(hidden)]
    fn __ended(self, returned: R) -> Ended<R, T>;
}

impl<R, T, E, O, I, M> ReportedEnd<R, T, M> for Whole<R, T, E, O, I>
where
    (O, I): Shape<R, T, E>,
    T: Reports<M>,
{
    fn __ended(self, returned: R) -> Ended<R, T> {
        match <(O, I)>::open(returned) {
            Opened::Value(value) if !value.is_success() => Ended::Failed(<(O, I)>::value(value)),
            opened => Ended::of(opened, <(O, I)>::value),
        }
    }
}

/// The same for all other values. It takes a reference, so that the compiler prefers the other.
pub trait PlainEnd<R, T> {
    #[doc(hidden)]
    fn __ended(&self, returned: R) -> Ended<R, T>;
}

impl<R, T, E, O, I> PlainEnd<R, T> for Whole<R, T, E, O, I>
where
    (O, I): Shape<R, T, E>,
{
    fn __ended(&self, returned: R) -> Ended<R, T> {
        Ended::of(<(O, I)>::open(returned), <(O, I)>::value)
    }
}

/// How a body ended.
#[derive(Debug)]
pub enum Ended<R, T> {
    /// With anything but an error.
    Succeeded(Success<R, T>),
    /// With an error.
    Failed(R),
}

impl<R, T> Ended<R, T> {
    fn of(opened: Opened<R, T>, again: fn(T) -> R) -> Self {
        match opened {
            Opened::Value(value) => Self::Succeeded(Success::Value(value, again)),
            Opened::None(again) => Self::Succeeded(Success::None(again)),
            Opened::Error(returned) => Self::Failed(returned),
        }
    }
}

/// What a body returned that succeeded: it holds no `R`, which may not be `Send`.
#[derive(Debug)]
pub enum Success<R, T> {
    /// With a value, and how it becomes what was returned.
    Value(T, fn(T) -> R),
    /// Without one.
    None(fn() -> R),
}

impl<R, T> Success<R, T> {
    /// What it was.
    #[must_use]
    pub fn restore(self) -> R {
        match self {
            Self::Value(value, again) => again(value),
            Self::None(again) => again(),
        }
    }
}
