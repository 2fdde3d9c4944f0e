//! [`Config`]: every setting, with its unit, its default and the reason for it.

use std::time::Duration;

pub(crate) mod env;
pub(crate) mod outage;
pub(crate) mod validate;

use crate::{clock::Clock, config::outage::Outage};

/// The longest time that an entry may be kept: a thousand years.
pub(crate) const LONGEST_TTL: Duration = Duration::from_secs(1_000 * 365 * 24 * 3_600);

/// How much longer than an entry its markers live: one that dies first turns its whole group into
/// misses. More than clocks can drift apart while a store is on its way.
pub(crate) const MARKERS_OUTLIVE: Duration = Duration::from_secs(300);

/// What a [`Builder`](crate::Builder) collects.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) address: Option<Address>,
    pub(crate) namespace: String,
    pub(crate) default_ttl: Duration,
    pub(crate) pool_size: usize,
    pub(crate) op_timeout: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) retry_on_timeout: bool,
    pub(crate) memory_capacity: u64,
    pub(crate) max_entry_size: usize,
    pub(crate) follower_wait: Duration,
    pub(crate) waiting_callers: usize,
    pub(crate) parallel_failing_loads: usize,
    pub(crate) background_refreshes: usize,
    pub(crate) lease: Duration,
    pub(crate) journal_capacity: usize,
    pub(crate) outage: Outage,
    pub(crate) outage_ttl: Duration,
    pub(crate) failures_until_outage: u32,
    pub(crate) enabled: bool,
    pub(crate) clock: Clock,
}

impl Config {
    pub(crate) fn set_address(&mut self, url: impl Into<String>) {
        self.address = Some(Address::new(url));
    }

    pub(crate) fn set_namespace(&mut self, namespace: &str) {
        namespace
            .trim_end_matches(':')
            .clone_into(&mut self.namespace);
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: None,
            namespace: "cached".to_owned(),
            // Long enough to help, short enough that a forgotten ttl does not serve yesterday.
            default_ttl: Duration::from_secs(300),
            // One connection is the lane; the others serve purges.
            pool_size: 4,
            // A hundred times a round trip on one's own network; noticed by no caller.
            op_timeout: Duration::from_millis(100),
            // Name lookup, handshake, authentication and two questions to the server.
            connect_timeout: Duration::from_secs(1),
            retry_on_timeout: false,
            memory_capacity: 64 << 20,
            // Redis allows 512 MiB, which blocks a lane for seconds.
            max_entry_size: 8 << 20,
            // Longer than a load should take, shorter than a caller's patience.
            follower_wait: Duration::from_secs(30),
            // Some ten megabytes; more callers than a service survives anyway.
            waiting_callers: 10_000,
            // Enough to get through when one in eight fails, too few to hurt a failing database.
            parallel_failing_loads: 8,
            // As many loads as a database stands that nobody waits for.
            background_refreshes: 64,
            // Longer than any load worth storing.
            lease: Duration::from_secs(300),
            // A few megabytes; more than an outage of minutes leaves behind.
            journal_capacity: 10_000,
            outage: Outage::Memory,
            // As old as a value may be that another process has invalidated.
            outage_ttl: Duration::from_secs(30),
            // One is an accident.
            failures_until_outage: 5,
            enabled: true,
            clock: Clock::system(),
        }
    }
}

/// Where Redis is. Its text may hold a password, so it is never printed.
#[derive(Clone)]
pub(crate) struct Address(String);

impl Address {
    pub(crate) fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(an address)")
    }
}
