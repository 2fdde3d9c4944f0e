//! [`ErasedCodec`]: a codec without its types, so that the code around a load is compiled once, not for each function.

use std::{
    any::{Any, TypeId},
    sync::Arc,
    time::Duration,
};

use crate::{
    codec::{CacheValue, Codec, Shared, shape::Shape},
    format::{
        entry::Outcome,
        json::{self, Sink, Unstorable},
    },
};

/// Restores results that other calls have loaded.
pub(crate) trait Restores {
    /// The restored form.
    type Restored;

    /// Restores a shared part; `None` if that is of another type.
    fn restore(&self, shared: &Shared) -> Option<Self::Restored>;

    /// Restores stored JSON; `None` if that is of another type.
    fn decode(&self, outcome: Outcome, json: &[u8]) -> Option<Self::Restored>;
}

impl<R, T> Restores for Codec<R, T> {
    type Restored = R;

    fn restore(&self, shared: &Shared) -> Option<R> {
        Self::restore(self, shared)
    }

    fn decode(&self, outcome: Outcome, json: &[u8]) -> Option<R> {
        Self::decode(self, outcome, json)
    }
}

type Decode = fn(&[u8]) -> Option<Arc<dyn Any + Send + Sync>>;

/// Restores the types that a codec does, in the form in which calls share them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ErasedCodec {
    value_type: TypeId,
    decode_value: Decode,
    /// True if a result can be without a value.
    has_none: bool,
    /// The type of an error that can be shared.
    error_type: Option<TypeId>,
    /// Decodes an error that can be stored.
    pub(crate) decode_error: Option<Decode>,
    /// True if the function's error can say that the cache is out of reach.
    pub(crate) can_fail: bool,
    /// True if the value is the whole response to a request.
    pub(crate) is_response: bool,
}

impl ErasedCodec {
    /// Makes the codec of return types of this shape, whose errors are not shared.
    pub(crate) fn of<R, T, E, S, M>() -> Self
    where
        S: Shape<R, T, E>,
        T: CacheValue<M>,
    {
        Self {
            value_type: TypeId::of::<T>(),
            decode_value: |json| Some(Arc::new(T::restored(json::decode(json)?))),
            has_none: S::none().is_some(),
            error_type: None,
            decode_error: None,
            can_fail: false,
            is_response: T::IS_RESPONSE,
        }
    }

    /// Makes the same codec with errors that are shared.
    pub(crate) fn sharing_errors<R, T, E, S, M>() -> Self
    where
        S: Shape<R, T, E>,
        T: CacheValue<M>,
        E: 'static,
    {
        Self {
            error_type: Some(TypeId::of::<E>()),
            ..Self::of::<R, T, E, S, M>()
        }
    }
}

impl ErasedCodec {
    /// Returns `true` if `shared` is of the type that it restores.
    pub(crate) fn takes(&self, shared: &Shared) -> bool {
        let of = shared.value.as_deref().map(Any::type_id);
        match shared.outcome {
            Outcome::Value => of == Some(self.value_type),
            Outcome::None => self.has_none,
            Outcome::Error => of.is_some() && of == self.error_type,
        }
    }
}

impl Restores for ErasedCodec {
    type Restored = Shared;

    fn restore(&self, shared: &Shared) -> Option<Shared> {
        self.takes(shared).then(|| shared.clone())
    }

    fn decode(&self, outcome: Outcome, json: &[u8]) -> Option<Shared> {
        let value = match outcome {
            Outcome::Value => Some((self.decode_value)(json)?),
            Outcome::None if self.has_none => None,
            Outcome::None => return None,
            // The typed codec could not restore it.
            Outcome::Error if self.error_type.is_none() => return None,
            Outcome::Error => Some((self.decode_error?)(json)?),
        };
        Some(Shared { outcome, value })
    }
}

/// A result that a body returned, as stores see it.
pub(crate) trait Returned {
    /// Returns the outcome that it is.
    fn outcome(&self) -> Outcome;

    /// Returns `true` if `cache_if` lets it be stored.
    fn wanted(&self) -> bool;

    /// Returns the ttl that it decides itself, if `ttl_with` asks it.
    fn ttl(&self) -> Option<Duration>;

    /// Copies the stored part for other calls; `None` for an error that cannot be shared.
    fn share(&self) -> Option<Shared>;

    /// Writes the JSON of the stored part.
    ///
    /// # Errors
    ///
    /// A value that JSON cannot carry back, and an error that is not to be stored.
    fn encode(&self, sink: &mut Sink) -> Result<(), Unstorable>;
}

/// A returned result, with its codec.
#[derive(Debug)]
pub(crate) struct With<'a, R, T>(pub(crate) &'a R, pub(crate) &'a Codec<R, T>);

