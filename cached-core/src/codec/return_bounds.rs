//! Bounds on return types that arguments of `#[cached]` need.

use crate::error::Error;

/// Return types that can hold an error.
#[diagnostic::on_unimplemented(
    message = "`cache_err` needs a function that returns a `Result`",
    label = "there is no error in `{Self}`",
    note = "leave `cache_err` out, or return a `Result`"
)]
pub trait MayFail {
    #[doc(hidden)]
    type Error;
    #[doc(hidden)]
    fn error(&self) -> Option<&Self::Error>;
    #[doc(hidden)]
    fn from_error(error: Self::Error) -> Self;
}

impl<V, E> MayFail for Result<V, E> {
    type Error = E;

    fn error(&self) -> Option<&E> {
        self.as_ref().err()
    }

    fn from_error(error: E) -> Self {
        Err(error)
    }
}

impl<V, E> MayFail for Option<Result<V, E>> {
    type Error = E;

    fn error(&self) -> Option<&E> {
        self.as_ref()?.as_ref().err()
    }

    fn from_error(error: E) -> Self {
        Some(Err(error))
    }
}

/// Return types that can be `None`.
#[diagnostic::on_unimplemented(
    message = "`cache_none` needs a function that returns an `Option`",
    label = "there is no `None` in `{Self}`",
    note = "leave `cache_none` out, or return an `Option`"
)]
pub trait MayBeNone {}

impl<T> MayBeNone for Option<T> {}
impl<T, E> MayBeNone for Result<Option<T>, E> {}

/// Return types that can be an error.
#[diagnostic::on_unimplemented(
    message = "`stale_if_error` needs a function that returns a `Result`",
    label = "there is no error in `{Self}`",
    note = "leave `stale_if_error` out, or return a `Result`"
)]
pub trait MayBeErr {}

impl<T, E> MayBeErr for Result<T, E> {}
impl<T, E> MayBeErr for Option<Result<T, E>> {}

/// Return types that can say that the cache is out of reach.
#[diagnostic::on_unimplemented(
    message = "`on_outage` needs a function whose error can be made from `cached_core::Error`",
    label = "`{Self}` cannot say that the cache is out of reach",
    note = "return a `Result` whose error implements `From<cached_core::Error>`, or leave `on_outage` out: the body then runs without the cache"
)]
pub trait MayReport {}

#[diagnostic::do_not_recommend]
impl<T, E: From<Error>> MayReport for Result<T, E> {}

#[diagnostic::do_not_recommend]
impl<T, E: From<Error>> MayReport for Option<Result<T, E>> {}
