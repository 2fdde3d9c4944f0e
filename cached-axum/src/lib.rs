//! [`cached_core`] on the web: handlers of axum, cached by the same attribute.
//!
//! Import the attributes from here: that also brings what axum's own types need to be cached.

pub mod admin;
mod directives;
mod extract;
mod guard;
pub mod health;
mod layer;
mod rejection;
#[cfg(feature = "sessions")]
pub mod sessions;
mod values;

pub use cached_core::{cached, invalidates};
pub use directives::ClientCacheControl;
pub use extract::UseCache;
pub use guard::{BearerRejection, BearerToken, Guard, Guarded, RequireGuard, UnusableToken};
pub use layer::{CacheLayer, CacheService};
pub use rejection::{CacheOff, InvalidCacheControl};
