//! [`Config`]: every setting, with its unit, its default and the reason for it.

use std::time::Duration;

pub(crate) mod env;
pub(crate) mod outage;
pub(crate) mod validate;

use crate::{clock::Clock, config::outage::Outage};

/// Longest time for which an entry may be kept: a thousand years.
pub(crate) const LONGEST_TTL: Duration = Duration::from_secs(1_000 * 365 * 24 * 3_600);

/// Time that a marker lives on after the entries of its group: one that expires first turns them all into misses. More
/// than clocks can drift apart while a store is on its way.
pub(crate) const MARKERS_OUTLIVE: Duration = Duration::from_secs(300);

/// All settings of a cache, which a [`Builder`](crate::Builder) collects.
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
    /// Sets the address of Redis.
    pub(crate) fn set_address(&mut self, url: impl Into<String>) {
        self.address = Some(Address::new(url));
    }

    /// Sets the namespace, without colons at its end.
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
            // One connection is the lane, which every call shares; the others serve purges.
            pool_size: 4,
            // A hundred times a round trip within a network, and noticed by no caller.
            op_timeout: Duration::from_millis(100),
            // Enough for name lookup, handshake, authentication and two questions to the server.
            connect_timeout: Duration::from_secs(1),
            retry_on_timeout: false,
            memory_capacity: 64 << 20,
            // Redis allows 512 MiB, which would block the lane for seconds.
            max_entry_size: 8 << 20,
            // Longer than a load should take, shorter than a caller's patience.
            follower_wait: Duration::from_secs(30),
            // Some ten megabytes, and more callers than a service survives anyway.
            waiting_callers: 10_000,
            // Enough to get through when one in eight fails, too few to hurt a failing database.
            parallel_failing_loads: 8,
            // As many loads as a database can bear that nobody waits for.
            background_refreshes: 64,
            // Longer than any load that is worth storing takes.
            lease: Duration::from_secs(300),
            // A few megabytes, and more than an outage of minutes leaves behind.
            journal_capacity: 10_000,
            outage: Outage::Memory,
            // A value that another process has invalidated may be that old.
            outage_ttl: Duration::from_secs(30),
            // One failure is an accident, five in a row are not.
            failures_until_outage: 5,
            enabled: true,
            clock: Clock::system(),
        }
    }
}

/// Address of Redis. Its text may hold a password, so it is never printed.
#[derive(Clone)]
pub(crate) struct Address(String);

impl Address {
    pub(crate) fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// Returns the text, password included.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(an address)")
    }
}
