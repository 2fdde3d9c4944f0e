//! Redis-backed caching for async functions, by one attribute.

mod arguments;
mod background;
mod builder;
mod cache;
mod call;
mod clock;
mod config;
mod encode;
mod entry;
mod environment;
mod error;
mod event;
mod flight;
mod function;
mod glob;
#[cfg(test)]
mod golden;
mod hit;
mod jitter;
mod json;
mod key;
mod returns;
mod scope;
mod segment;
mod server;
mod stats;
mod store;
mod template;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use arguments::KeyArgument;
pub use builder::Builder;
pub use cache::Cache;
pub use cached_macros::cached;
pub use clock::Clock;
pub use error::{Error, ErrorKind};
pub use key::Key;
pub use returns::CacheValue;
pub use server::{Health, HealthStatus, ServerInfo};
pub use stats::{Counts, Stats};
