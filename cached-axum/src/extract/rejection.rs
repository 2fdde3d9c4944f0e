//! Rejections of the extractors.

use std::{error::Error, fmt};

use axum_core::response::{IntoResponse, Response};
use http::StatusCode;

macro_rules! rejections {
    ($($(#[$docs:meta])* $name:ident, $status:ident, $text:literal;)*) => {$(
        $(#[$docs])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $name;

        impl $name {
            /// The status of the response.
            #[must_use]
            pub fn status(&self) -> StatusCode {
                StatusCode::$status
            }

            /// The text of the response.
            #[must_use]
            pub fn body_text(&self) -> String {
                self.to_string()
            }
        }

        impl IntoResponse for $name {
            fn into_response(self) -> Response {
                (self.status(), $text).into_response()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($text)
            }
        }

        impl Error for $name {}
    )*};
}

rejections! {
    /// Rejection of [`UseCache`](crate::UseCache), `503 Service Unavailable`: the cache is turned off, was shut down, or could
    /// not be made from the environment.
    CacheDisabled, SERVICE_UNAVAILABLE, "the cache is turned off";

    /// Rejection of [`ClientCacheControl`](crate::ClientCacheControl), `400 Bad Request`: the header cannot be read.
    InvalidCacheControl, BAD_REQUEST, "the Cache-Control header cannot be read";
}
