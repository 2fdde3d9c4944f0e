//! [`ServerInfo`] and [`Health`]: the state of a store and of a cache, for operators.

use std::time::Duration;

/// Facts that the store reports about itself: [`Cache::server_info`](crate::Cache::server_info).
///
/// For Redis it is the server's own `INFO`, everything in it included, whoever caused it. A field
/// is `None` where the store does not say.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ServerInfo {
    /// `redis` or `memory`.
    pub store: &'static str,
    /// The server's version.
    pub version: Option<String>,
    /// Time since it was started.
    pub uptime: Option<Duration>,
    /// Connected clients.
    pub connected_clients: Option<u64>,
    /// Bytes in use; for the in-process store as [`memory_capacity`](crate::Builder::memory_capacity) counts them.
    pub used_memory: Option<u64>,
    /// Most bytes it may use; `None` if there is no limit.
    pub max_memory: Option<u64>,
    /// Commands processed.
    pub commands_processed: Option<u64>,
    /// Look-ups that found a key.
    pub keyspace_hits: Option<u64>,
    /// Look-ups that found none.
    pub keyspace_misses: Option<u64>,
    /// Keys that ended with their ttl.
    pub expired_keys: Option<u64>,
    /// Keys that made room for others.
    pub evicted_keys: Option<u64>,
    /// Keys in the database this cache uses, those of others included.
    pub keys: Option<u64>,
}

/// The state of a cache: [`Cache::health`](crate::Cache::health).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Health {
    /// The state in one word.
    pub status: HealthStatus,
    /// `redis` or `memory`.
    pub store: &'static str,
    /// The problem, and what to do about it; never a value or a secret.
    pub problem: Option<crate::error::Error>,
    /// The number of entries this process keeps for itself while Redis is away; `None` if it would keep none, or if
    /// it has no Redis at all.
    pub fallback_entries: Option<u64>,
}

/// [`Health`] in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HealthStatus {
    /// The store answers.
    Healthy,
    /// The store does not answer: functions run their bodies.
    Degraded,
    /// Caching is turned off, or no cache could be made from the environment.
    Disabled,
}

impl HealthStatus {
    /// Returns `healthy`, `degraded` or `disabled`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Disabled => "disabled",
        }
    }
}

impl std::fmt::Display for HealthStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
