//! [`Observer`]: a record of the cached calls inside a future.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;

use crate::{
    format::freshness::{Freshness, Lifetime},
    key::function::Function,
};

/// The number of calls that are kept; those beyond are counted.
const CAPACITY: usize = 64;

/// Records the cached calls inside a future, to tell a client, a log or a test where its answer came from.
///
/// Clones share the record. Only outermost calls are seen: not those that the body of a cached function makes, nor
/// loads in the background. Where a body runs without the cache, what it calls is outermost as well. Of the calls by
/// key it is [`get_or_load`](crate::Cache::get_or_load) alone. A task that the future spawns is seen if it runs
/// [`in_current_scope`](crate::in_current_scope).
///
/// Observed hits on Redis ask for their age in the same round trip.
///
/// # Examples
///
/// ```
/// use cached_core::{Answer, Cache, Observer, cached};
///
/// #[cached(ttl = "1h")]
/// async fn square(number: u64) -> u64 {
///     number * number
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cached_core::Error> {
/// # let cache = Cache::in_memory()?;
/// # cache.scope(async {
/// let observer = Observer::new();
/// observer.scope(async { square(12).await + square(12).await }).await;
/// let answers: Vec<Answer> = observer.calls().iter().map(|call| call.answer).collect();
/// assert_eq!(answers, [Answer::Loaded, Answer::Hit]);
/// # }).await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Observer {
    max_age: Option<Duration>,
    only_if_cached: bool,
    observed: Arc<Observed>,
}

#[derive(Default)]
struct Observed {
    calls: Mutex<Vec<Observation>>,
    beyond: AtomicU64,
    has_declined: AtomicBool,
    has_refused: AtomicBool,
    refused: Notify,
    /// The number of futures that the observer sees.
    scopes: AtomicU64,
    /// Notified when one of them has ended.
    scope_ended: Notify,
}

/// A mark that an observer sees a future, for as long as it lives.
pub(crate) struct ScopeGuard(Arc<Observed>);

impl ScopeGuard {
    fn new(observed: &Arc<Observed>) -> Self {
        observed.scopes.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(observed))
    }
}

impl Drop for ScopeGuard {
    fn drop(&mut self) {
        self.0.scopes.fetch_sub(1, Ordering::AcqRel);
        self.0.scope_ended.notify_waiters();
    }
}

/// A record of one cached call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Observation {
    /// The path of the function, as `my_service::users::profile`; none for a call by key.
    pub function: Option<&'static str>,
    /// The source of its answer.
    pub answer: Answer,
    /// Time since the answer was stored, where that is known; zero for a load. Not known is that of an entry in memory
    /// that was [touched](crate::Cache::touch) or is kept for more than 49 days; one in Redis that was touched looks as if it
    /// had been stored when its new time began, if that is no longer than its ttl.
    pub age: Option<Duration>,
    /// Time for which the answer is still fresh, where that is known; of a load only if it is to be stored.
    pub fresh_for: Option<Duration>,
    /// True if the value of a load is to be stored. It is written after the call has its answer, and may still be
    /// refused.
    pub stored: bool,
    is_response: bool,
}

/// The source of a call's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Answer {
    /// An entry of the cache.
    Hit,
    /// An entry of the cache, past its ttl.
    Stale,
    /// Its own body.
    Loaded,
    /// Another call's body, for which it waited.
    Shared,
    /// Its own body, without the cache: that is turned off, or inside [`bypass`](crate::Cache::bypass).
    Bypassed,
}

impl Observation {
    /// Returns `true` if the function returns a whole response: [`CacheValue::IS_RESPONSE`](crate::CacheValue::IS_RESPONSE).
    #[must_use]
    pub fn is_response(&self) -> bool {
        self.is_response
    }
}

impl Observer {
    /// Creates an observer that has seen nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Has calls inside take nothing older than `age`, and nothing past its ttl: they load and store anew. An entry of
    /// no known age counts as older. A load that other calls share is always taken.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Has calls inside be answered from the cache or not at all. One that would run its body, or wait for another's,
    /// does neither: it does not end, and [`refused`](Self::refused) does. Drop the future then. What a task of its own
    /// has called goes on after that.
    #[must_use]
    pub fn only_if_cached(mut self) -> Self {
        self.only_if_cached = true;
        self
    }

