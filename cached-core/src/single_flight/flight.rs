//! One load, and what is known of it.

use std::{
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::Semaphore;

// The runtime's; under the scheduler of `interleavings`, its own.
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
    /// Those it is one of: whoever is on it finds them here. It leaves them when it ends, so they are not kept alive.
    pub(super) flights: Flights,
    pub(super) key: Key,
    state: Mutex<FlightState>,
    /// The result, once there is one. Apart from the board: thousands read it at one moment, and a lock and a handle
    /// for each took a tenth of the time to the end of a stampede of 10,000.
    completed: OnceLock<Shared>,
    pub(super) changed: Notify,
    /// Lets a few followers at a time run their own bodies, once a load could not be shared.
    pub(super) alone: Arc<Semaphore>,
}

#[derive(Debug)]
pub(super) struct FlightState {
    pub(super) state: Phase,
    pub(super) followers: usize,
    /// What the load began with, once it has begun.
    pub(super) begun: Option<LoadStart>,
}

/// What was there before a load began.
#[derive(Clone, Debug)]
pub(crate) struct LoadStart {
    /// The generation of this process.
    pub(crate) at: Epoch,
    /// The moment it began.
    pub(crate) began: Instant,
    /// In the store; `None` if it did not answer, or if nothing may be written there.
    pub(crate) from: Option<Snapshot>,
}

#[derive(Debug)]
pub(super) enum Phase {
    /// A leader is about to run its body, or runs it.
    Loading,
    /// The leader is gone without a result: a follower, or the next call to come by, leads.
    Vacant,
    /// The leader found its answer before it loaded: everybody reads again.
    Dissolved,
    /// There is a result. Once it has `ended`, only calls that began before may take it.
    Completed {
        /// Since when it is fresh, and for how long, if it is to be stored.
        fresh: Option<(Instant, Duration)>,
        ended: Option<Instant>,
    },
    /// There was a result that cannot be shared: every call runs its own body.
    Unshareable,
}

impl Flight {
    /// One of `flights` that a call of `key` leads. If it cannot be shared, `parallel` followers at a time run their
    /// own bodies.
    pub(super) fn new(flights: &Flights, key: &Key, parallel: usize) -> Self {
        Self {
            flights: flights.clone(),
            key: key.clone(),
            state: Mutex::new(FlightState {
                state: Phase::Loading,
                followers: 0,
                begun: None,
            }),
            completed: OnceLock::new(),
            changed: Notify::new(),
            alone: Arc::new(Semaphore::new(parallel.min(Semaphore::MAX_PERMITS))),
        }
    }

    pub(super) fn join(&self) -> MutexGuard<'_, FlightState> {
        lock(&self.state)
    }

    pub(super) fn set(&self, state: Phase) {
        self.join().state = state;
        self.changed.notify_waiters();
    }

    /// Gives the result to all who follow, unless they have one.
    pub(super) fn complete(&self, shared: Shared) -> bool {
        let is_first = self.completed.set(shared).is_ok();
        if is_first {
            self.set(Phase::Completed {
                fresh: None,
                ended: None,
            });
        }
        is_first
    }

    pub(super) fn completed(&self) -> Option<&Shared> {
        self.completed.get()
    }
}

impl FlightState {
    /// Whether nobody leads, and nobody would.
    pub(super) fn is_abandoned(&self) -> bool {
        self.followers == 0 && matches!(self.state, Phase::Vacant)
    }

    /// Whether `passenger` may take what this flight gives, or will give.
    pub(super) fn admits(&self, caller: LoadCaller<'_>, epochs: &Epochs) -> bool {
        let in_time = match &self.state {
            // A new leader begins its load after this.
            Phase::Vacant => return true,
            Phase::Loading => true,
            Phase::Completed { ended, .. } => ended.is_none_or(|ended| caller.began < ended),
            Phase::Dissolved | Phase::Unshareable => false,
        };
        let stage = match &self.begun {
            None => Stage::NotBegun,
            Some(captured) if epochs.holds_exactly(caller.key, captured.at) => {
                Stage::Begun(captured.from.as_ref())
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
