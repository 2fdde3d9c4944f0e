//! A call: it reads, and judges what it has read. What follows a miss is in `call/`.

mod capture;
mod flight;
mod load;
mod stale;
mod store;

use super::{
    decide,
    names::NONE,
    rules::Rule,
    scenario::{CALLS, Fault},
    server::{Entry, Keys, Marker, each, index, is_entry},
    state::{Broken, Call, Flight, Invalidations, Late, Phase, Seen, Stage, State},
    world::{Actor, Transition, Transitions, World},
};
use crate::format::freshness::Freshness;
use flight::bit;

/// The transitions of one call.
struct CallTransitions<'a> {
    number: usize,
    transitions: &'a mut Transitions,
}

impl CallTransitions<'_> {
    #[allow(clippy::large_types_passed_by_value, reason = "it goes into the list")]
    fn push(&mut self, what: &'static str, keys: Keys, state: State) {
        self.transitions.push(Transition {
            actor: Actor::Call(self.number),
            what,
            keys,
            state,
        });
    }
}

impl World {
    pub(super) fn call_transitions(
        &self,
        state: &State,
        number: usize,
        transitions: &mut Transitions,
    ) {
        let transitions = &mut CallTransitions {
            number,
            transitions,
        };
        let call = &state.calls[number];
        let of = self.call(number);
        let out = Self::is_away(state, of.process);
        match call.phase {
            Phase::Idle => {
                if self.is_its_turn(state, number) {
                    self.begin_call(state, number, transitions);
                }
            }
            Phase::Reading if call.pending == 0 => self.judge_read(state, number, transitions),
            Phase::Reading => self.read_transitions(state, number, transitions),
            Phase::Capturing if call.pending == 0 => self.judge_capture(state, number, transitions),
            Phase::Capturing => {
                self.capture_transitions(state, number, transitions);
                if self.may_load_early(call) {
                    transitions.push("begins its load", 0, self.begin_load(state, number));
                }
            }
            Phase::Ready => transitions.push("begins its load", 0, self.begin_load(state, number)),
            Phase::Loading => {
                self.capture_transitions(state, number, transitions);
                transitions.push(
                    "ends its load, and answers",
                    0,
                    self.end_load(state, number),
                );
                if let Some(mut next) = self.after(Fault::BodyFails, state) {
                    self.fail_load(&mut next, number);
                    transitions.push("fails to load", 0, next);
                }
            }
            Phase::Waiting => {
                if state.flights[usize::from(call.flight)].vacant {
                    self.take_over(state, number, transitions);
                }
                if let Some(mut next) = self.after(Fault::GivesUp, state) {
                    Self::load_alone(&mut next, number);
                    Self::leave_flight(&mut next, call.flight.into());
                    transitions.push("has waited for long enough", 0, next);
                }
            }
            Phase::SentBack => {
                let mut next = *state;
                let trusted =
                    !self.rules.has(Rule::TrustBeforeSecondRead) || self.is_trusted(state, number);
                self.send_read(&mut next, number, trusted);
                transitions.push("reads again", 0, next);
            }
            Phase::Storing if out => {
                let mut next = *state;
                self.end_not_stored(&mut next, number);
                transitions.push("cannot store", 0, next);
            }
            Phase::Storing if call.pending == 0 => {
                self.store_transitions(state, number, transitions);
            }
            Phase::Storing => self.capture_transitions(state, number, transitions),
            Phase::Deleting => self.delete_transitions(state, number, transitions),
            Phase::Done => {}
        }
        let drops_nothing = [Phase::Idle, Phase::Storing, Phase::Deleting, Phase::Done];
        if !drops_nothing.contains(&call.phase)
            && let Some(mut next) = self.after(Fault::Cancelled, state)
        {
            self.cancel_call(&mut next, number);
            transitions.push("is cancelled", 0, next);
        }
    }

    /// Returns `true` if all calls like this one that come before it have begun: other orders are the same histories.
    fn is_its_turn(&self, state: &State, number: usize) -> bool {
        let of = self.call(number);
        (0..number).all(|other| state.calls[other].phase != Phase::Idle || self.call(other) != of)
    }

    fn begin_call(&self, state: &State, number: usize, transitions: &mut CallTransitions<'_>) {
        let of = self.call(number);
        let mut next = *state;
        next.calls[number].promised = self.promised(state, number);
        if of.refresh {
            let call = &mut next.calls[number];
            call.phase = Phase::Capturing;
            call.pending = of.keys();
            call.seen.answered = true;
            Self::lead_flight(&mut next, number);
            next.flights[number].alone = true;
            transitions.push("begins a refresh", 0, next);
            return;
        }
        if state.processes[of.process].breaker_open {
            self.ask_memory(&mut next, number);
            return transitions.push("begins, in an outage", 0, next);
        }
        self.send_read(&mut next, number, self.is_trusted(state, number));
        let ended = (0..CALLS).filter(|flight| state.flights[*flight].stage == Stage::Ended);
        next.calls[number].too_late_for = ended.map(bit).fold(0, |all, bit| all | bit);
        transitions.push("begins", 0, next);
        if self.rules.has(Rule::OwnRead) {
            return;
        }
        for other in 0..CALLS {
            let read = &state.calls[other];
            if other != number && read.phase == Phase::Reading && self.call(other) == of {
                let mut next = next;
                let call = &mut next.calls[number];
                (call.pending, call.seen, call.entry) = (read.pending, read.seen, read.entry);
                transitions.push("begins, and shares a read", 0, next);
            }
        }
    }

