//! What a cached handler may return: `Json<T>` and `Html<T>` are stored as what they hold.

use axum::{Json, response::Html};
use cached_core::CacheValue;

/// Marks what is stored as what it holds. Local, so that types of another crate can have the trait of a third.
#[derive(Debug)]
pub enum Inner {}

macro_rules! stored_as_inner {
    ($($of:ident)*) => {$(
        impl<T: CacheValue> CacheValue<Inner> for $of<T> {
            type Stored = T::Stored;

            fn stored(&self) -> &T::Stored {
                self.0.stored()
            }

            fn restored(stored: T::Stored) -> Self {
                Self(T::restored(stored))
            }
        }
    )*};
}

stored_as_inner! { Json Html }
