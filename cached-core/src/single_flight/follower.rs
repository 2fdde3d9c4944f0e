//! Those who wait.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::{
    Completed, Lead,
    flight::{Flight, Phase},
    flights,
};
use crate::codec::Shared;

/// What a call does about its miss.
#[derive(Debug)]
pub(crate) enum FollowOutcome {
    /// Run the body, and say how it ended.
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
/// turn it did not take up goes to the next.
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

    /// The result of the load, once there is one. Where it lies: a handle of its own for each of thousands would be
    /// counted, up and down, on one cache line.
    pub(crate) fn shared(&self) -> Option<&Shared> {
        self.flight.completed()
    }

    /// Waits until it is clear what this call does.
    pub(super) async fn follow(self) -> FollowOutcome {
        match self.wait().await {
            Some(turn) => turn,
            None => FollowOutcome::Shared(self),
        }
    }

    /// Waits for its turn; `None` if there is a result instead.
    async fn wait(&self) -> Option<FollowOutcome> {
        loop {
            // Registered before the state is read, so that no change is missed in between.
            let changed = self.flight.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            match self.now() {
                Now::Completed => return None,
                Now::Outcome(turn) => return Some(turn),
                Now::Wait => changed.await,
                Now::WaitOrRunAlone => tokio::select! {
                    biased;
                    () = changed => {}
                    // Boxed: it would lie in the future of everybody who waits.
                    permit = Box::pin(Arc::clone(&self.flight.alone).acquire_owned()) => {
                        return Some(FollowOutcome::Alone(Lone {
                            flight: Arc::clone(&self.flight),
                            _permit: permit.ok(),
                        }));
                    }
                },
            }
            // Nearly always this is the end of it: thousands that are woken at once do not queue up to register again.
            match self.now() {
                Now::Completed => return None,
                Now::Outcome(turn) => return Some(turn),
                Now::Wait | Now::WaitOrRunAlone => {}
            }
        }
    }

    pub(super) fn now(&self) -> Now {
        if self.shared().is_some() {
            return Now::Completed;
        }
        let mut state = self.flight.join();
        match &state.state {
            Phase::Loading => Now::Wait,
            Phase::Dissolved => Now::Outcome(FollowOutcome::Again),
            Phase::Vacant => {
                state.state = Phase::Loading;
                Now::Outcome(FollowOutcome::Lead(Lead::new(Arc::clone(&self.flight))))
            }
            Phase::Completed { .. } => Now::Completed,
            Phase::Unshareable => Now::WaitOrRunAlone,
        }
    }
}

/// What a follower does next.
pub(super) enum Now {
    Completed,
    Outcome(FollowOutcome),
    Wait,
    WaitOrRunAlone,
}

impl Drop for Follower {
    fn drop(&mut self) {
        // Nobody counts those who leave a flight that has landed: thousands of them wait neither for its board nor for
        // all other flights.
        if self.shared().is_some() {
            return;
        }
        let is_last = {
            let mut state = self.flight.join();
            state.followers = state.followers.saturating_sub(1);
            state.is_abandoned()
        };
        if is_last {
            let mut by_key = self.flight.flights.lock();
            // Another call may have boarded in between.
            if self.flight.join().is_abandoned() {
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
