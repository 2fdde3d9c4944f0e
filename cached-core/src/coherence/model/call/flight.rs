//! Loads that calls of one process share: who leads, who joins, who takes over.

use super::CallTransitions;
use crate::coherence::model::{
    decide,
    rules::Rule,
    scenario::{CALLS, CallSpec},
    state::{Flight, Invalidations, Phase, Seen, Stage, State},
    world::World,
};

impl World {
    pub(super) fn lead_flight(state: &mut State, number: usize) {
        state.calls[number].flight = u8::try_from(number).expect("a few calls");
        state.flights[number] = Flight {
            stage: Stage::NotBegun,
            outage: state.calls[number].outage,
            ..Flight::default()
        };
    }

    pub(in crate::coherence::model) fn can_join(
        &self,
        state: &State,
        of: CallSpec,
        flight: usize,
        seen: Seen,
        outage: u8,
    ) -> bool {
        let other = self.call(flight);
        let joined = &state.flights[flight];
        let open = joined.vacant || joined.stage == Stage::NotBegun || !joined.detached;
        other.process == of.process
            && other.entry == of.entry
            && joined.outage == outage
            && !joined.alone
            && open
            && decide::joins(self.rules, joined, seen, of.groups)
    }

    /// Returns the flights that a call can join, but for its `own`.
    pub(super) fn joinable(
        &self,
        state: &State,
        number: usize,
        own: Option<usize>,
    ) -> impl Iterator<Item = usize> {
        let call = &state.calls[number];
        let of = self.call(number);
        (0..CALLS).filter(move |flight| {
            own != Some(*flight)
                && call.too_late_for & bit(*flight) == 0
                && self.can_join(state, of, *flight, call.seen, call.outage)
        })
    }

    /// Adds a transition for each flight that the call can join. `own` is the flight it leads.
    pub(super) fn join_transitions(
        &self,
        state: &State,
        number: usize,
        own: Option<usize>,
        transitions: &mut CallTransitions<'_>,
    ) -> bool {
        let mut joined = false;
        for flight in self.joinable(state, number, own) {
            joined = true;
            let mut next = *state;
            if let Some(own) = own {
                self.abandon_flight(&mut next, own, Some(flight));
            }
            self.join_flight(&mut next, number, flight);
            transitions.push("joins a flight", 0, next);
        }
        joined
    }

    pub(super) fn join_flight(&self, state: &mut State, number: usize, flight: usize) {
        if state.flights[flight].stage >= Stage::Completed {
            let value = state.flights[flight].value;
            return Self::return_value(state, number, value);
        }
        let call = &mut state.calls[number];
        call.phase = Phase::Waiting;
        call.pending = 0;
        call.flight = u8::try_from(flight).expect("a few calls");
        call.entry = None;
        if !self.scenario.may_need_views() {
            let answered = call.seen.answered;
            call.seen = Seen {
                answered,
                ..Seen::default()
            };
        }
    }

    /// Returns the calls that wait for `flight`.
    pub(super) fn waiters(state: &State, flight: usize) -> impl Iterator<Item = usize> + use<> {
        let calls = state.calls;
        (0..CALLS).filter(move |call| {
            calls[*call].phase == Phase::Waiting && usize::from(calls[*call].flight) == flight
        })
    }

    /// Hands a value to all who wait for a flight.
    pub(super) fn give_value(state: &mut State, flight: usize, value: Invalidations) {
        for waiter in Self::waiters(state, flight) {
            Self::return_value(state, waiter, value);
        }
    }

    /// Abandons `flight`, whose leader needs no load, because it joins another one or has hit: each of those who
    /// wait tests for itself.
    pub(super) fn abandon_flight(&self, state: &mut State, flight: usize, joined: Option<usize>) {
        state.flights[flight] = Flight::default();
        for waiter in Self::waiters(state, flight) {
            if let Some(joined) = joined
                && !self.rules.has(Rule::WaitersTestThemselves)
            {
                self.join_flight(state, waiter, joined);
            } else {
                let call = &mut state.calls[waiter];
                call.phase = Phase::SentBack;
                call.seen = Seen::default();
            }
        }
    }

    /// Ends `flight` if the one who waits for it no more was the last, and there is no leader.
    pub(super) fn leave_flight(state: &mut State, flight: usize) {
        if state.flights[flight].vacant && Self::waiters(state, flight).next().is_none() {
            state.flights[flight] = Flight::default();
        }
    }

    /// Has a call that waited for a cancelled leader lead, with its own captures or with the leader's.
    pub(super) fn take_over(
        &self,
        state: &State,
        number: usize,
        transitions: &mut CallTransitions<'_>,
    ) {
        let of = self.call(number);
        let call = &state.calls[number];
        let at = usize::from(call.flight);
        let lacking = if call.seen.answered {
            decide::lacks(call.seen, of.groups, of.entry)
        } else {
            0
        };
        let mut next = *state;
        let flight = &mut next.flights[at];
        flight.vacant = false;
        let left = flight.captures.take();
        self.begin_capture(&mut next, number, lacking);
        transitions.push("takes over", 0, next);
        if let Some(left) = left {
            let call = &mut next.calls[number];
            call.phase = Phase::Ready;
            call.pending = 0;
            call.seen = left;
            transitions.push("takes over, with what was captured", 0, next);
        }
    }

    /// Has a call that has waited load outside of a flight, and store with what it has seen itself.
    pub(super) fn load_alone(state: &mut State, number: usize) {
        Self::lead_flight(state, number);
        state.flights[number].alone = true;
        state.calls[number].phase = Phase::Ready;
    }

    /// Ends the flight of a call: calls that begin later find its value in the store, or load anew.
    pub(super) fn end_flight(&self, state: &mut State, number: usize) {
        if self.is_calm {
            let flight = usize::from(state.calls[number].flight);
            state.flights[flight].stage = Stage::Ended;
        }
    }
}

pub(super) fn bit(flight: usize) -> u8 {
    1 << flight
}
