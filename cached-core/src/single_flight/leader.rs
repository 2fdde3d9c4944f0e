//! Who loads, and how that ends.

use std::{sync::Arc, time::Duration};

use super::{
    Boarding, Captured, Passenger, clock,
    flight::{Flight, State},
    flights,
};
use crate::{codec::Shared, coherence::rules::Captures};

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

    /// The flight that this call leads.
    pub(crate) fn flight(&self) -> &Arc<Flight> {
        &self.flight
    }

    /// Whether a leader before this one had begun: what it captured precedes this load as well.
    pub(crate) fn inherits(&self) -> bool {
        self.flight.board().begun.is_some()
    }

    /// Looks, after the capture, for another flight that may answer this call: one that began before,
    /// with the same captures. Then this one is dissolved, and its followers read for themselves.
    pub(crate) fn rejoin(self, passenger: Passenger<'_>) -> Boarding {
        let other = {
            let flights = &self.flight.flights;
            flights.follow(&flights.lock(), passenger, Some(&self.flight))
        };
        match other {
            None => Boarding::Lead(self),
            Some(follower) => {
                self.dissolve();
                Boarding::Follow(follower)
            }
        }
    }

    /// Gives the load up, because this call has its answer: the followers read for themselves.
    pub(crate) fn dissolve(self) {
        self.end_with(State::Dissolved);
    }

    /// From now on it can be joined only by calls that saw what was captured.
    pub(crate) fn begin(&self, from: Option<Captures>) -> Captured {
        let captured = Captured {
            at: self.flight.flights.0.generations.now(),
            began: clock::instant(),
            from,
        };
        let mut board = self.flight.board();
        match &board.begun {
            // The dead leader's: those who follow have seen these.
            Some(captured) => captured.clone(),
            None => board.begun.insert(captured).clone(),
        }
    }

    /// Gives the result to the followers: all that wait, and those that come before
    /// [`Landed::end`]. Without one they run their own bodies, and nothing is left to join.
    pub(crate) fn land(mut self, shared: Option<Shared>) -> Option<Landed> {
        let Some(shared) = shared else {
            self.end_with(State::Unshareable);
            return None;
        };
        self.is_over = true;
        self.flight.land(shared).then(|| Landed::new(&self.flight))
    }

    /// Ends with nothing to join.
    fn end_with(mut self, state: State) {
        self.is_over = true;
        flights::remove(&mut self.flight.flights.lock(), &self.flight);
        self.flight.set(state);
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let mut by_key = self.flight.flights.lock();
        let mut board = self.flight.board();
        board.state = State::Vacant;
        if board.followers == 0 {
            drop(board);
            flights::remove(&mut by_key, &self.flight);
        } else {
            self.flight.changed.notify_waiters();
        }
    }
}

/// A flight whose load is over. It can be joined until this is dropped.
#[derive(Debug)]
pub(crate) struct Landed {
    flight: Arc<Flight>,
}

impl Landed {
    pub(super) fn new(flight: &Arc<Flight>) -> Self {
        let flight = Arc::clone(flight);
        Self { flight }
    }

    /// The result is to be stored for `ttl`.
    pub(crate) fn keeps(&self, ttl: Duration) {
        if let State::Landed { fresh, .. } = &mut self.flight.board().state {
            *fresh = Some((clock::instant(), ttl));
        }
    }

    /// From now on only calls that have begun already may take the result.
    pub(crate) fn end(&self) {
        if let State::Landed { ended, .. } = &mut self.flight.board().state
            && ended.is_none()
        {
            *ended = Some(clock::instant());
        }
    }
}

impl Drop for Landed {
    fn drop(&mut self) {
        self.end();
        flights::remove(&mut self.flight.flights.lock(), &self.flight);
    }
}
