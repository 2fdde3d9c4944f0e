//! Who loads, and how that ends.

use std::{sync::Arc, time::Duration};

use super::{
    Boarding, Captured, Flights, Passenger,
    board::{Flight, State},
    boarding, clock,
};
use crate::{codec::Shared, generation::Captures};

/// The right and the duty to load. Dropped without a result, by a cancelled caller or a panicking
/// body, it hands over to a follower.
#[derive(Debug)]
pub(crate) struct Lead {
    flights: Flights,
    flight: Option<Arc<Flight>>,
}

impl Lead {
    pub(super) fn new(flights: &Flights, flight: Arc<Flight>) -> Self {
        Self {
            flights: flights.clone(),
            flight: Some(flight),
        }
    }

    /// The flight that this call leads.
    pub(crate) fn flight(&self) -> Option<&Arc<Flight>> {
        self.flight.as_ref()
    }

    /// Whether a leader before this one had begun: what it captured precedes this load as well.
    pub(crate) fn inherits(&self) -> bool {
        self.flight
            .as_ref()
            .is_some_and(|flight| flight.board().begun.is_some())
    }

    /// Looks, after the capture, for another flight that may answer this call: one that began before,
    /// with the same captures. Then this one is dissolved, and its followers read for themselves.
    pub(crate) fn rejoin(self, passenger: Passenger<'_>) -> Boarding {
        let other = {
            let flights = self.flights.lock();
            self.flights
                .follow(&flights, passenger, self.flight.as_ref())
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
    pub(crate) fn dissolve(mut self) {
        if let Some(flight) = self.flight.take() {
            boarding::remove(&mut self.flights.lock(), &flight);
            flight.set(State::Dissolved);
        }
    }

    /// From now on it can be joined only by calls that saw what was captured.
    pub(crate) fn begin(&self, from: Option<Captures>) -> Captured {
        let captured = Captured {
            at: self.flights.0.generations.now(),
            began: clock::instant(),
            from,
        };
        if let Some(flight) = &self.flight {
            let mut board = flight.board();
            match &board.begun {
                // The dead leader's: those who follow have seen these.
                Some(captured) => return captured.clone(),
                None => board.begun = Some(captured.clone()),
            }
        }
        captured
    }

    /// Gives the result to the followers: all that wait, and those that come before
    /// [`Landed::end`]. Without one they run their own bodies, and nothing is left to join.
    pub(crate) fn land(mut self, shared: Option<Shared>) -> Option<Landed> {
        let flight = self.flight.take()?;
        let Some(shared) = shared else {
            boarding::remove(&mut self.flights.lock(), &flight);
            flight.set(State::Unshareable);
            return None;
        };
        flight.set(State::Landed {
            shared,
            fresh: None,
            ended: None,
        });
        Some(Landed::new(self.flights.clone(), flight))
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        let Some(flight) = self.flight.take() else {
            return;
        };
        let mut by_key = self.flights.lock();
        let mut board = flight.board();
        board.state = State::Vacant;
        if board.followers == 0 {
            drop(board);
            boarding::remove(&mut by_key, &flight);
        } else {
            flight.changed.notify_waiters();
        }
    }
}

/// A flight whose load is over. It can be joined until this is dropped.
#[derive(Debug)]
pub(crate) struct Landed {
    flights: Flights,
    flight: Arc<Flight>,
}

impl Landed {
    pub(super) fn new(flights: Flights, flight: Arc<Flight>) -> Self {
        Self { flights, flight }
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
        boarding::remove(&mut self.flights.lock(), &self.flight);
    }
}
