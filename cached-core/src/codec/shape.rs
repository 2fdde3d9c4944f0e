//! [`Shape`]: the way between a return type and the part of it that is stored.

use std::convert::Infallible;

/// A result taken apart.
#[derive(Debug)]
pub enum Opened<R, T> {
    /// The stored part.
    Value(T),
    /// No value, and the function that makes the same result again.
    None(fn() -> R),
    /// An error, as it was returned.
    Error(R),
}

/// A result as seen by reference.
#[derive(Debug)]
pub enum ReturnRef<'a, T> {
    Value(&'a T),
    None,
    Error,
}

/// The way between a return type `R`, its stored type `T` and its error `E`.
pub trait Shape<R, T, E> {
    #[doc(hidden)]
    fn inspect(returned: &R) -> ReturnRef<'_, T>;
    #[doc(hidden)]
    fn open(returned: R) -> Opened<R, T>;
    #[doc(hidden)]
    fn error(returned: &R) -> Option<&E>;
    #[doc(hidden)]
    fn from_value(value: T) -> R;
    #[doc(hidden)]
    fn none() -> Option<R>;
    #[doc(hidden)]
    fn from_error(error: E) -> Option<R>;
}

/// Marker of a return type without a `Result`.
#[derive(Debug)]
pub enum NoResult {}

/// Marker of a return type that is a `Result`.
#[derive(Debug)]
pub enum IsResult {}

/// Marker of a return type that is an `Option` of a `Result`.
#[derive(Debug)]
pub enum IsOptionOfResult {}

/// Marker of a value that is no `Option`.
#[derive(Debug)]
pub enum NoOption {}

/// Marker of a value that is an `Option`.
#[derive(Debug)]
pub enum IsOption {}

impl<T> Shape<T, T, Infallible> for (NoResult, NoOption) {
    fn open(returned: T) -> Opened<T, T> {
        Opened::Value(returned)
    }

    fn inspect(returned: &T) -> ReturnRef<'_, T> {
        ReturnRef::Value(returned)
    }

    fn error(_: &T) -> Option<&Infallible> {
        None
    }

    fn from_value(value: T) -> T {
        value
    }

    fn none() -> Option<T> {
        None
    }

    fn from_error(_: Infallible) -> Option<T> {
        None
    }
}

impl<T> Shape<Option<T>, T, Infallible> for (NoResult, IsOption) {
    fn open(returned: Option<T>) -> Opened<Option<T>, T> {
        returned.map_or(Opened::None(|| None), Opened::Value)
    }

    fn inspect(returned: &Option<T>) -> ReturnRef<'_, T> {
        returned.as_ref().map_or(ReturnRef::None, ReturnRef::Value)
    }

    fn error(_: &Option<T>) -> Option<&Infallible> {
        None
    }

    fn from_value(value: T) -> Option<T> {
        Some(value)
    }

    fn none() -> Option<Option<T>> {
        Some(None)
    }

    fn from_error(_: Infallible) -> Option<Option<T>> {
        None
    }
}

impl<T, E> Shape<Result<T, E>, T, E> for (IsResult, NoOption) {
    fn open(returned: Result<T, E>) -> Opened<Result<T, E>, T> {
        returned.map_or_else(|error| Opened::Error(Err(error)), Opened::Value)
    }

    fn inspect(returned: &Result<T, E>) -> ReturnRef<'_, T> {
        returned.as_ref().map_or(ReturnRef::Error, ReturnRef::Value)
    }

    fn error(returned: &Result<T, E>) -> Option<&E> {
        returned.as_ref().err()
    }

    fn from_value(value: T) -> Result<T, E> {
        Ok(value)
    }

    fn none() -> Option<Result<T, E>> {
        None
    }

    fn from_error(error: E) -> Option<Result<T, E>> {
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

    fn inspect(returned: &Result<Option<T>, E>) -> ReturnRef<'_, T> {
        match returned {
            Ok(Some(value)) => ReturnRef::Value(value),
            Ok(None) => ReturnRef::None,
            Err(_) => ReturnRef::Error,
        }
    }

    fn error(returned: &Result<Option<T>, E>) -> Option<&E> {
        returned.as_ref().err()
    }

    fn from_value(value: T) -> Result<Option<T>, E> {
        Ok(Some(value))
    }

    fn none() -> Option<Result<Option<T>, E>> {
        Some(Ok(None))
    }

    fn from_error(error: E) -> Option<Result<Option<T>, E>> {
        Some(Err(error))
    }
}

impl<T, E> Shape<Option<Result<T, E>>, T, E> for (IsOptionOfResult, IsOption) {
    fn open(returned: Option<Result<T, E>>) -> Opened<Option<Result<T, E>>, T> {
        match returned {
            Some(Ok(value)) => Opened::Value(value),
            Some(Err(error)) => Opened::Error(Some(Err(error))),
            None => Opened::None(|| None),
        }
    }

    fn inspect(returned: &Option<Result<T, E>>) -> ReturnRef<'_, T> {
        match returned {
            Some(Ok(value)) => ReturnRef::Value(value),
            Some(Err(_)) => ReturnRef::Error,
            None => ReturnRef::None,
        }
    }

    fn error(returned: &Option<Result<T, E>>) -> Option<&E> {
        returned.as_ref()?.as_ref().err()
    }

    fn from_value(value: T) -> Option<Result<T, E>> {
        Some(Ok(value))
    }

    fn none() -> Option<Option<Result<T, E>>> {
        Some(None)
    }

    fn from_error(error: E) -> Option<Option<Result<T, E>>> {
        Some(Some(Err(error)))
    }
}
