//! Return types of handlers: `Json<T>` and `Html<T>` are stored as what they hold, and a status says whether a handler
//! that invalidates has succeeded.

use axum::{Json, response::Html};
use cached_core::{CacheValue, integration::ReportsSuccess};
use http::{Response, StatusCode};

/// Marks types that are stored as what they hold. Local, so that types of another crate can have the trait of a third.
#[derive(Debug)]
pub enum Inner {}

macro_rules! stored_as_inner {
    ($($of:ident)*) => {$(
        impl<T: CacheValue> CacheValue<Inner> for $of<T> {
            const IS_RESPONSE: bool = true;

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

/// Marks types that have the status of a response.
#[derive(Debug)]
pub enum Status {}

impl ReportsSuccess<Status> for StatusCode {
    /// Returns `true` for 2xx and 303: a form that was saved sends its reader on.
    fn is_success(&self) -> bool {
        Self::is_success(self) || *self == Self::SEE_OTHER
    }
}

impl<B> ReportsSuccess<Status> for Response<B> {
    fn is_success(&self) -> bool {
        ReportsSuccess::is_success(&self.status())
    }
}

macro_rules! status_comes_first {
    ($($rest:ident),*) => {
        impl<$($rest),*> ReportsSuccess<Status> for (StatusCode, $($rest),*) {
            fn is_success(&self) -> bool {
                ReportsSuccess::is_success(&self.0)
            }
        }
    };
}

status_comes_first! { A }
status_comes_first! { A, B }
status_comes_first! { A, B, C }
status_comes_first! { A, B, C, D }
