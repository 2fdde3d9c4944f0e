//! [`Vtable`]: the functions of a codec that a hit in memory does not need.

use std::{any::Any, sync::Arc};

use super::CacheValue;
use crate::{
    codec::{
        erased::ErasedCodec,
        shape::{Opened, ReturnRef, Shape},
    },
    format::json::{self, Sink, Unstorable},
};

/// Functions between a return type and the part of it that is stored and shared.
pub(super) struct Vtable<R, T> {
    pub(super) inspect: fn(&R) -> ReturnRef<'_, T>,
    pub(super) open: fn(R) -> Opened<R, T>,
    pub(super) close: fn(T) -> R,
    pub(super) none: fn() -> Option<R>,
    pub(super) share_value: fn(&T) -> Arc<dyn Any + Send + Sync>,
    pub(super) share_error: fn(&R) -> Option<Arc<dyn Any + Send + Sync>>,
    pub(super) take_error: fn(Arc<dyn Any + Send + Sync>) -> Option<R>,
    pub(super) take_value: fn(Arc<dyn Any + Send + Sync>) -> Option<T>,
    pub(super) encode_value: fn(&T, &mut Sink) -> Result<(), Unstorable>,
    pub(super) decode_value: fn(&[u8]) -> Option<T>,
    pub(super) erased: fn() -> ErasedCodec,
}

impl<R, T> Vtable<R, T> {
    /// Returns the functions for return types of this shape, whose errors are not shared.
    pub(super) fn of_shape<E, S, M>() -> Self
    where
        S: Shape<R, T, E>,
        T: CacheValue<M>,
    {
        Self {
            inspect: S::inspect,
            open: S::open,
            close: S::from_value,
            none: S::none,
            share_value: |value| Arc::new(value.clone()),
            share_error: |_| None,
            take_error: |_| None,
            take_value: |shared| shared.downcast::<T>().map(Arc::unwrap_or_clone).ok(),
            encode_value: |value, sink| sink.write(value.stored()),
            decode_value: |json| json::decode(json).map(T::restored),
            erased: ErasedCodec::of::<R, T, E, S, M>,
        }
    }

    /// Returns the same functions with errors that are shared.
    pub(super) fn sharing_errors<E, S, M>() -> Self
    where
        S: Shape<R, T, E>,
        T: CacheValue<M>,
        E: Clone + Send + Sync + 'static,
    {
        Self {
            share_error: |returned| Some(Arc::new(S::error(returned)?.clone())),
            take_error: |shared| S::from_error(Arc::unwrap_or_clone(shared.downcast::<E>().ok()?)),
            erased: ErasedCodec::sharing_errors::<R, T, E, S, M>,
            ..Self::of_shape::<E, S, M>()
        }
    }
}