    fn send_read(&self, state: &mut State, number: usize, trusted: bool) {
        let call = &mut state.calls[number];
        call.phase = Phase::Reading;
        call.pending = self.call(number).keys();
        call.trusted = trusted;
        call.seen = Seen {
            answered: true,
            ..Seen::default()
        };
        call.entry = None;
        call.copy = None;
        call.outage = 0;
    }

    fn read_transitions(
        &self,
        state: &State,
        number: usize,
        transitions: &mut CallTransitions<'_>,
    ) {
        let out = Self::is_away(state, self.call(number).process);
        let lost = if out {
            Some(*state)
        } else {
            self.after(Fault::RunsLate, state)
        };
        let captures = self.call(number).captures;
        if let Some(mut next) = lost {
            if captures {
                self.leave_creations(&mut next, number);
            }
            self.ask_memory(&mut next, number);
            transitions.push("gets no answer to its read", 0, next);
        }
        if out {
            return;
        }
        for key in each(state.calls[number].pending) {
            let mut next = *state;
            if captures {
                let sent = self.draw_sent(&mut next, number, key);
                self.run_creation(&mut next, number, key, sent);
                transitions.push("reads, and creates what is missing", key, next);
                self.lose_creation(state, number, key, transitions);
                continue;
            }
            let call = &mut next.calls[number];
            call.pending &= !key;
            self.read_key(state, key, &mut call.seen, &mut call.entry);
            transitions.push("reads", key, next);
        }
    }

    /// Takes the reply to the read of one key.
    pub(super) fn read_key(
        &self,
        state: &State,
        key: Keys,
        seen: &mut Seen,
        entry: &mut Option<Entry>,
    ) {
        let keys = state.server.replica.as_ref().unwrap_or(&state.server.keys);
        let run = self.run(state, key);
        let at = index(key);
        if is_entry(key) {
            let slot = keys.entries[at];
            seen.occupant = slot.id();
            seen.run = run;
            *entry = slot.entry();
        } else if keys.markers[at] != NONE {
            seen.markers[at] = Marker {
                token: keys.markers[at],
                run,
            };
        }
    }

    /// Judges a read when all replies are there: a hit, a flight to join, or a flight to lead.
    fn judge_read(&self, state: &State, number: usize, transitions: &mut CallTransitions<'_>) {
        let of = self.call(number);
        let call = state.calls[number];
        let trusted = if self.rules.has(Rule::TrustBeforeRead) {
            call.trusted
        } else {
            self.is_trusted(state, number)
        };
        let found = self.finds(call.entry, call.seen, of).filter(|_| trusted);
        let mut next = *state;
        match found {
            Some((Freshness::Fresh, value)) => {
                Self::return_value(&mut next, number, value);
                return transitions.push("hits", 0, next);
            }
            Some((Freshness::Revalidate, value)) => {
                return self.revalidate(state, number, value, transitions);
            }
            Some((Freshness::IfError, value)) => next.calls[number].copy = Some(value),
            Some((Freshness::Over, _)) | None => {}
        }
        if self.join_transitions(&next, number, None, transitions) {
            return;
        }
        let lacking = if call.seen.answered && self.rules.has(Rule::All) {
            decide::lacks(call.seen, of.groups, of.entry)
        } else {
            0
        };
        Self::lead_flight(&mut next, number);
        self.begin_capture(&mut next, number, lacking);
        transitions.push("misses", 0, next);
    }

    /// Returns a value from a call, which breaks the promise if that was of a newer one.
    pub(super) fn return_value(state: &mut State, number: usize, value: Invalidations) {
        if state.calls[number].promised & !value != 0 {
            state.breaks(Broken::Stale);
        }
        state.calls[number] = Call::DONE;
    }

    /// Leaves the creations that a call has sent: they run later, or never.
    fn leave_creations(&self, state: &mut State, number: usize) {
        for key in each(state.calls[number].pending) {
            let sent = self.draw_sent(state, number, key);
            state.leave_late(if is_entry(key) {
                Late::CreateLease(index(key), sent)
            } else {
                Late::CreateMarker(index(key), sent)
            });
        }
    }

    /// Cancels a call: its future is dropped, and the commands it has sent run or do not.
    fn cancel_call(&self, state: &mut State, number: usize) {
        let call = state.calls[number];
        let flight = usize::from(call.flight);
        let leads = matches!(call.phase, Phase::Capturing | Phase::Ready | Phase::Loading);
        if call.phase == Phase::Reading && self.call(number).captures {
            self.leave_creations(state, number);
        }
        if leads {
            self.leave_creations(state, number);
            state.flights[flight].vacant = true;
            state.flights[flight].stage = Stage::NotBegun;
            if Self::waiters(state, flight).next().is_none() {
                state.flights[flight] = Flight::default();
            }
        }
        state.calls[number] = Call::DONE;
        if call.phase == Phase::Waiting {
            Self::leave_flight(state, flight);
        }
    }
}
