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

    /// Where Redis is: `redis://[user:password@]host[:port][/database]`, or
    /// `unix:///path/to/socket`. Without it the cache lives in this process.
    pub fn redis_url(mut self, url: impl Into<String>) -> Self {
        self.config.set_address(url);
        self
    }

    /// What all keys begin with: one application, or one environment of it. Default `cached`.
    ///
    /// Letters, digits, `-`, `_` and `.`: with a colon in it, one namespace could reach into another.
    /// A colon at the end is left out.
    pub fn namespace(mut self, namespace: impl AsRef<str>) -> Self {
        self.config.set_namespace(namespace.as_ref());
        self
    }

    settings! {
        /// The ttl where none is declared. Default 5 minutes.
        default_ttl: Duration,
        /// The most connections to Redis. Default 4: one is shared by all operations, the others serve
        /// purges.
        pool_size: usize,
        /// The deadline of one cache operation, around everything it does. Default 100 ms.
        op_timeout: Duration,
        /// How long a new connection may take, in the background. Default 1 s.
        connect_timeout: Duration,
        /// Whether reads and deletions are sent a second time, on a new connection if the first
        /// broke. Both tries share one deadline. Default no.
        retry_on_timeout: bool,
        /// The most bytes that the in-process store keeps, as the JSON of its values plus its keys
        /// and 128 bytes each; then what was not asked for lately makes room. Default 64 MiB.
        memory_capacity: u64,
        /// The most bytes of one entry; what is larger is returned, not stored. Default 8 MiB.
        max_entry_size: usize,
        /// How long a call waits for another call's load of the same key, before it loads itself.
        /// Default 30 s.
        follower_wait: Duration,
        /// How many calls may wait for other calls' loads, all keys together; one more runs its own body at
        /// once. Default 10,000.
        waiting_callers: usize,
        /// How many values that were answered past their ttl may be loaded anew at a time
        /// (`stale_while_revalidate`); beyond that the old value is the answer, and a later call loads.
        /// Default 64.
        background_refreshes: usize,
        /// How many calls that waited for a load that failed, with an error that cannot be cloned,
        /// run their own body at a time. Default 8.
        parallel_failing_loads: usize,
        /// How long a load may take and still be stored; a value that took longer is returned only.
        /// Nobody waits for it. Default 5 minutes.
        lease: Duration,
        /// The most invalidations that are kept for a Redis that cannot be reached; one more, and all of
        /// them become one of the whole namespace. Default 10,000.
        journal_capacity: usize,
        /// What calls do while Redis cannot be reached. Default [`Outage::Memory`].
        outage: Outage,
        /// With [`Outage::Memory`], how old a value may become that was loaded while Redis could not be reached.
        /// Default 30 s.
        outage_ttl: Duration,
        /// How many failures in a row, missed deadlines included, make an outage: from then on Redis is not asked. With 1
        /// the first call that fails keeps what it loads, where it would be paid for again, at the price of a short
        /// outage for each connection that breaks. Default 5.
        failures_until_outage: u32,
        /// Whether anything is cached; if not, every call runs its body. Invalidations work in any case.
        /// Default yes.
        enabled: bool,
        /// Where the in-process store reads the time. Default the system's clock.
        clock: Clock,
    }

    /// Takes what the environment sets, over what was set here before: an application's own defaults.
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

    /// Builds the cache. Nothing is connected yet: the first operation does that, and
    /// [`Cache::ready`] waits for it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if a setting cannot work; the message names it.
    pub fn build(self) -> Result<Cache, Error> {
        Cache::with_config(self.config)
    }
}
