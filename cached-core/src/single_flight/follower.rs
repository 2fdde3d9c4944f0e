//! [`Follower`]: a call that waits for another call's load.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::{
    Completed, Lead,
    flight::{Flight, Phase},
    flights,
};
use crate::codec::Shared;

/// The outcome of waiting: what a call does about its miss.
#[derive(Debug)]
pub(crate) enum FollowOutcome {
    /// Lead: run the body, and complete or abandon the flight.
    Lead(Lead),
    /// Read again: what the leader found is for the leader alone.
    Again,
    /// Take what [`Follower::shared`] shows.
    Shared(Follower),
    /// Run the body alone: the leader's result could not be shared. The permit counts those who do.
    Alone(Lone),
    /// Run the body alone: the leader took too long.
    GaveUp,
}

/// A call that waits for another call's load. Cancelled at any moment, it leaves nothing behind: a
/// lead that it did not take up goes to the next.
#[derive(Debug)]
pub(crate) struct Follower {
    flight: Arc<Flight>,
}

impl Follower {
    pub(super) fn new(flight: &Arc<Flight>) -> Self {
        let flight = Arc::clone(flight);
        Self { flight }
    }

    pub(crate) fn flight(&self) -> &Arc<Flight> {
        &self.flight
    }

    /// Returns the result of the load, once there is one. By reference: a handle of its own for each of thousands would
    /// be counted, up and down, on one cache line.
    pub(crate) fn shared(&self) -> Option<&Shared> {
        self.flight.result()
    }

    /// Waits until it is clear what this call does.
    pub(super) async fn follow(self) -> FollowOutcome {
        match self.wait_for_outcome().await {
            Some(outcome) => outcome,
            None => FollowOutcome::Shared(self),
        }
    }

    /// Waits until this call has something to do; `None` if there is a result instead.
    async fn wait_for_outcome(&self) -> Option<FollowOutcome> {
        loop {
            // Registered before the state is read, so that no change is missed in between.
            let changed = self.flight.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            match self.next_step() {
                NextStep::Completed => return None,
                NextStep::Outcome(outcome) => return Some(outcome),
                NextStep::Wait => changed.await,
                NextStep::WaitOrRunAlone => tokio::select! {
                    biased;
                    () = changed => {}
                    // Boxed: it would take room in the future of everybody who waits.
                    permit = Box::pin(Arc::clone(&self.flight.lone_permits).acquire_owned()) => {
                        return Some(FollowOutcome::Alone(Lone {
                            flight: Arc::clone(&self.flight),
                            _permit: permit.ok(),
                        }));
                    }
                },
            }
            // Asked once more before it registers again: nearly always there is a result, and thousands that are woken at
            // once would queue up to register.
            match self.next_step() {
                NextStep::Completed => return None,
                NextStep::Outcome(outcome) => return Some(outcome),
                NextStep::Wait | NextStep::WaitOrRunAlone => {}
            }
        }
    }

    /// Returns what to do next, and takes the lead if nobody has it.
    pub(super) fn next_step(&self) -> NextStep {
        if self.shared().is_some() {
            return NextStep::Completed;
        }
        let mut state = self.flight.lock_state();
        match &state.phase {
            Phase::Loading => NextStep::Wait,
            Phase::Abandoned => NextStep::Outcome(FollowOutcome::Again),
            Phase::Vacant => {
                state.phase = Phase::Loading;
                NextStep::Outcome(FollowOutcome::Lead(Lead::new(Arc::clone(&self.flight))))
            }
            Phase::Completed { .. } => NextStep::Completed,
            Phase::Unshareable => NextStep::WaitOrRunAlone,
        }
    }
}

/// The next step of a follower.
pub(super) enum NextStep {
    Completed,
    Outcome(FollowOutcome),
    Wait,
    WaitOrRunAlone,
}

impl Drop for Follower {
    fn drop(&mut self) {
        // Nobody counts those who leave a flight that has a result: so thousands of them wait neither for its lock nor for
        // that of all flights.
        if self.shared().is_some() {
            return;
        }
        let is_last = {
            let mut state = self.flight.lock_state();
            state.followers = state.followers.saturating_sub(1);
            state.is_deserted()
        };
        if is_last {
            let mut by_key = self.flight.flights.lock();
            // Another call may have joined in between.
            if self.flight.lock_state().is_deserted() {
                flights::remove(&mut by_key, &self.flight);
            }
        }
    }
}

/// A follower that runs its own body, because the leader's result could not be shared.
#[derive(Debug)]
pub(crate) struct Lone {
    flight: Arc<Flight>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Lone {
    /// Gives the result to the followers that still wait for a permit, if it can be shared and is the first.
    pub(crate) fn complete(self, shared: Option<Shared>) -> Option<Completed> {
        let is_first = self.flight.complete(shared?);
        is_first.then(|| Completed::new(&self.flight))
    }
}
