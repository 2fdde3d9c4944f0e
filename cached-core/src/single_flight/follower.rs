//! Those who wait.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::{
    Landed, Lead,
    flight::{Flight, State},
    flights,
};
use crate::codec::Shared;

/// What a call does about its miss.
#[derive(Debug)]
pub(crate) enum Turn {
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
        self.flight.landed()
    }

    /// Waits until it is clear what this call does.
    pub(super) async fn follow(self) -> Turn {
        match self.wait().await {
            Some(turn) => turn,
            None => Turn::Shared(self),
        }
    }

    /// Waits for its turn; `None` if there is a result instead.
    async fn wait(&self) -> Option<Turn> {
        loop {
            // Registered before the state is read, so that no change is missed in between.
            let changed = self.flight.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            match self.now() {
                Now::Landed => return None,
                Now::Turn(turn) => return Some(turn),
                Now::Wait => changed.await,
                Now::WaitOrRunAlone => tokio::select! {
                    biased;
                    () = changed => {}
                    // Boxed: it would lie in the future of everybody who waits.
                    permit = Box::pin(Arc::clone(&self.flight.alone).acquire_owned()) => {
                        return Some(Turn::Alone(Lone {
                            flight: Arc::clone(&self.flight),
                            _permit: permit.ok(),
                        }));
                    }
                },
            }
            // Nearly always this is the end of it: thousands that are woken at once do not queue up to register again.
            match self.now() {
                Now::Landed => return None,
                Now::Turn(turn) => return Some(turn),
                Now::Wait | Now::WaitOrRunAlone => {}
            }
        }
    }

    pub(super) fn now(&self) -> Now {
        if self.shared().is_some() {
            return Now::Landed;
        }
        let mut board = self.flight.board();
        match &board.state {
            State::Loading => Now::Wait,
            State::Dissolved => Now::Turn(Turn::Again),
            State::Vacant => {
                board.state = State::Loading;
                Now::Turn(Turn::Lead(Lead::new(Arc::clone(&self.flight))))
            }
            State::Landed { .. } => Now::Landed,
            State::Unshareable => Now::WaitOrRunAlone,
        }
    }
}

/// What a follower does next.
pub(super) enum Now {
    Landed,
    Turn(Turn),
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
            let mut board = self.flight.board();
            board.followers = board.followers.saturating_sub(1);
            board.is_abandoned()
        };
        if is_last {
            let mut by_key = self.flight.flights.lock();
            // Another call may have boarded in between.
            if self.flight.board().is_abandoned() {
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
    pub(crate) fn land(self, shared: Option<Shared>) -> Option<Landed> {
        let is_first = self.flight.land(shared?);
        is_first.then(|| Landed::new(&self.flight))
    }
}
