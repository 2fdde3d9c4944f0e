//! A codec without its types, so that all that happens around a load is compiled once, not for each function.

use std::{
    any::{Any, TypeId},
    sync::Arc,
    time::Duration,
};

use crate::{
    codec::{CacheValue, Codec, Shared},
    entry::Outcome,
    json::{self, Sink, Unstorable},
    shape::Shape,
};

/// Who takes what others have loaded.
pub(crate) trait Takes {
    /// What becomes of it.
    type Taken;

    /// What becomes of something shared; `None` if that is of another type.
    fn restore(&self, shared: &Shared) -> Option<Self::Taken>;

    /// What becomes of stored JSON; `None` if it is something else's.
    fn decode(&self, outcome: Outcome, json: &[u8]) -> Option<Self::Taken>;
}

impl<R, T> Takes for Codec<R, T> {
    type Taken = R;

    fn restore(&self, shared: &Shared) -> Option<R> {
        Self::restore(self, shared)
    }

    fn decode(&self, outcome: Outcome, json: &[u8]) -> Option<R> {
        Self::decode(self, outcome, json)
    }
}

type Decode = fn(&[u8]) -> Option<Arc<dyn Any + Send + Sync>>;

/// Takes what a codec takes, in the form in which calls share it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taker {
    value: TypeId,
    decode_value: Decode,
    none: bool,
    /// If it can be shared.
    error: Option<TypeId>,
    /// If it can be stored.
    pub(crate) decode_error: Option<Decode>,
    /// Whether the function's error can say that the cache is out of reach.
    pub(crate) can_fail: bool,
}

impl Taker {
    pub(crate) fn of<R, T, E, S, M>() -> Self
    where
        S: Shape<R, T, E>,
        T: CacheValue<M>,
    {
        Self {
            value: TypeId::of::<T>(),
            decode_value: |json| Some(Arc::new(T::restored(json::decode(json)?))),
            none: S::none().is_some(),
            error: None,
            decode_error: None,
            can_fail: false,
        }
    }

    pub(crate) fn sharing_errors<R, T, E, S, M>() -> Self
    where
        S: Shape<R, T, E>,
        T: CacheValue<M>,
        E: 'static,
    {
        Self {
            error: Some(TypeId::of::<E>()),
            ..Self::of::<R, T, E, S, M>()
        }
    }
}

impl Takes for Taker {
    type Taken = Shared;

    fn restore(&self, shared: &Shared) -> Option<Shared> {
        let of = shared.value.as_deref().map(Any::type_id);
        let takes = match shared.outcome {
            Outcome::Value => of == Some(self.value),
            Outcome::None => self.none,
            Outcome::Error => of.is_some() && of == self.error,
        };
        takes.then(|| shared.clone())
    }

    fn decode(&self, outcome: Outcome, json: &[u8]) -> Option<Shared> {
        let value = match outcome {
            Outcome::Value => Some((self.decode_value)(json)?),
            Outcome::None if self.none => None,
            Outcome::None => return None,
            Outcome::Error => Some((self.decode_error?)(json)?),
        };
        Some(Shared { outcome, value })
    }
}

/// What a body returned, as stores see it.
pub(crate) trait Returned {
    fn outcome(&self) -> Outcome;

    /// Whether `cache_if` lets it be stored.
    fn wanted(&self) -> bool;

    /// The ttl that it decides itself.
    fn ttl(&self) -> Option<Duration>;

    /// A copy for others; `None` for an error that cannot be shared.
    fn share(&self) -> Option<Shared>;

    /// Writes the JSON of the stored part.
    ///
    /// # Errors
    ///
    /// What JSON cannot carry back, and an error that is not to be stored.
    fn encode(&self, sink: &mut Sink) -> Result<(), Unstorable>;
}

/// What was returned, and its codec.
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
    use super::*;
    use crate::__private::{by_type::*, codec};

    type Whole = Result<Option<u32>, String>;

    #[test]
    fn takes_what_its_codec_takes() {
        let codec = codec!(Whole).cache_err();
        let taker = codec.taker();
        for returned in [Ok(Some(1)), Ok(None), Err("no".to_owned())] {
            let outcome = codec.outcome(&returned);
            let shared = codec.share(&returned).unwrap();
            let again = taker.restore(&shared).unwrap();
            assert_eq!(codec.restore(&again), Some(returned.clone()));
            let mut sink = Sink::new(100);
            codec.encode(&returned, &mut sink).unwrap();
            let again = taker.decode(outcome, &sink.into_bytes()).unwrap();
            assert_eq!(codec.restore(&again), Some(returned));
        }
    }

    #[test]
    fn leaves_what_its_codec_leaves() {
        let of = |taker: Taker, shared: &Shared| taker.restore(shared).is_some();
        let value = codec!(u64).share(&1).unwrap();
        let none = codec!(Option<u32>).share(&None).unwrap();
        let error = codec!(Result<u32, u64>).share(&Err(1)).unwrap();
        let taker = codec!(u32).taker();
        assert!(!of(taker, &value) && !of(taker, &none) && !of(taker, &error));
        assert!(taker.decode(Outcome::Value, b"\"1\"").is_none());
        assert!(taker.decode(Outcome::None, b"null").is_none());
        let taker = codec!(Whole).taker();
        assert!(!of(taker, &value) && of(taker, &none) && !of(taker, &error));
        // Not without `cache_err`.
        assert!(taker.decode(Outcome::Error, b"\"no\"").is_none());
    }
}
