//! The public [`Cache`]: construction, installation, scopes, health and shutdown; calls by key are in `by_key`.

use std::time::Duration;

use crate::{
    cache::builder::Builder,
    clock,
    config::env,
    engine::{
        Cache,
        context::{self, Calls, Mode},
    },
    error::Error,
    telemetry::{
        health::{Health, HealthStatus, ServerInfo},
        stats::Stats,
    },
};

pub(crate) mod builder;
mod by_key;
mod install;
mod invalidate;
mod record;
mod set;

pub use record::RecordChange;

impl Cache {
    /// Builds a cache with the settings that the environment gives.
    ///
    /// Nothing is connected yet, as with [`Builder::build`].
    ///
    /// | variable | also | setting |
    /// |---|---|---|
    /// | `REDIS_URL` | | [`redis_url`](Builder::redis_url); without it the cache lives in this process |
    /// | `CACHE_ENABLED` | `REDIS_ENABLED` | [`enabled`](Builder::enabled): `true` or `false` |
    /// | `REDIS_CACHE_PREFIX` | | [`namespace`](Builder::namespace) |
    /// | `REDIS_CACHE_TTL` | `REDIS_TTL_DEFAULT`, `REDIS_CACHE_TTL_DEFAULT` | [`default_ttl`](Builder::default_ttl): seconds, or `5m` |
    /// | `REDIS_POOL_SIZE` | `REDIS_MAX_CONNECTIONS` | [`pool_size`](Builder::pool_size) |
    /// | `REDIS_SOCKET_TIMEOUT` | | [`op_timeout`](Builder::op_timeout): seconds, as `0.1`, or `100ms` |
    /// | `REDIS_SOCKET_CONNECT_TIMEOUT` | | [`connect_timeout`](Builder::connect_timeout) |
    /// | `REDIS_RETRY_ON_TIMEOUT` | | [`retry_on_timeout`](Builder::retry_on_timeout) |
    ///
    /// The first name counts where several are set; an empty variable counts as unset.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if a value does not parse; the message names the variable, and
    /// never repeats the value.
    pub fn from_env() -> Result<Self, Error> {
        env::config().and_then(Self::with_config)
    }

    /// Builds a cache inside this process, with default settings.
    ///
    /// # Errors
    ///
    /// None today; the type is that of [`Builder::build`], which this calls.
    pub fn in_memory() -> Result<Self, Error> {
        Self::builder().build()
    }

    /// Returns a [`Builder`] with default settings.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Makes this the cache of the process, and reads the variables that `ttl_env` names.
    ///
    /// Install before the first cached call: that call makes a cache from the environment if none is installed, and
    /// then it is too late. Of several that install at the same moment, one succeeds.
    ///
    /// A pattern or tag of an `#[invalidates]` that reaches no cached function of this program gives a warning: it may
    /// be misspelt, or mean keys from text or another program's.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Installed`](crate::ErrorKind::Installed) if another cache is in use by this process. Installing the same
    ///   one again is fine.
    /// - [`ErrorKind::Config`](crate::ErrorKind::Config) if a variable named by `ttl_env` does not parse; the message names
    ///   the variable and the function.
    pub fn install(&self) -> Result<(), Error> {
        env::apply_ttls()?;
        context::install_cache(self)?;
        install::warn_of_unmatched();
        install::warn_of_twins();
        Ok(())
    }

    /// Returns the cache that an annotated function uses here: that of the [`scope`](Self::scope) around this, or the
    /// installed one.
    ///
    /// If there is neither, the first call makes one from the environment and installs it. If that fails, an event says
    /// why, and functions run uncached.
    #[must_use]
    pub fn current() -> Self {
        context::current_cache()
    }

    /// Runs `future` with this cache: for tests, for tenants.
    ///
    /// Tasks that it spawns do not inherit the scope.
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        context::with_cache(self.clone(), future)
    }

    /// Runs `future` without this cache: cached functions and calls by key inside neither read nor store.
    ///
    /// Invalidations inside work as ever. Tasks that `future` spawns are not inside.
    ///
    /// # Examples
    ///
    /// ```
    /// # use cached_core::{Cache, cached};
    /// # #[cached(ttl = "1h")]
    /// # async fn price(item: u64) -> u64 { item * 3 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_core::Error> {
    /// # let cache = Cache::in_memory()?;
    /// # cache.scope(async {
    /// let now = Cache::current().bypass(price(7)).await;
    /// # assert_eq!(now, 21);
    /// # }).await;
    /// # assert_eq!(cache.stats().total.stores, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn bypass<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        context::with_mode(self.clone(), Mode::Bypass, Calls::All, future)
    }

    /// Runs `future` so that everything inside loads and stores, whatever this cache has.
    ///
    /// Such a load is not shared with other calls, and its value is stored, or the old one removed, before the call
    /// returns.
    /// Tasks that `future` spawns are not inside.
    pub fn refresh<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        context::with_mode(self.clone(), Mode::Refresh, Calls::All, future)
    }

    /// Returns the counts since this cache was built, by function and in total.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.table().snapshot()
    }

    /// Asks the store whether it answers, within one operation deadline.
    ///
    /// Never fails: an error of the store is the [`problem`](Health::problem) of the answer. During an outage Redis is
    /// not asked; a probe in the background is started if there is none.
    pub async fn health(&self) -> Health {
        let fallback_entries = self.count_fallback_entries().await;
        let health = |status, problem| Health {
            status,
            store: self.store().kind().name(),
            problem,
            fallback_entries,
        };
        if !self.is_on() {
            return health(HealthStatus::Disabled, self.check_usable().err());
        }
        self.probe_if_in_outage();
        match self.store().ping().await {
            Ok(()) => health(HealthStatus::Healthy, None),
            Err(error) => health(HealthStatus::Degraded, Some(error)),
        }
    }

    /// Returns the store's report on itself; for Redis that is the server's own `INFO`.
    ///
    /// # Errors
    ///
    /// As any operation by key: see [`get`](Self::get).
    pub async fn server_info(&self) -> Result<ServerInfo, Error> {
        self.store().server_info().await
    }

    /// Waits until the store answers, at most for `patience`: for services that must not start without it.
    ///
    /// Asks every 50 ms; outside a runtime with a timer, once.
    ///
    /// # Errors
    ///
    /// The error of the last attempt; at once if waiting cannot help, as with a wrong password, or with a cache that
    /// could not be made from the environment.
    pub async fn ready(&self, patience: Duration) -> Result<(), Error> {
        const PAUSE: Duration = Duration::from_millis(50);
        self.check_usable()?;
        let began = clock::instant();
        loop {
            match self.store().ping().await {
                Ok(()) => return Ok(()),
                Err(error) if !error.is_transient() => return Err(error),
                Err(error) => {
                    self.probe_if_in_outage();
                    let left =
                        patience.saturating_sub(clock::instant().saturating_duration_since(began));
                    if left.is_zero() || !clock::has_timer() {
                        return Err(error);
                    }
                    tokio::time::sleep(PAUSE.min(left)).await;
                }
            }
        }
    }

    /// Turns the cache off, waits for the writes under way and sends the invalidations that are postponed, for two
    /// operation deadlines at most.
    ///
    /// It is off for all clones of this cache, and for ever: functions called later run their bodies. Dropped before it
    /// returns, it leaves the cache turned off, and its connections open.
    pub async fn shutdown(&self) {
        self.turn_off();
        // Twice: a write first waits for a lane, and one of a runtime that idles never ends.
        let patience = self.op_timeout().saturating_mul(2);
        clock::within(patience, self.finish_pending()).await;
        self.store().close();
    }
}
