//! [`Cache`]: the state behind every clone of it, and the parts that all operations need.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::{
    coherence::{epochs::Epochs, journal::Journal, own_stores::OwnStores},
    config::{Config, validate},
    engine::{
        backend::{Backend, Fallback},
        limit::Limit,
        recovery::task_claim::TaskClaim,
        write_budget::WriteBudget,
    },
    error::Error,
    single_flight::Flights,
    store::{LocalStore, Store, breaker::Breaker, redis::RedisStore},
    telemetry::stats::StatsTable,
};

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
pub struct Cache(pub(super) Arc<Inner>);

/// The most reads at a time that capture. Each sends a command for each group and its entry: thousands of calls of one
/// key that is missing read together instead.
const CAPTURING_READS: usize = 64;

/// The state that all clones of a cache share.
pub(super) struct Inner {
    pub(super) config: Config,
    pub(super) primary: Backend,
    pub(super) fallback: Fallback,
    pub(super) breaker: Arc<Breaker>,
    pub(super) probing: TaskClaim,
    /// The invalidations of this process.
    pub(super) epochs: Epochs,
    /// The invalidations that the store has not confirmed.
    pub(super) journal: Journal,
    pub(super) resending: TaskClaim,
    /// The entries that this process has stored, and what each replaced.
    pub(super) own_stores: OwnStores,
    pub(super) write_budget: WriteBudget,
    /// The limit of callers that wait for other calls' loads.
    pub(super) waiting_callers: Limit,
    pub(super) capturing_reads: Limit,
    pub(super) background_refreshes: Limit,
    pub(super) table: StatsTable,
    pub(super) on: AtomicBool,
    /// True once it was shut down: nothing probes its store any more.
    pub(super) closed: AtomicBool,
    /// The reason why this cache can never work.
    pub(super) fault: Option<Error>,
}

impl Cache {
    pub(crate) fn with_config(config: Config) -> Result<Self, Error> {
        validate::check(&config)?;
        let epochs = Epochs::new();
        let breaker = Arc::new(Breaker::new(config.failures_until_outage));
        let primary = match &config.address {
            Some(address) => {
                let breaker = Arc::clone(&breaker);
                let store = RedisStore::new(&config, address.reveal(), breaker)?;
                Backend::remote(Arc::new(store), &epochs)
            }
            None => Backend::in_memory(&config, &epochs, None),
        };
        Ok(Self::with_backend(config, primary, epochs, breaker, None))
    }

    pub(crate) fn with_backend(
        config: Config,
        primary: Backend,
        epochs: Epochs,
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
            primary,
            fallback: Fallback::default(),
            breaker,
            probing: TaskClaim::default(),
            epochs,
            resending: TaskClaim::default(),
            own_stores: OwnStores::default(),
            write_budget: WriteBudget::default(),
            table: StatsTable::new(),
            fault,
        }))
    }

    /// A cache that caches nothing, because none could be made.
    pub(crate) fn unusable(error: Error) -> Self {
        let config = Config::default();
        let epochs = Epochs::new();
        let primary = Backend::in_memory(&config, &epochs, None);
        let breaker = Arc::new(Breaker::new(config.failures_until_outage));
        Self::with_backend(config, primary, epochs, breaker, Some(error))
    }

    /// Returns `true` if functions use this cache: not if it was built to be off, was shut down, or could not be made
    /// from the environment. A store that is away turns nothing off.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.on.load(Ordering::Acquire)
    }

    /// Returns the reason why this cache can never work as an error, if it cannot.
    pub(crate) fn check_usable(&self) -> Result<(), Error> {
        self.0.fault.clone().map_or(Ok(()), Err)
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Turns it off for ever: nothing asks its store any more, nor probes it.
    pub(crate) fn turn_off(&self) {
        self.0.on.store(false, Ordering::Release);
        self.0.closed.store(true, Ordering::Release);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.closed.load(Ordering::Acquire)
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.0.primary.store
    }

    /// The store, if it is inside the process.
    #[inline]
    pub(crate) fn local(&self) -> Option<&dyn LocalStore> {
        self.0.primary.local.as_deref()
    }

    pub(crate) fn flights(&self) -> &Flights {
        &self.0.primary.flights
    }

    pub(crate) fn epochs(&self) -> &Epochs {
        &self.0.epochs
    }

    pub(crate) fn max_entry_size(&self) -> usize {
        self.0.config.max_entry_size
    }

    pub(crate) fn follower_wait(&self) -> Duration {
        self.0.config.follower_wait
    }

    /// The limit of reads that capture what a load will need, in the expectation of a miss.
    pub(crate) fn capturing_reads(&self) -> &Limit {
        &self.0.capturing_reads
    }

    pub(crate) fn waiting_callers(&self) -> &Limit {
        &self.0.waiting_callers
    }

    pub(crate) fn background_refreshes(&self) -> &Limit {
        &self.0.background_refreshes
    }

    pub(crate) fn table(&self) -> &StatsTable {
        &self.0.table
    }

    pub(crate) fn default_ttl(&self) -> Duration {
        self.0.config.default_ttl
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
            .field("store", &self.0.primary.store)
            .field("on", &self.is_on())
            .finish_non_exhaustive()
    }
}
