//! [`Returns`]: which part of a return type is stored, settled by type.
//!
//! `Result<T, E>` and `Option<T>` store `T`, also behind an alias, and both at once as in
//! `Result<Option<T>, E>` and `Option<Result<T, E>>`; everything else is stored as it is. The expansion's `codec!(R)` is
//! `Returns::<R>::NEW.__result().__option().__codec()`. Each step is a method of its own where the type is a
//! `Result`, an `Option`, or has an error that can be shared, and a method of a `Plain…` trait
//! otherwise; the compiler prefers the former. Every bound on the value sits on `__codec`. The names
//! begin as they do so that no trait of the caller's has them. In the same way `__fails` finds out whether
//! the error can say that the cache is out of reach.
//!
//! What follows a body asks the same way whether it succeeded (`__ended`) and what it gave (`__value`):
//! `Err` is a failure, anything else a success, unless its type [`Reports`] a failure itself.

use std::{convert::Infallible, fmt, marker::PhantomData};

use crate::{
    Error,
    codec::{AsItself, CacheValue, Codec},
    shape::{IsOption, IsOptionOfResult, IsResult, Looked, NoOption, NoResult, Opened, Shape},
};

/// A return type, to be looked into.
pub struct Returns<R>(PhantomData<fn() -> R>);

/// `R` is a `V`, or a `Result<V, E>` if `O` says so.
pub struct Split<R, V, E, O>(Marker<(R, V, E, O)>);

/// As [`Split`], and `V` is a `T`, or an `Option<T>` if `I` says so.
pub struct Whole<R, T, E, O, I>(Marker<(R, T, E, O, I)>);

type Marker<T> = PhantomData<fn() -> T>;

/// How a returned value says that the cache is out of reach.
type Fails<R> = fn(Error) -> R;

impl<R> Returns<R> {
    /// Where the look begins.
    pub const NEW: Self = Self(PhantomData);

    /// Where the look begins, for a type that has no name.
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
    /// The codec of a load named by key: whoever waits for one that fails loads for itself.
    pub(crate) fn codec_without_shared_errors() -> Codec<Result<T, E>, T> {
        Codec::of_shape::<E, (IsResult, NoOption), AsItself>(None)
    }
}

impl<V, E> Returns<Result<V, E>> {
    /// It is a `Result`.
    #[must_use]
    pub fn __result(self) -> Split<Result<V, E>, V, E, IsResult> {
        Split::NEW
    }
}

impl<V, E> Returns<Option<Result<V, E>>> {
    /// It is a `Result` inside an `Option`.
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
    /// Its error can say that the cache is out of reach.
    #[must_use]
    pub fn __fails(self) -> Option<Fails<Result<V, E>>> {
        Some(|error| Err(error.into()))
    }
}

impl<V, E: From<Error>> Returns<Option<Result<V, E>>> {
    /// As for a `Result`.
    #[must_use]
    pub fn __fails(self) -> Option<Fails<Option<Result<V, E>>>> {
        Some(|error| Some(Err(error.into())))
    }
}

