//! [`Observer`]: what the cached calls inside a future did.

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

/// How many calls are kept; those beyond are counted.
const MOST: usize = 64;

/// Sees what the cached calls inside a future do: for what tells a client, a log or a test where its answer
/// came from.
///
/// Clones see the same. Only outermost calls are seen: not those that the body of a cached function makes, nor
/// loads behind an answer. Where a body runs without the cache, what it calls is outermost as well. Of the calls by
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
    seen: Arc<Observed>,
}

#[derive(Default)]
struct Observed {
    calls: Mutex<Vec<Observation>>,
    beyond: AtomicU64,
    has_declined: AtomicBool,
    has_refused: AtomicBool,
    refused: Notify,
    /// Futures that this sees, and when one of them has ended.
    scopes: AtomicU64,
    left: Notify,
}

/// A future that an observer sees.
pub(crate) struct ScopeGuard(Arc<Observed>);

impl ScopeGuard {
    fn new(seen: &Arc<Observed>) -> Self {
        seen.scopes.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(seen))
    }
}

impl Drop for ScopeGuard {
    fn drop(&mut self) {
        self.0.scopes.fetch_sub(1, Ordering::AcqRel);
        self.0.left.notify_waiters();
    }
}

/// What one cached call did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Observation {
    /// The path of the function, as `my_service::users::profile`; none for a call by key.
    pub function: Option<&'static str>,
    /// Where its answer came from.
    pub answer: Answer,
    /// How long ago the answer was stored, where that is known; zero for a load. Not known is that of an entry in memory
    /// that was [touched](crate::Cache::touch) or is kept for more than 49 days; one in Redis that was touched looks as if it
    /// had been stored when its new time began, if that is no longer than its ttl.
    pub age: Option<Duration>,
    /// How much longer the answer is fresh, where that is known; of a load only if it is to be stored.
    pub fresh_for: Option<Duration>,
    /// Whether the value of a load is to be stored. It is written behind the answer, and may still be refused.
    pub stored: bool,
    is_response: bool,
}

/// Where the answer of a call came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Answer {
    /// From the cache.
    Hit,
    /// From the cache, past its ttl.
    Stale,
    /// From its body.
    Loaded,
    /// From another call's body, for which it waited.
    Shared,
    /// From its body, without the cache: it is turned off, or inside [`bypass`](crate::Cache::bypass).
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
    /// An observer that has seen nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Calls inside take nothing that is older, and nothing past its ttl: they load and store anew. What is of no known
    /// age counts as older. A load that other calls share is always taken.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// A call inside that would run its body, or wait for another's, does neither: it does not end, and
    /// [`refused`](Self::refused) does. Drop the future then. What a task of its own has called goes on after that.
    #[must_use]
    pub fn only_if_cached(mut self) -> Self {
        self.only_if_cached = true;
        self
    }

    /// Ends as soon as a call was refused; at once if one was.
    pub async fn refused(&self) {
        let refused = self.seen.refused.notified();
        if !self.seen.has_refused.load(Ordering::Acquire) {
            refused.await;
        }
    }

    /// What was seen so far, in the order in which the calls were answered; the first 64.
    #[must_use]
    pub fn calls(&self) -> Vec<Observation> {
        self.seen.lock().clone()
    }

    /// How many more calls there were.
    #[must_use]
    pub fn beyond(&self) -> u64 {
        self.seen.beyond.load(Ordering::Relaxed)
    }

    /// Returns `true` if a call inside has found a value that was fresh, but older than [`max_age`](Self::max_age).
    #[must_use]
    pub fn has_declined(&self) -> bool {
        self.seen.has_declined.load(Ordering::Relaxed)
    }

    /// Counts a future that this sees, until what is returned is dropped.
    pub(crate) fn enter(&self) -> ScopeGuard {
        ScopeGuard::new(&self.seen)
    }

    pub(crate) fn refuses_loads(&self) -> bool {
        self.only_if_cached
    }

    /// Ends when nobody waits for the call any more.
    pub(crate) async fn refuse(self) {
        self.seen.has_refused.store(true, Ordering::Release);
        self.seen.refused.notify_waiters();
        loop {
            let left = self.seen.left.notified();
            if self.seen.scopes.load(Ordering::Acquire) == 0 {
                return;
            }
            left.await;
        }
    }
}

impl Observed {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Observation>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, observation: Observation) {
        let mut calls = self.lock();
        if calls.len() < MOST {
            calls.push(observation);
        } else {
            self.beyond.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The call that an observer sees.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    pub(crate) function: Option<&'static Function>,
    pub(crate) is_response: bool,
}

// Out of the way of calls that nobody sees.
impl Observer {
    #[cold]
    fn see(
        &self,
        caller: Caller,
        answer: Answer,
        age: Option<Duration>,
        fresh_for: Option<Duration>,
    ) {
        self.seen.push(Observation {
            function: caller.function.map(Function::name),
            answer,
            age,
            fresh_for,
            stored: answer == Answer::Loaded && fresh_for.is_some(),
            is_response: caller.is_response,
        });
    }

    /// Whether calls take what is of this age.
    #[cold]
    pub(crate) fn takes(&self, age: Freshness, kept: Lifetime) -> bool {
        let Some(max_age) = self.max_age else {
            return true;
        };
        let is_fresh = age == Freshness::Fresh;
        let takes = is_fresh && kept.lived().is_some_and(|lived| lived <= max_age);
        if is_fresh && !takes {
            self.seen.has_declined.store(true, Ordering::Relaxed);
        }
        takes
    }

    /// A value that was there, and how long it is kept.
    #[cold]
    pub(crate) fn found(&self, caller: Caller, age: Freshness, kept: Lifetime) {
        let answer = match age {
            Freshness::Fresh => Answer::Hit,
            Freshness::Revalidate | Freshness::IfError | Freshness::Over => Answer::Stale,
        };
        self.see(caller, answer, kept.lived(), kept.fresh_for());
    }

    /// A body ran; for how long its value is to be stored, if it is.
    pub(crate) fn loaded(&self, caller: Caller, ttl: Option<Duration>) {
        self.see(caller, Answer::Loaded, Some(Duration::ZERO), ttl);
    }

    /// Of another load, or of an entry that was stored meanwhile, nothing is known but that it is new.
    pub(crate) fn shared(&self, caller: Caller) {
        self.see(caller, Answer::Shared, None, None);
    }

    #[cold]
    pub(crate) fn bypassed(&self, caller: Caller) {
        // Else its body does not run.
        if !self.refuses_loads() {
            self.see(caller, Answer::Bypassed, None, None);
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
