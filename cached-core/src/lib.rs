//! Redis-backed caching for async functions, by one attribute.
//!
//! - [`macro@cached`] caches a function, and has every argument of the attribute;
//! - [`macro@invalidates`] is for functions that write;
//! - [`Cache`] has everything that can be done without an attribute;
//! - [`Builder`] has every setting, [`Cache::from_env`] every variable of the environment.
//!
//! A first program, and then the behaviour of calls, invalidations and outages, and the events that tell of them:
//!
#![doc = include_str!("../docs/overview.md")]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

mod cache;
mod call;
mod clock;
mod codec;
mod coherence;
mod config;
mod encoding;
mod engine;
mod error;
mod format;
pub mod integration;
mod key;
#[cfg(test)]
mod loom_tests;
mod single_flight;
mod store;
mod telemetry;
#[cfg(test)]
mod testing;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use cache::builder::Builder;
pub use cached_macros::{cached, invalidates};
pub use clock::Clock;
pub use codec::CacheValue;
pub use coherence::outcome::Invalidated;
pub use config::outage::Outage;
pub use engine::Cache;
pub use engine::context::in_current_scope;
pub use error::{Error, ErrorKind};
pub use key::Key;
pub use key::argument::KeyArgument;
pub use key::pattern::{Pattern, Tag};
pub use telemetry::health::{Health, HealthStatus, ServerInfo};
pub use telemetry::observer::{Answer, Observation, Observer};
pub use telemetry::stats::{Counts, Stats};
