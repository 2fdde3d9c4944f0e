//! [`Builder`]: the settings of a [`Cache`].

use std::time::Duration;

use crate::{
    clock::Clock,
    config::{Config, env, outage::Outage},
    engine::Cache,
    error::Error,
};

/// Collects the settings of a [`Cache`]; made by [`Cache::builder`].
///
/// # Examples
///
/// ```
/// use cached_core::Cache;
/// use std::time::Duration;
///
/// let cache = Cache::builder()
///     .namespace("shop")
///     .default_ttl(Duration::from_secs(60))
///     .memory_capacity(16 << 20)
///     .build()?;
/// # Ok::<(), cached_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct Builder {
    config: Config,
}

macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $kind:ty,)*) => {
        $(
            $(#[$doc])*
            pub fn $name(mut self, $name: $kind) -> Self {
                self.config.$name = $name;
                self
            }
        )*
    };
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Sets the address of Redis: `redis://[user:password@]host[:port][/database]`, or `unix:///path/to/socket`.
    ///
    /// Without it the cache lives in this process.
    pub fn redis_url(mut self, url: impl Into<String>) -> Self {
        self.config.set_address(url);
        self
    }

    /// Sets the beginning of all keys: one application, or one environment of it. Default `cached`.
    ///
    /// Letters, digits, `-`, `_` and `.`: with a colon in it, one namespace could reach into another.
    /// A colon at the end is left out.
    pub fn namespace(mut self, namespace: impl AsRef<str>) -> Self {
        self.config.set_namespace(namespace.as_ref());
        self
    }

    settings! {
        /// Sets the ttl where none is declared. Default 5 minutes.
        default_ttl: Duration,
        /// Sets the most connections to Redis. Default 4: one is shared by all operations, the others serve purges.
        pool_size: usize,
        /// Sets the deadline of one cache operation, around everything it does. Default 100 ms.
        op_timeout: Duration,
        /// Sets the time that a new connection may take, in the background. Default 1 s.
        connect_timeout: Duration,
        /// Sends reads and deletions a second time if `true`, on a new connection if the first broke.
        ///
        /// Both tries share one deadline. Default `false`.
        retry_on_timeout: bool,
        /// Sets the most bytes that the in-process store keeps. Default 64 MiB.
        ///
        /// An entry counts as the JSON of its value plus its key and 128 bytes. At the limit, entries that were not
        /// asked for lately make room.
        memory_capacity: u64,
        /// Sets the most bytes of one entry; a larger value is returned, not stored. Default 8 MiB.
        max_entry_size: usize,
        /// Sets the time that a call waits for another call's load of the same key, before it loads itself.
        /// Default 30 s.
        follower_wait: Duration,
        /// Sets the most calls that may wait for other calls' loads, all keys together; one more runs its own body at
        /// once. Default 10,000.
        waiting_callers: usize,
        /// Sets the most loads at a time in the background of answers past their ttl (`stale_while_revalidate`).
        /// Default 64.
        ///
        /// Beyond that the old value is the answer, and a later call loads.
        background_refreshes: usize,
        /// Sets the most calls that run their own body at a time, after they waited for a load that failed with an
        /// error that cannot be cloned. Default 8.
        parallel_failing_loads: usize,
        /// Sets the time that a load may take and still be stored. Default 5 minutes.
        ///
        /// A value that took longer is returned only. No call waits for a lease.
        lease: Duration,
        /// Sets the most invalidations that are kept for a Redis that cannot be reached; one more, and all of them
        /// become one of the whole namespace. Default 10,000.
        journal_capacity: usize,
        /// Sets the behaviour of calls while Redis cannot be reached. Default [`Outage::Memory`].
        outage: Outage,
        /// Sets the greatest age of a value that was loaded while Redis could not be reached, with [`Outage::Memory`].
        /// Default 30 s.
        outage_ttl: Duration,
        /// Sets the failures in a row, missed deadlines included, that make an outage: from then on Redis is not asked.
        /// Default 5.
        ///
        /// With 1 the first call that fails keeps what it loads, where it would be paid for again, at the price of a
        /// short outage for each connection that breaks.
        failures_until_outage: u32,
        /// Turns the cache off if `false`: every call runs its body. Invalidations work in any case. Default `true`.
        enabled: bool,
        /// Sets the clock of the in-process store. Default the system's clock.
        clock: Clock,
    }

    /// Applies the settings of the environment over those set here before, which are an application's own defaults.
    ///
    /// [`Cache::from_env`] lists the variables.
    ///
    /// # Errors
    ///
    /// As [`Cache::from_env`].
    ///
    /// # Examples
    ///
    /// ```
    /// use cached_core::Cache;
    ///
    /// // `REDIS_CACHE_PREFIX` is another namespace.
    /// let cache = Cache::builder().namespace("shop").with_env()?.build()?;
    /// # Ok::<(), cached_core::Error>(())
    /// ```
    pub fn with_env(self) -> Result<Self, Error> {
        let config = env::apply(self.config, &env::process)?;
        Ok(Self { config })
    }

    /// Builds the cache.
    ///
    /// Nothing is connected yet: the first operation does that, and [`Cache::ready`] waits for it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if a setting cannot work; the message names it.
    pub fn build(self) -> Result<Cache, Error> {
        Cache::with_config(self.config)
    }
}
