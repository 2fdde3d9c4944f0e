//! The load of a call: it begins, ends or fails.

use super::flight::bit;
use crate::coherence::model::{
    decide,
    rules::Rule,
    scenario::Scenario,
    server::{ENTRY, MARKER},
    state::{Call, Flight, Phase, Stage, State},
    world::World,
};

impl World {
    pub(super) fn may_load_early(&self, call: &Call) -> bool {
        let entries = ENTRY.iter().fold(0, |all, key| all | key);
        let markers = MARKER.iter().fold(0, |all, key| all | key);
        (call.pending & markers == 0 && !self.rules.has(Rule::LoadAfterLease))
            || (call.pending & entries == 0 && !self.rules.has(Rule::LoadAfterMarkers))
    }

    pub(super) fn begin_load(&self, state: &State, number: usize) -> State {
        let of = self.call(number);
        let mut next = *state;
        if of.refresh {
            next.begun |= Scenario::of_refresh(number);
            next.calls[number].older = state.loaded;
        }
        next.processes[of.process].loads += u8::from(!of.refresh);
        let value = next.begun;
        let call = &mut next.calls[number];
        call.phase = Phase::Loading;
        call.entry = None;
        call.value = value;
        let flight = &mut next.flights[usize::from(call.flight)];
        flight.stage = Stage::Begun;
        flight.value = value;
        let captured = call.pending == 0 && decide::captures(call.seen, of.groups);
        flight.captures = captured.then_some(call.seen);
        next
    }

    /// Ends the load: the caller has its value, and so have all who wait.
    pub(super) fn end_load(&self, state: &State, number: usize) -> State {
        let of = self.call(number);
        let call = state.calls[number];
        let flight = usize::from(call.flight);
        let mut next = *state;
        if self.refreshes {
            next.loaded |= bit(number);
        }
        Self::give_value(&mut next, flight, call.value);
        self.keep_value(&mut next, number);
        next.flights[flight].stage = Stage::Completed;
        if !self.rules.has(Rule::FlightStays) || of.refresh {
            next.flights[flight] = Flight::default();
        }
        if !of.refresh {
            Self::return_value(&mut next, number, call.value);
        }
        let captured = call.pending != 0 || decide::captures(call.seen, of.groups);
        let given_up = !self.rules.has(Rule::DeadEntriesAreReplaced) && !call.leased;
        let naive = !self.rules.has(Rule::All) && call.seen.answered;
        if captured && !given_up || naive {
            next.calls[number] = Call {
                phase: Phase::Storing,
                promised: 0,
                trusted: false,
                entry: None,
                flight: if self.is_calm { call.flight } else { 0 },
                ..call
            };
        } else {
            self.end_not_stored(&mut next, number);
        }
        next
    }

    /// Fails the load. Each call that has read an entry past its ttl that may be served instead serves it; the
    /// others of those who wait run their own bodies.
    pub(super) fn fail_load(&self, state: &mut State, number: usize) {
        let call = state.calls[number];
        let flight = usize::from(call.flight);
        for waiter in Self::waiters(state, flight) {
            let own = state.calls[waiter].copy;
            let copy = if self.rules.has(Rule::OwnCopy) {
                own
            } else {
                call.copy.or(own)
            };
            match copy {
                Some(value) => Self::return_value(state, waiter, value),
                None => Self::load_alone(state, waiter),
            }
        }
        state.flights[flight] = Flight::default();
        state.calls[number] = Call::DONE;
        if let Some(value) = call.copy {
            state.calls[number] = call;
            Self::return_value(state, number, value);
        }
    }
}
