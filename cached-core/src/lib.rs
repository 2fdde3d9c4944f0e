//! Redis-backed caching for async functions, by one attribute.
//!
//! ```
//! use cached_core::{Cache, cached};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
//! struct Profile {
//!     name: String,
//! }
//! # struct Db;
//! # impl Db {
//! #     async fn load(&self, id: u64) -> std::io::Result<Profile> { Ok(Profile { name: id.to_string() }) }
//! # }
//!
//! #[cached(ttl = "1h", prefix = "user:{id}:profile")]
//! async fn profile(id: u64, #[cached(skip)] db: &Db) -> std::io::Result<Profile> {
//!     db.load(id).await
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let db = Db;
//! Cache::from_env()?.install()?; // Redis if REDIS_URL is set, this process otherwise
//! let first = profile(42, &db).await?; // a miss: the body runs, and its value is stored
//! let again = profile(42, &db).await?; // a hit: the body does not run
//! # assert_eq!(first, again);
//! # assert_eq!(Cache::current().stats().total.loads, 1);
//! # Ok(())
//! # }
//! ```
//!
//! [`macro@cached`] has every argument, [`macro@invalidates`] is for what writes, [`Cache`] has everything that
//! can be done without an attribute, and [`Builder`] every setting.
//!
//! # What a call does
//!
//! It looks its key up, within one deadline. A usable entry is the answer. Otherwise one call of all that
//! miss the key at that time runs its body, the others wait for its value; the value is written behind
//! the answer. A caller that is dropped, or panics, while its body runs hands over to one that waits. A
//! store that is away, slow, full or confused costs at most the deadline, and never the value.
//!
//! A value past its ttl can still be of use, to functions that say so. For the time of
//! `stale_while_revalidate` it is the answer, and a task runs the function again, in the same cache, for those
//! who come later; for the time of `stale_if_error` it is the answer if the body fails. Both need an entry that
//! the call has read itself and that nothing has invalidated. One load a key runs behind answers, and
//! [`background_refreshes`](Builder::background_refreshes) of all keys; `get` and other calls by key never see
//! a value past its ttl.
//!
//! # What an invalidation does
//!
//! Every entry belongs to groups: the namespace, its function, each beginning of its prefix, its tags. A
//! group has a marker, a small key with a random token, and an entry counts only with the tokens that its
//! groups had before its load began. To invalidate a group is to delete its marker, at the same cost for any
//! number of entries; one call is invalidated by deleting its entry. A load leaves a *lease* where it finds
//! nothing, and its value is stored only if what it found or left is still there. So a load that began before
//! an invalidation is never stored after it, in whatever order things happen, and without a clock.
//!
//! What Redis does not confirm in time is kept in a journal in memory and sent until it does; meanwhile this
//! process treats what it covers as a miss.
//!
//! # What an outage does
//!
//! A few failures in a row, missed deadlines included, open a *breaker*: from then on nothing is sent to Redis and
//! nobody waits for it, until a task in the background has made a connection, checked who answers, read something
//! and sent what the journal held at that time. [`Outage`] is what calls do meanwhile: keep what they load in this
//! process for a short time, run their bodies, or fail. A server that was restarted, restored or promoted is
//! another one, to which nothing that was stored or captured before means anything.
//!
//! Only a primary is read. One that has become a replica closes no connection: once a second a read asks about it,
//! in its own round trip, so an entry that was invalidated on the new primary can be a hit for up to a second after
//! the old one was demoted. One that does not know yet that there is another cannot say so.
//!
//! # What it tells
//!
//! Through `tracing`, with the target `cached_core`. Field names are part of the interface; no field and
//! no message contains a key, an argument or a value.
//!
//! | event | level | fields |
//! |---|---|---|
//! | `hit` | trace | `function`, `store` |
//! | `miss` | debug | `function`, `store` |
//! | `stale: …`, in place of `hit`, or after a `load` that failed | debug | `function`, `store` |
//! | `the body returned an error: the value past its ttl is kept` | warn | `function` |
//! | `load`, after the body | debug | `function`, `milliseconds` |
//! | `shared another call's load` | debug | `function` |
//! | `store` | debug | `function`, `store`, `bytes`, `ttl_seconds` |
//! | `store rejected: …`: something was invalidated or stored since the load began | debug | `function`, `store` |
//! | `invalidate` | debug | `store`, `targets`, `applied` |
//! | `invalidation postponed: …`, and `… caught up …` when none is left | warn (debug while the breaker is open), info | `error`; `targets` |
//! | `too many invalidations are postponed: …` | warn | |
//! | `something that is no entry lies at this key: …` | warn | `function`, `store` |
//! | `an entry could not be read: …`, in place of `miss` | debug | `function`, `store` |
//! | `read failed: …`, `store failed: …` | debug | `function`, `store`, `error` |
//! | `Redis is not asked any more …`, `Redis is back` | warn (error if it refuses the password), info | `breaker`, `error`; `away_seconds` |
//! | `Redis takes no writes: …`, `Redis takes writes again` | warn, info | `error` |
//! | `Redis refuses a command …`, once | error | `error` |
//! | `store skipped: …`: over 64 MiB are on their way to Redis | warn | `function`, `store` |
//! | `waited too long for another call's load: …` | warn | `function`, `waited_seconds` |
//! | `a value past its ttl was not loaded anew: …`, `too many calls wait for …`, once a function | warn | `function` |
//! | `value not stored: …`, `an argument could not be encoded: …`, once a function | warn | `function`, `why` |
//! | `an argument could not be encoded: nothing is cached by it, and nothing invalidated` | warn | `error` |
//! | `connection to Redis lost: …` | debug | `error` |
//! | `connected to Redis` | info (debug while the breaker is open) | `version` |
//! | `an invalidation reaches no cached function of this program: …`, at `install` | warn | `pattern` or `tag`, `module` |
//! | `no cache is installed and none could be made …`: everything runs uncached | error | `error` |
//!
//! The body runs in the span `load` with the field `function`. [`Cache::stats`] counts the same things, by
//! function and in total.

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
