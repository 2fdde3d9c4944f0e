//! Redis in trouble, under load: it dies, hangs, lies and comes back, and callers see as little of it as can be.
//!
//! `outages` has one test for each way in which Redis can fail, with 64 callers and a writer for each thing that calls
//! can do meanwhile; the others look closer at one thing. Limits of time grow with the lateness of the machine.
//!
//! What meets a cache in production, and where it is tested (`behaviour`, `shapes` and `consistency` are other
//! binaries):
//!
//! | | |
//! |---|---|
//! | no Redis at the start, or ever | `start`, `behaviour::sharing` |
//! | killed, frozen, black hole, late, reset, refused, flapping, full, without its disk, demoted, password changed, busy | `outages` |
//! | users with few rights, writes refused: a full server, `MISCONF` | `refusals` |
//! | loads its dump, is a cluster that is not whole; a reply that breaks off anywhere | `replies` |
//! | dead requests after a thaw, probes, retries, one line a change of state | `breaker` |
//! | restarts empty or from an old dump, failover that loses an invalidation, eviction | `outages`, `restarts`, `behaviour::unavailable_redis` |
//! | entries damaged, foreign, of another type, too large; values that cannot be written | `behaviour::corrupt_entries`, `behaviour::unstorable` |
//! | an invalidation overtakes a load, a refresh, a `set` | `behaviour::overtaken_loads`, `behaviour::context`, and `consistency` |
//! | invalidation while Redis is away, in a process that lives, ends or dies | `behaviour::journal`, `behaviour::outage`, `start` |
//! | writers that are dropped, fail, panic or roll back | `behaviour::journal`, `behaviour::nested`, `shapes` |
//! | leaders that are cancelled, panic, hang; calls inside themselves | `behaviour::single_flight` |
//! | the holder of a lease is killed | `behaviour::overtaken_loads` |
//! | 10,000 callers of one key, 10,000 keys that end together, storms of invalidations | `storms` |
//! | markers that are watched: changed by hand, evicted, forgotten; rights and connections that end | `tracking`, `behaviour::tracking` |
//! | the body fails as well | `replies`, `behaviour::stale` |
//! | user input in keys, two services on one prefix | `behaviour::user_input`, `behaviour::identity` |
//! | callers that do not wait for the deadline | `breaker` |
//! | runtimes that end, idle, or are none | `breaker`, `behaviour::deadlines`, `behaviour::unavailable_redis` |
//! | shutdown under load, the cache turned off | `breaker` |
//! | hours of an outage | `bounds` |

// A test says what is wrong by panicking.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod bounds;
mod breaker;
mod fixture;
mod load_generator;
mod outages;
mod refusals;
mod replies;
mod restarts;
mod start;
mod storms;
mod timer_slack;
mod tracking;
