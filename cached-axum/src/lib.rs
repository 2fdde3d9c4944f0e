//! [`cached_core`] on the web: handlers of axum, cached by the same attribute.
//!
//! Import the attributes from here: that also brings what axum's own types need to be cached.

pub mod admin;
mod guard;
pub mod health;
mod values;

pub use cached_core::{cached, invalidates};
pub use guard::{BearerRejection, BearerToken, Guard, Guarded, RequireGuard, UnusableToken};