/// The answer for everything else.
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
    /// Its error is for its own caller only, whatever it is. Whether it lives long enough to be shared is nothing that
    /// decides which `__codec` is meant.
    #[must_use]
    #[expect(clippy::unused_self, reason = "the type of `self` decides")]
    pub fn __codec_of_borrowed<M>(self, fails: Option<Fails<R>>) -> Codec<R, T>
    where
        T: CacheValue<M>,
    {
        Codec::of_shape::<E, (O, I), M>(fails)
    }

    /// What it gave, if it gave anything.
    #[must_use]
    #[expect(clippy::unused_self, reason = "the type of `self` decides")]
    pub fn __value(self, returned: &R) -> Option<&T> {
        match <(O, I)>::look(returned) {
            Looked::Value(value) => Some(value),
            Looked::None | Looked::Error => None,
        }
    }
}

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
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{__private::codec, ErrorKind, entry::Outcome, json::Sink};

    type Alias<T> = Result<Option<T>, Failure>;

    /// Neither serde nor `Clone`.
    #[derive(Debug, PartialEq)]
    struct Failure;

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
            "1",
        );
        check(
            codec!(Option<Result<u32, String>>),
            &None,
            Outcome::None,
            "null",
        );
        check(
            codec!(Option<Result<u32, String>>).cache_err(),
            &Some(Err("no".to_owned())),
            Outcome::Error,
            "\"no\"",
        );
        check(
            codec!(Result<u32, String>).cache_err(),
            &Err("no".to_owned()),
            Outcome::Error,
            "\"no\"",
        );
    }

    /// What follows a body: whether it succeeded, and what it gave.
    fn ended<R: PartialEq + fmt::Debug + Clone, T: Clone, E, O, I>(
        of: impl Fn() -> Whole<R, T, E, O, I>,
        returned: &R,
    ) -> (bool, Option<T>)
    where
        (O, I): Shape<R, T, E>,
    {
        let value = of().__value(returned).cloned();
        match PlainEnd::__ended(&of(), returned.clone()) {
            Ended::Succeeded(success) => {
                assert_eq!(success.restore(), *returned);
                (true, value)
            }
            Ended::Failed(failed) => {
                assert_eq!(failed, *returned);
                (false, value)
            }
        }
    }

    #[test]
    fn only_an_error_is_a_failure() {
        macro_rules! ended {
            ($returned:expr) => {{
                let returned = $returned;
                ended(|| Returns::of(&returned).__result().__option(), &returned)
            }};
        }
        assert_eq!(ended!(1), (true, Some(1)));
        assert_eq!(ended!(Some(1)), (true, Some(1)));
        assert_eq!(ended!(None::<u32>), (true, None));
        assert_eq!(ended!(Ok::<_, String>(1)), (true, Some(1)));
        assert_eq!(ended!(Err::<u32, _>(1)), (false, None));
        assert_eq!(ended!(Ok::<_, u32>(Some(1))), (true, Some(1)));
        assert_eq!(ended!(Ok::<Option<u32>, u32>(None)), (true, None));
        assert_eq!(ended!(Err::<Option<u32>, _>(1)), (false, None));
        assert_eq!(ended!(Some(Err::<u32, _>(1))), (false, None));
        assert_eq!(ended!(Some(Ok::<_, u32>(1))), (true, Some(1)));
    }

    #[test]
    fn a_value_can_report_a_failure() {
        #[derive(Debug, PartialEq)]
        struct Status(u16);

        enum Web {}

        impl Reports<Web> for Status {
            fn is_success(&self) -> bool {
                self.0 < 400
            }
        }

        macro_rules! is_success {
            ($returned:expr) => {{
                let returned = $returned;
                match Returns::of(&returned)
                    .__result()
                    .__option()
                    .__ended(returned)
                {
                    Ended::Succeeded(success) => {
                        assert_eq!(success.restore(), $returned);
                        true
                    }
                    Ended::Failed(failed) => {
                        assert_eq!(failed, $returned);
                        false
                    }
                }
            }};
        }
        assert!(is_success!(Status(204)));
        assert!(!is_success!(Status(404)));
        assert!(!is_success!(Ok::<_, String>(Status(500))));
        assert!(is_success!(Ok::<_, String>(Some(Status(200)))));
        assert!(is_success!(None::<Status>));
        assert!(!is_success!(Err::<Status, _>(1)));
        assert!(is_success!(404_u16));
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
        assert!(
            codec!(Result<u32, String>, borrowed)
                .share(&returned)
                .is_none()
        );
    }

    #[test]
    fn an_error_reports_an_outage_if_it_can_be_made_from_ours() {
        fn failed<R, T>(codec: &Codec<R, T>) -> Option<R> {
            codec
                .fails
                .map(|fails| fails(Error::new(ErrorKind::Unavailable, "refused")))
        }
        fn fails<T: CacheValue>() -> bool {
            failed(&codec!(Option<T>)).is_some()
        }
        let own = failed(&codec!(Result<u32, Error>)).unwrap();
        assert_eq!(own.unwrap_err().kind(), ErrorKind::Unavailable);
        let boxed = failed(&codec!(Result<Option<u32>, Box<dyn std::error::Error>>));
        assert!(boxed.unwrap().is_err());
        assert!(failed(&codec!(Result<u32, String>)).is_none());
        assert!(!fails::<u32>());
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