impl<R, T> Returned for With<'_, R, T> {
    fn outcome(&self) -> Outcome {
        self.1.outcome(self.0)
    }

    fn wanted(&self) -> bool {
        self.1.wanted(self.0)
    }

    fn ttl(&self) -> Option<Duration> {
        self.1.ttl_of(self.0)
    }

    fn share(&self) -> Option<Shared> {
        self.1.share(self.0)
    }

    fn encode(&self, sink: &mut Sink) -> Result<(), Unstorable> {
        self.1.encode(self.0, sink)
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, convert::Infallible, fmt};

    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::{
        __private::{by_type::*, codec},
        codec::{
            AsItself, MayFail,
            shape::{IsOption, IsOptionOfResult, IsResult, NoOption},
        },
    };

    const OUTCOMES: [Outcome; 3] = [Outcome::Value, Outcome::None, Outcome::Error];

    /// Checks that the erased codec restores the same as `codec` does, from anything shared or stored.
    fn check<R: PartialEq + fmt::Debug, T>(codec: Codec<R, T>, own: &[R]) {
        let erased = codec.erased();
        let mut all: Vec<_> = own.iter().filter_map(|own| codec.share(own)).collect();
        let values: [Option<Arc<dyn Any + Send + Sync>>; 4] = [
            None,
            Some(Arc::new(1_u32)),
            Some(Arc::new("no".to_owned())),
            Some(Arc::new('x')),
        ];
        for (outcome, value) in OUTCOMES
            .into_iter()
            .flat_map(|outcome| values.clone().map(|value| (outcome, value)))
        {
            all.push(Shared { outcome, value });
        }
        for shared in all {
            let expected = codec.restore(&shared);
            let again = erased.restore(&shared);
            assert_eq!(again.is_some(), expected.is_some(), "{shared:?}");
            assert_eq!(again.and_then(|again| codec.restore(&again)), expected);
            assert_eq!(codec.take(shared), expected);
        }
        for outcome in OUTCOMES {
            for json in ["1", "\"no\"", "null", "[]"] {
                let expected = codec.decode(outcome, json.as_bytes());
                let again = erased.decode(outcome, json.as_bytes());
                assert_eq!(again.is_some(), expected.is_some(), "{outcome:?} {json}");
                assert_eq!(again.and_then(|again| codec.take(again)), expected);
            }
        }
    }

    /// Neither serde nor `Clone`.
    #[derive(Debug, PartialEq)]
    struct Unshareable;

    #[test]
    fn takes_what_its_codec_takes() {
        type Both<E> = Result<Option<u32>, E>;
        type Inside<E> = Option<Result<u32, E>>;
        let error = || "no".to_owned();
        check(codec!(u32), &[1]);
        check(codec!(String), &[error()]);
        check(codec!(Option<u32>), &[Some(1), None]);
        check(codec!(Result<u32, String>), &[Ok(1), Err(error())]);
        check(
            codec!(Result<u32, String>).cache_err(),
            &[Ok(1), Err(error())],
        );
        check(codec!(Result<u32, Unshareable>), &[Ok(1), Err(Unshareable)]);
        check(codec!(Result<u32, Infallible>), &[Ok(1)]);
        check(codec!(Result<u32, u32>).cache_err(), &[Ok(1), Err(1)]);
        check(codec!(Both<String>), &[Ok(Some(1)), Ok(None), Err(error())]);
        check(
            codec!(Both<String>).cache_err(),
            &[Ok(Some(1)), Ok(None), Err(error())],
        );
        check(
            codec!(Both<Unshareable>),
            &[Ok(Some(1)), Ok(None), Err(Unshareable)],
        );
        check(
            codec!(Inside<String>),
            &[Some(Ok(1)), None, Some(Err(error()))],
        );
        check(
            codec!(Inside<String>).cache_err(),
            &[Some(Ok(1)), None, Some(Err(error()))],
        );
        check(
            codec!(Inside<Unshareable>),
            &[Some(Ok(1)), None, Some(Err(Unshareable))],
        );
    }

    /// No function has such a codec: an error that can be stored can be shared.
    #[test]
    fn leaves_a_stored_error_that_its_codec_cannot_share() {
        fn check<R: MayFail<Error = String>, S: Shape<R, u32, String>>() {
            let codec = Codec::<R, u32>::of_shape::<String, S, AsItself>(None).cache_err();
            let erased = codec.erased();
            assert!(codec.share(&R::from_error("no".to_owned())).is_none());
            assert!(erased.decode(Outcome::Error, b"\"no\"").is_none());
            assert!(erased.decode(Outcome::Value, b"1").is_some());
        }
        check::<Result<u32, String>, (IsResult, NoOption)>();
        check::<Result<Option<u32>, String>, (IsResult, IsOption)>();
        check::<Option<Result<u32, String>>, (IsOptionOfResult, IsOption)>();
    }

    thread_local! {
        static CLONES: Cell<u32> = const { Cell::new(0) };
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Counted(u32);

    impl Clone for Counted {
        fn clone(&self) -> Self {
            CLONES.set(CLONES.get() + 1);
            Self(self.0)
        }
    }

    #[test]
    fn what_nobody_else_holds_is_returned_without_a_copy() {
        type Counts = Result<Option<Counted>, Counted>;
        let codec = codec!(Counts).cache_err();
        let erased = codec.erased();
        let decoded = |outcome| erased.decode(outcome, b"1").unwrap();
        assert_eq!(
            codec.take(decoded(Outcome::Value)),
            Some(Ok(Some(Counted(1))))
        );
        assert_eq!(codec.take(decoded(Outcome::Error)), Some(Err(Counted(1))));
        assert_eq!(codec.take(decoded(Outcome::None)), Some(Ok(None)));
        assert_eq!(CLONES.get(), 0);
        for outcome in [Outcome::Value, Outcome::Error] {
            let held = decoded(outcome);
            let again = erased.restore(&held).unwrap();
            assert_eq!(codec.take(again), codec.restore(&held));
        }
        assert_eq!(CLONES.get(), 4);
    }
}
