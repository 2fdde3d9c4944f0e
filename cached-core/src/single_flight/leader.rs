//! [`Lead`]: the right and the duty to load, and how that ends.

use std::{sync::Arc, time::Duration};

use super::{
    LoadCaller, LoadStart, Role, clock,
    flight::{Flight, Phase},
    flights,
};
use crate::{codec::Shared, coherence::rules::Snapshot};

/// The right and the duty to load. Dropped without a result, by a cancelled caller or a panicking
/// body, it hands over to a follower.
#[derive(Debug)]
pub(crate) struct Lead {
    flight: Arc<Flight>,
    is_over: bool,
}

impl Lead {
    pub(super) fn new(flight: Arc<Flight>) -> Self {
        Self {
            flight,
            is_over: false,
        }
    }

    /// Returns the flight that this call leads.
    pub(crate) fn flight(&self) -> &Arc<Flight> {
        &self.flight
    }

    /// Returns `true` if a leader before this one had begun: what it captured precedes this load as well.
    pub(crate) fn inherits(&self) -> bool {
        self.flight.lock_state().begun.is_some()
    }

    /// Looks, after the capture, for another flight that may answer this call: one that began before,
    /// with the same captures. If there is one, this one is abandoned, and its followers read for themselves.
    pub(crate) fn rejoin(self, caller: LoadCaller<'_>) -> Role {
        let other = {
            let flights = &self.flight.flights;
            flights.follow(&flights.lock(), caller, Some(&self.flight))
        };
        match other {
            None => Role::Lead(self),
            Some(follower) => {
                self.abandon();
                Role::Follow(follower)
            }
        }
    }

    /// Abandons the load, because this call has its answer: the followers read for themselves.
    pub(crate) fn abandon(self) {
        self.end_with(Phase::Abandoned);
    }

    /// Begins the load: from now on it can be joined only by calls that saw what was captured.
    pub(crate) fn begin(&self, from: Option<Snapshot>) -> LoadStart {
        let start = LoadStart {
            at: self.flight.flights.0.epochs.now(),
            began: clock::instant(),
            from,
        };
        let mut state = self.flight.lock_state();
        match &state.begun {
            // A leader that is gone had begun: its followers have seen what it captured.
            Some(begun) => begun.clone(),
            None => state.begun.insert(start).clone(),
        }
    }

    /// Gives the result to the followers: all that wait, and those that come before
    /// [`Completed::end`]. Without one they run their own bodies, and nothing is left to join.
    pub(crate) fn complete(mut self, shared: Option<Shared>) -> Option<Completed> {
        let Some(shared) = shared else {
            self.end_with(Phase::Unshareable);
            return None;
        };
        self.is_over = true;
        self.flight
            .complete(shared)
            .then(|| Completed::new(&self.flight))
    }

    /// Ends the flight with nothing to join.
    fn end_with(mut self, phase: Phase) {
        self.is_over = true;
        flights::remove(&mut self.flight.flights.lock(), &self.flight);
        self.flight.set_phase(phase);
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let mut by_key = self.flight.flights.lock();
        let mut state = self.flight.lock_state();
        state.phase = Phase::Vacant;
        if state.followers == 0 {
            drop(state);
            flights::remove(&mut by_key, &self.flight);
        } else {
            self.flight.changed.notify_waiters();
        }
    }
}

/// A flight whose load is over. It can be joined until this is dropped.
#[derive(Debug)]
pub(crate) struct Completed {
    flight: Arc<Flight>,
}

impl Completed {
    pub(super) fn new(flight: &Arc<Flight>) -> Self {
        let flight = Arc::clone(flight);
        Self { flight }
    }

    /// Notes that the result is to be stored for `ttl`.
    pub(crate) fn keeps(&self, ttl: Duration) {
        if let Phase::Completed { fresh, .. } = &mut self.flight.lock_state().phase {
            *fresh = Some((clock::instant(), ttl));
        }
    }

    /// Closes the flight: from now on only calls that have begun already may take the result.
    pub(crate) fn end(&self) {
        if let Phase::Completed { ended, .. } = &mut self.flight.lock_state().phase
            && ended.is_none()
        {
            *ended = Some(clock::instant());
        }
    }
}

impl Drop for Completed {
    fn drop(&mut self) {
        self.end();
        flights::remove(&mut self.flight.flights.lock(), &self.flight);
    }
}
