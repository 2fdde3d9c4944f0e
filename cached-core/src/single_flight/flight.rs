//! [`Flight`]: one load that calls share, and its state.

use std::{
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::Semaphore;

// The runtime's; in `loom_tests`, which compiles this file again, the scheduler's.
use super::{
    Epoch, Epochs, Flights, LoadCaller, Notify,
    sync::{Mutex, MutexGuard, OnceLock},
};
use crate::{
    codec::Shared,
    coherence::rules::{self, Snapshot, Stage},
    key::Key,
};

/// One load, shared by all calls that missed its key while it was under way.
///
/// Where both locks are held, the one of [`Flights`] is taken first.
#[derive(Debug)]
pub(crate) struct Flight {
    /// The flights it is one of, for its leader and its followers. It is removed from them when it ends, so that they are
    /// not kept alive.
    pub(super) flights: Flights,
    pub(super) key: Key,
    state: Mutex<FlightState>,
    /// The result, once there is one. Outside of the lock: thousands read it at one moment, and a lock and a handle
    /// for each took a tenth of the time to the end of a stampede of 10,000.
    result: OnceLock<Shared>,
    pub(super) changed: Notify,
    /// Lets a few followers at a time run their own bodies, once a load could not be shared.
    pub(super) lone_permits: Arc<Semaphore>,
}

#[derive(Debug)]
pub(super) struct FlightState {
    pub(super) phase: Phase,
    pub(super) followers: usize,
    /// The beginning of the load, once it has begun.
    pub(super) begun: Option<LoadStart>,
}

/// The state captured before a load began.
#[derive(Clone, Debug)]
pub(crate) struct LoadStart {
    /// The epoch of this process.
    pub(crate) at: Epoch,
    /// The moment it began.
    pub(crate) began: Instant,
    /// The state of the store; `None` if it did not answer, or if nothing may be written there.
    pub(crate) from: Option<Snapshot>,
}

/// The progress of a flight.
#[derive(Debug)]
pub(super) enum Phase {
    /// A leader is about to run its body, or runs it.
    Loading,
    /// The leader is gone without a result: a follower, or the next call to come by, leads.
    Vacant,
    /// The leader found its answer before it loaded: everybody reads again.
    Abandoned,
    /// There is a result. Once it has `ended`, only calls that began before may take it.
    Completed {
        /// The moment since which it is fresh, and for how long, if it is to be stored.
        fresh: Option<(Instant, Duration)>,
        ended: Option<Instant>,
    },
    /// There was a result that cannot be shared: every call runs its own body.
    Unshareable,
}

impl Flight {
    /// Creates one of `flights` that a call of `key` leads. If its result cannot be shared, `parallel` followers at a
    /// time run their own bodies.
    pub(super) fn new(flights: &Flights, key: &Key, parallel: usize) -> Self {
        Self {
            flights: flights.clone(),
            key: key.clone(),
            state: Mutex::new(FlightState {
                phase: Phase::Loading,
                followers: 0,
                begun: None,
            }),
            result: OnceLock::new(),
            changed: Notify::new(),
            lone_permits: Arc::new(Semaphore::new(parallel.min(Semaphore::MAX_PERMITS))),
        }
    }

    pub(super) fn lock_state(&self) -> MutexGuard<'_, FlightState> {
        lock(&self.state)
    }

    pub(super) fn set_phase(&self, phase: Phase) {
        self.lock_state().phase = phase;
        self.changed.notify_waiters();
    }

    /// Gives the result to all who follow, unless they have one. Returns `true` if it is the first.
    pub(super) fn complete(&self, shared: Shared) -> bool {
        let is_first = self.result.set(shared).is_ok();
        if is_first {
            self.set_phase(Phase::Completed {
                fresh: None,
                ended: None,
            });
        }
        is_first
    }

    pub(super) fn result(&self) -> Option<&Shared> {
        self.result.get()
    }
}

impl FlightState {
    /// Returns `true` if nobody leads, and nobody would.
    pub(super) fn is_deserted(&self) -> bool {
        self.followers == 0 && matches!(self.phase, Phase::Vacant)
    }

    /// Returns `true` if `caller` may take what this flight gives, or will give.
    pub(super) fn admits(&self, caller: LoadCaller<'_>, epochs: &Epochs) -> bool {
        let in_time = match &self.phase {
            // A new leader begins its load after this.
            Phase::Vacant => return true,
            Phase::Loading => true,
            Phase::Completed { ended, .. } => ended.is_none_or(|ended| caller.began < ended),
            Phase::Abandoned | Phase::Unshareable => false,
        };
        let stage = match &self.begun {
            None => Stage::NotBegun,
            Some(begun) if epochs.holds_exactly(caller.key, begun.at) => {
                Stage::Begun(begun.from.as_ref())
            }
            // Something was invalidated here since; the store may not know it yet.
            Some(_) => return false,
        };
        in_time && rules::joins(stage, caller.saw)
    }
}

// No code of a user runs under these locks, so a poisoned one is as good as any.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