    /// Waits until a call is refused; returns at once if one was.
    pub async fn refused(&self) {
        let refused = self.observed.refused.notified();
        if !self.observed.has_refused.load(Ordering::Acquire) {
            refused.await;
        }
    }

    /// Returns the calls seen so far, in the order in which they were answered; the first 64.
    #[must_use]
    pub fn calls(&self) -> Vec<Observation> {
        self.observed.lock().clone()
    }

    /// Returns the number of calls beyond those.
    #[must_use]
    pub fn beyond(&self) -> u64 {
        self.observed.beyond.load(Ordering::Relaxed)
    }

    /// Returns `true` if a call inside has found a value that was fresh, but older than [`max_age`](Self::max_age).
    #[must_use]
    pub fn has_declined(&self) -> bool {
        self.observed.has_declined.load(Ordering::Relaxed)
    }

    /// Counts a future that the observer sees, until the guard is dropped.
    pub(crate) fn enter(&self) -> ScopeGuard {
        ScopeGuard::new(&self.observed)
    }

    pub(crate) fn refuses_loads(&self) -> bool {
        self.only_if_cached
    }

    /// Refuses a call, and ends when nobody waits for it any more.
    pub(crate) async fn refuse(self) {
        self.observed.has_refused.store(true, Ordering::Release);
        self.observed.refused.notify_waiters();
        loop {
            let ended = self.observed.scope_ended.notified();
            if self.observed.scopes.load(Ordering::Acquire) == 0 {
                return;
            }
            ended.await;
        }
    }
}

impl Observed {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Observation>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, observation: Observation) {
        let mut calls = self.lock();
        if calls.len() < CAPACITY {
            calls.push(observation);
        } else {
            self.beyond.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A call that an observer sees.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    pub(crate) function: Option<&'static Function>,
    pub(crate) is_response: bool,
}

// Cold: kept out of the way of calls that nobody observes.
impl Observer {
    #[cold]
    fn record(
        &self,
        caller: Caller,
        answer: Answer,
        age: Option<Duration>,
        fresh_for: Option<Duration>,
    ) {
        self.observed.push(Observation {
            function: caller.function.map(Function::name),
            answer,
            age,
            fresh_for,
            stored: answer == Answer::Loaded && fresh_for.is_some(),
            is_response: caller.is_response,
        });
    }

    /// Returns `true` if calls take an entry of this age.
    #[cold]
    pub(crate) fn takes(&self, age: Freshness, lifetime: Lifetime) -> bool {
        let Some(max_age) = self.max_age else {
            return true;
        };
        let is_fresh = age == Freshness::Fresh;
        let takes = is_fresh && lifetime.lived().is_some_and(|lived| lived <= max_age);
        if is_fresh && !takes {
            self.observed.has_declined.store(true, Ordering::Relaxed);
        }
        takes
    }

    /// Records a call that was answered by an entry.
    #[cold]
    pub(crate) fn found(&self, caller: Caller, age: Freshness, lifetime: Lifetime) {
        let answer = match age {
            Freshness::Fresh => Answer::Hit,
            Freshness::Revalidate | Freshness::IfError | Freshness::Over => Answer::Stale,
        };
        self.record(caller, answer, lifetime.lived(), lifetime.fresh_for());
    }

    /// Records a call whose body ran; its value is to be stored for `ttl`, if at all.
    pub(crate) fn loaded(&self, caller: Caller, ttl: Option<Duration>) {
        self.record(caller, Answer::Loaded, Some(Duration::ZERO), ttl);
    }

    /// Records a call that took another's load, or an entry that was stored meanwhile: nothing is known of it but that it
    /// is new.
    pub(crate) fn shared(&self, caller: Caller) {
        self.record(caller, Answer::Shared, None, None);
    }

    /// Records a call that ran its body without the cache.
    #[cold]
    pub(crate) fn bypassed(&self, caller: Caller) {
        // One that is refused runs no body.
        if !self.refuses_loads() {
            self.record(caller, Answer::Bypassed, None, None);
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer")
            .field("max_age", &self.max_age)
            .field("only_if_cached", &self.only_if_cached)
            .finish_non_exhaustive()
    }
}
