//! [`Ended`]: the end of a body, in success or failure, on which everything after it depends.

use super::Whole;
use crate::codec::shape::{Opened, Shape};

/// Values that report success or failure themselves, as the status of a response does.
///
/// [`invalidates`](macro@crate::invalidates) asks for it where a function returns such a value, alone or in an `Ok` or a `Some`:
/// if it reports a failure, nothing is invalidated, as after an `Err`. All other values count as a success.
///
/// `M` is any type of the crate that implements this, so that it can do so for types of a third one. A type with two
/// implementations does not compile as what such a function returns.
///
/// # Examples
///
/// ```
/// use cached_core::{Cache, cached, integration::ReportsSuccess, invalidates};
/// # mod framework { pub struct Response { pub status: u16 } }
/// use framework::Response;
///
/// /// Of this crate; `Response` is not.
/// enum ByStatus {}
///
/// impl ReportsSuccess<ByStatus> for Response {
///     fn is_success(&self) -> bool {
///         self.status < 400
///     }
/// }
///
/// #[cached(ttl = "1h", prefix = "name:{id}")]
/// async fn name(id: u64) -> String {
///     format!("user {id}")
/// }
///
/// #[invalidates(name(id))]
/// async fn rename(id: u64, is_allowed: bool) -> Response {
///     Response { status: if is_allowed { 204 } else { 403 } }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cached_core::Error> {
/// # Cache::in_memory()?.scope(async {
/// name(42).await;
/// rename(42, false).await;
/// assert!(name::peek(42).await.is_some());
/// rename(42, true).await;
/// assert!(name::peek(42).await.is_none());
/// # }).await;
/// # Ok(())
/// # }
/// ```
pub trait ReportsSuccess<M> {
    /// Returns `false` if the value stands for a failure.
    fn is_success(&self) -> bool;
}

/// Takes the result of a body apart, so that an error is out of the way where there is none; for values that report.
pub trait ReportedEnd<R, T, M> {
    #[doc(hidden)]
    fn __ended(self, returned: R) -> Ended<R, T>;
}

impl<R, T, E, O, I, M> ReportedEnd<R, T, M> for Whole<R, T, E, O, I>
where
    (O, I): Shape<R, T, E>,
    T: ReportsSuccess<M>,
{
    fn __ended(self, returned: R) -> Ended<R, T> {
        match <(O, I)>::open(returned) {
            Opened::Value(value) if !value.is_success() => {
                Ended::Failed(<(O, I)>::from_value(value))
            }
            opened => Ended::of(opened, <(O, I)>::from_value),
        }
    }
}

/// Takes the result of a body apart, for all other values. By reference, so that the compiler prefers [`ReportedEnd`].
pub trait PlainEnd<R, T> {
    #[doc(hidden)]
    fn __ended(&self, returned: R) -> Ended<R, T>;
}

impl<R, T, E, O, I> PlainEnd<R, T> for Whole<R, T, E, O, I>
where
    (O, I): Shape<R, T, E>,
{
    fn __ended(&self, returned: R) -> Ended<R, T> {
        Ended::of(<(O, I)>::open(returned), <(O, I)>::from_value)
    }
}

/// A result by its end.
#[derive(Debug)]
pub enum Ended<R, T> {
    /// Anything but an error.
    Succeeded(Success<R, T>),
    /// An error.
    Failed(R),
}

impl<R, T> Ended<R, T> {
    fn of(opened: Opened<R, T>, rebuild: fn(T) -> R) -> Self {
        match opened {
            Opened::Value(value) => Self::Succeeded(Success::Value(value, rebuild)),
            Opened::None(rebuild) => Self::Succeeded(Success::None(rebuild)),
            Opened::Error(returned) => Self::Failed(returned),
        }
    }
}

/// The result of a body that succeeded, in parts: it holds no `R`, which may not be `Send`.
#[derive(Debug)]
pub enum Success<R, T> {
    /// A value, and the function that makes the result of it.
    Value(T, fn(T) -> R),
    /// No value, and the function that makes the result.
    None(fn() -> R),
}

impl<R, T> Success<R, T> {
    /// Returns the result as it was.
    #[must_use]
    pub fn restore(self) -> R {
        match self {
            Self::Value(value, rebuild) => rebuild(value),
            Self::None(rebuild) => rebuild(),
        }
    }
}
