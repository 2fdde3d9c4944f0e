//! [`Cache`]: where a cache comes from, and what all calls need of it.

use std::{
    fmt,
    sync::{
        self, Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::{
    background::Background,
    builder::Builder,
    clock,
    coherence::{epochs::Generations, journal::Journal, own_stores::Lineage},
    config::{Config, env},
    error::Error,
    limit::Limit,
    named,
    scope::{self, Calls, Mode},
    single_flight::Flights,
    store::{Store, breaker::Breaker, memory::MemoryStore, redis::RedisStore},
    telemetry::{
        health::{Health, HealthStatus, ServerInfo},
        stats::{Stats, Table},
    },
    twins,
};

mod backend;
mod by_key;
mod count;
mod courier;
mod invalidate;
mod keep;
mod probe;
mod record;
mod set;
mod turn;

use backend::Emergency;
pub(crate) use backend::{Backend, Ground};
pub(crate) use invalidate::{Collected, Pending};
pub use record::Changed;
use turn::Turns;

/// A cache: where values are kept, and how.
///
/// Cheap to clone; clones are the same cache. Annotated functions find theirs by themselves: the
/// one of the innermost [`scope`](Self::scope), else the [installed](Self::install) one, else one
/// that [`from_env`](Self::from_env) makes at the first call.
///
/// # Examples
///
/// ```
/// use cached_core::{Cache, cached};
///
/// #[cached(ttl = "1h")]
/// async fn square(number: u64) -> u64 {
///     number * number
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cached_core::Error> {
/// let cache = Cache::in_memory()?;
/// cache.scope(async {
///     assert_eq!(square(12).await, 144); // runs the body
///     assert_eq!(square(12).await, 144); // does not
/// }).await;
/// assert_eq!(cache.stats().total.hits, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Cache(Arc<Inner>);

/// Each sends a command for each group and its entry: thousands of calls of one key that is missing read together
/// instead.
const CAPTURING_READS: usize = 64;

struct Inner {
    config: Config,
    usual: Backend,
    emergency: Emergency,
    breaker: Arc<Breaker>,
    looks: Turns,
    /// What was invalidated in this process.
    generations: Generations,
    /// What the store has not confirmed.
    journal: Journal,
    courier: Turns,
    /// Of what this process has stored.
    lineage: Lineage,
    background: Background,
    /// Callers that wait for other calls' loads.
    waiting_callers: Limit,
    capturing_reads: Limit,
    background_refreshes: Limit,
    table: Table,
    on: AtomicBool,
    /// It was shut down: nobody looks for its store any more.
    closed: AtomicBool,
    /// Why this cache can never work.
    fault: Option<Error>,
}

impl Cache {
    /// A cache with the settings that the environment gives.
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
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if a value does not parse; the message names the variable, and never
    /// repeats the value.
    pub fn from_env() -> Result<Self, Error> {
        Self::builder().with_env()?.build()
    }

    /// A cache inside this process, with default settings.
    ///
    /// # Errors
    ///
    /// None today: as [`Builder::build`], which this calls.
    pub fn in_memory() -> Result<Self, Error> {
        Self::builder().build()
    }

    /// Collects settings.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn with_config(config: Config) -> Result<Self, Error> {
        let generations = Generations::new();
        let breaker = Arc::new(Breaker::new(config.failures_until_outage));
        let store: Arc<dyn Store> = match &config.address {
            Some(address) => {
                let breaker = Arc::clone(&breaker);
                Arc::new(RedisStore::new(&config, address.reveal(), breaker)?)
            }
            None => Arc::new(MemoryStore::new(&config, generations.clone())),
        };
        Ok(Self::with_store(config, store, generations, breaker, None))
    }

    fn with_store(
        config: Config,
        store: Arc<dyn Store>,
        generations: Generations,
        breaker: Arc<Breaker>,
        fault: Option<Error>,
    ) -> Self {
        Self(Arc::new(Inner {
            on: AtomicBool::new(config.enabled && fault.is_none()),
            closed: AtomicBool::new(false),
            journal: Journal::new(config.journal_capacity),
            waiting_callers: Limit::new(config.waiting_callers),
            capturing_reads: Limit::new(CAPTURING_READS),
            background_refreshes: Limit::new(config.background_refreshes),
            config,
            usual: Backend::usual(store, &generations),
            emergency: Emergency::default(),
            breaker,
            looks: Turns::default(),
            generations,
            courier: Turns::default(),
            lineage: Lineage::default(),
            background: Background::default(),
            table: Table::new(),
            fault,
        }))
    }

    /// A cache that caches nothing, because none could be made.
    pub(crate) fn unusable(error: Error) -> Self {
        let config = Config::default();
        let generations = Generations::new();
        let store = Arc::new(MemoryStore::new(&config, generations.clone()));
        let breaker = Arc::new(Breaker::new(config.failures_until_outage));
        Self::with_store(config, store, generations, breaker, Some(error))
    }

    /// Makes this the cache of the process, and reads the variables that `ttl_env` names.
    ///
    /// A pattern or tag of an `#[invalidates]` that reaches no cached function of this program gives a warning: it may
    /// be misspelt, or mean keys from text or another program's.
    ///
    /// Install before the first cached call: that call makes a cache from the environment if none
    /// is installed, and then it is too late.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Installed`](crate::ErrorKind::Installed) if another cache is in use by this process. Installing the same
    ///   one again is fine.
    /// - [`ErrorKind::Config`](crate::ErrorKind::Config) if a variable named by `ttl_env` does not parse; the message names
    ///   the variable and the function.
    pub fn install(&self) -> Result<(), Error> {
        env::apply_ttls()?;
        scope::install(self)?;
        named::tell_of_unmatched();
        twins::tell_of_twins();
        Ok(())
    }

    /// The cache that an annotated function would use here.
    #[must_use]
    pub fn current() -> Self {
        scope::with_current(|cache, _| cache.clone())
    }

    /// Runs `future` with this cache: for tests, for tenants. Tasks that it spawns do not inherit
    /// the scope.
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        scope::with_cache(self.clone(), future)
    }

    /// Runs `future` without this cache: what is inside neither reads nor stores.
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
        scope::with_mode(self.clone(), Mode::Bypass, Calls::All, future)
    }

    /// Runs `future` so that everything inside loads and stores, whatever this cache has.
    pub fn refresh<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        scope::with_mode(self.clone(), Mode::Refresh, Calls::All, future)
    }

    /// Whether functions use this cache: not if it was built to be off, was shut down, or could not be made from
    /// the environment. A store that is away turns nothing off.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.on.load(Ordering::Acquire)
    }

    /// What was counted since this cache was built.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.0.table.snapshot()
    }

    /// Asks the store whether it answers, within one operation deadline.
    pub async fn health(&self) -> Health {
        let fallback_entries = self.fallback_entries().await;
        let health = |status, problem| Health {
            status,
            store: self.store().kind().name(),
            problem,
            fallback_entries,
        };
        if !self.is_on() {
            return health(HealthStatus::Disabled, self.0.fault.clone());
        }
        self.look_if_in_outage();
        match self.store().ping().await {
            Ok(()) => health(HealthStatus::Healthy, None),
            Err(error) => health(HealthStatus::Degraded, Some(error)),
        }
    }

    /// What the store says of itself.
    ///
    /// # Errors
    ///
    /// As any operation by key: see [`get`](Self::get).
    pub async fn server_info(&self) -> Result<ServerInfo, Error> {
        self.store().server_info().await
    }

    /// Waits until the store answers, at most for `patience`: for services that must not start
    /// without it.
    ///
    /// # Errors
    ///
    /// What the last attempt said; at once if waiting cannot help, as with a wrong password, or with
    /// a cache that could not be made from the environment.
    pub async fn ready(&self, patience: Duration) -> Result<(), Error> {
        const PAUSE: Duration = Duration::from_millis(50);
        self.usable()?;
        let began = clock::instant();
        loop {
            match self.store().ping().await {
                Ok(()) => return Ok(()),
                Err(error) if !error.is_transient() => return Err(error),
                Err(error) => {
                    self.look_if_in_outage();
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

    /// Turns the cache off, waits for the writes under way and sends the invalidations that are postponed, for
    /// two operation deadlines at most. Functions called later run their bodies.
    pub async fn shutdown(&self) {
        self.0.on.store(false, Ordering::Release);
        self.0.closed.store(true, Ordering::Release);
        // Twice: a write first waits for a lane, and one of a runtime that idles never ends.
        let patience = self.0.config.op_timeout.saturating_mul(2);
        let sent = async {
            let _ = self.flush(usize::MAX).await;
            self.0.journal.emptied().await;
        };
        let all = async { tokio::join!(self.0.background.idle(), sent) };
        clock::within(patience, all).await;
        self.store().close();
    }

    /// Why this cache can never work, if it cannot.
    fn usable(&self) -> Result<(), Error> {
        self.0.fault.clone().map_or(Ok(()), Err)
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn is_closed(&self) -> bool {
        self.0.closed.load(Ordering::Acquire)
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.0.usual.store
    }

    pub(crate) fn flights(&self) -> &Flights {
        &self.0.usual.flights
    }

    pub(crate) fn generations(&self) -> &Generations {
        &self.0.generations
    }

    pub(crate) fn max_entry_size(&self) -> usize {
        self.0.config.max_entry_size
    }

    pub(crate) fn follower_wait(&self) -> Duration {
        self.0.config.follower_wait
    }

    /// How many reads at a time capture what a load will need, in the expectation of a miss.
    pub(crate) fn capturing_reads(&self) -> &Limit {
        &self.0.capturing_reads
    }

    pub(crate) fn waiting_callers(&self) -> &Limit {
        &self.0.waiting_callers
    }

    pub(crate) fn background_refreshes(&self) -> &Limit {
        &self.0.background_refreshes
    }

    pub(crate) fn op_timeout(&self) -> Duration {
        self.0.config.op_timeout
    }

    pub(crate) fn parallel_failing_loads(&self) -> usize {
        self.0.config.parallel_failing_loads
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("namespace", &self.0.config.namespace)
            .field("store", &self.0.usual.store)
            .field("on", &self.is_on())
            .finish_non_exhaustive()
    }
}
