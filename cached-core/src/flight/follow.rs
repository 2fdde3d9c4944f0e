//! Those who wait.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::{
    Flights, Landed, Lead,
    board::{Flight, State},
    boarding,
};
use crate::codec::Shared;

/// What a call does about its miss.
#[derive(Debug)]
pub(crate) enum Turn {
    /// Run the body, and say how it ended.
    Lead(Lead),
    /// Read again: what the leader found is for the leader alone.
    Again,
    /// Take this.
    Shared(Shared),
    /// Run the body alone: the leader's result could not be shared. The permit counts those who do.
    Alone(Lone),
    /// Run the body alone: the leader took too long.
    GaveUp,
}

/// A call that waits for another call's load. Cancelled at any moment, it leaves nothing behind: a
/// turn it did not take up goes to the next.
#[derive(Debug)]
pub(crate) struct Follower {
    flights: Flights,
    flight: Arc<Flight>,
}

impl Follower {
    pub(super) fn new(flights: &Flights, flight: &Arc<Flight>) -> Self {
        Self {
            flights: flights.clone(),
            flight: Arc::clone(flight),
        }
    }

    pub(crate) fn flight(&self) -> &Arc<Flight> {
        &self.flight
    }

    /// Waits until it is clear what this call does.
    pub(super) async fn follow(&self) -> Turn {
        loop {
            // Registered before the state is read, so that no change is missed in between.
            let changed = self.flight.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            match self.now() {
                Now::Turn(turn) => return turn,
                Now::Wait => changed.await,
                Now::WaitOrRunAlone => tokio::select! {
                    biased;
                    () = changed => {}
                    permit = Arc::clone(&self.flight.alone).acquire_owned() => {
                        return Turn::Alone(Lone {
                            flights: self.flights.clone(),
                            flight: Arc::clone(&self.flight),
                            _permit: permit.ok(),
                        });
                    }
                },
            }
            // Nearly always this is the end of it: thousands that are woken at once do not queue up to register again.
            if let Now::Turn(turn) = self.now() {
                return turn;
            }
        }
    }

    pub(super) fn now(&self) -> Now {
        let mut board = self.flight.board();
        match &board.state {
            State::Loading => Now::Wait,
            State::Dissolved => Now::Turn(Turn::Again),
            State::Vacant => {
                board.state = State::Loading;
                Now::Turn(Turn::Lead(Lead::new(
                    &self.flights,
                    Arc::clone(&self.flight),
                )))
            }
            State::Landed { shared, .. } => Now::Turn(Turn::Shared(shared.clone())),
            State::Unshareable => Now::WaitOrRunAlone,
        }
    }
}

/// What a follower does next.
pub(super) enum Now {
    Turn(Turn),
    Wait,
    WaitOrRunAlone,
}

impl Drop for Follower {
    fn drop(&mut self) {
        // Thousands leave a flight that has landed: they do not wait for all other flights.
        let is_last = {
            let mut board = self.flight.board();
            board.followers = board.followers.saturating_sub(1);
            board.is_abandoned()
        };
        if is_last {
            let mut by_key = self.flights.lock();
            // Another call may have boarded in between.
            if self.flight.board().is_abandoned() {
                boarding::remove(&mut by_key, &self.flight);
            }
        }
    }
}

/// A follower that runs its own body, because the leader's result could not be shared.
#[derive(Debug)]
pub(crate) struct Lone {
    flights: Flights,
    flight: Arc<Flight>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Lone {
    /// Gives the result to the followers that still wait for a permit, if it can be shared.
    pub(crate) fn land(self, shared: Option<Shared>) -> Option<Landed> {
        self.flight.set(State::Landed {
            shared: shared?,
            fresh: None,
            ended: None,
        });
        Some(Landed::new(self.flights, self.flight))
    }
}
