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
    world::{Move, Moves, Who, World},
};
use crate::format::freshness::Freshness;
use flight::bit;

/// The moves of one call.
struct Steps<'a> {
    number: usize,
    moves: &'a mut Moves,
}

impl Steps<'_> {
    #[allow(clippy::large_types_passed_by_value, reason = "it moves into the list")]
    fn push(&mut self, what: &'static str, keys: Keys, state: State) {
        self.moves.push(Move {
            who: Who::Call(self.number),
            what,
            keys,
            state,
        });
    }
}

impl World {
    pub(super) fn call_moves(&self, state: &State, number: usize, moves: &mut Moves) {
        let steps = &mut Steps { number, moves };
        let call = &state.calls[number];
        let of = self.call(number);
        let out = Self::is_away(state, of.process);
        match call.phase {
            Phase::Idle => {
                if self.is_its_turn(state, number) {
                    self.begin(state, number, steps);
                }
            }
            Phase::Reading if call.pending == 0 => self.judge(state, number, steps),
            Phase::Reading => self.read_moves(state, number, steps),
            Phase::Capturing if call.pending == 0 => self.judge_again(state, number, steps),
            Phase::Capturing => {
                self.capture_moves(state, number, steps);
                if self.may_load_early(call) {
                    steps.push("begins its load", 0, self.begin_load(state, number));
                }
            }
            Phase::Ready => steps.push("begins its load", 0, self.begin_load(state, number)),
            Phase::Loading => {
                self.capture_moves(state, number, steps);
                steps.push("ends its load, and answers", 0, self.answer(state, number));
                if let Some(mut next) = self.after(Fault::BodyFails, state) {
                    self.fail(&mut next, number);
                    steps.push("fails to load", 0, next);
                }
            }
            Phase::Waiting => {
                if state.flights[usize::from(call.flight)].vacant {
                    self.take_over(state, number, steps);
                }
                if let Some(mut next) = self.after(Fault::GivesUp, state) {
                    Self::load_alone(&mut next, number);
                    Self::leave(&mut next, call.flight.into());
                    steps.push("has waited for long enough", 0, next);
                }
            }
            Phase::SentBack => {
                let mut next = *state;
                let trusted =
                    !self.rules.has(Rule::TrustBeforeSecondRead) || self.is_trusted(state, number);
                self.send_read(&mut next, number, trusted);
                steps.push("reads again", 0, next);
            }
            Phase::Storing if out => {
                let mut next = *state;
                self.not_stored(&mut next, number);
                steps.push("cannot store", 0, next);
            }
            Phase::Storing if call.pending == 0 => self.store_moves(state, number, steps),
            Phase::Storing => self.capture_moves(state, number, steps),
            Phase::Deleting => self.delete_moves(state, number, steps),
            Phase::Done => {}
        }
        let drops_nothing = [Phase::Idle, Phase::Storing, Phase::Deleting, Phase::Done];
        if !drops_nothing.contains(&call.phase)
            && let Some(mut next) = self.after(Fault::Cancelled, state)
        {
            self.cancel(&mut next, number);
            steps.push("is cancelled", 0, next);
        }
    }

    /// Calls that are alike begin in order: other orders are the same histories.
    fn is_its_turn(&self, state: &State, number: usize) -> bool {
        let of = self.call(number);
        (0..number).all(|other| state.calls[other].phase != Phase::Idle || self.call(other) != of)
    }

    fn begin(&self, state: &State, number: usize, steps: &mut Steps<'_>) {
        let of = self.call(number);
        let mut next = *state;
        next.calls[number].promised = self.promised(state, number);
        if of.refresh {
            let call = &mut next.calls[number];
            call.phase = Phase::Capturing;
            call.pending = of.keys();
            call.seen.answered = true;
            Self::lead(&mut next, number);
            next.flights[number].alone = true;
            steps.push("begins a refresh", 0, next);
            return;
        }
        if state.processes[of.process].open {
            self.look_inside(&mut next, number);
            return steps.push("begins, in an outage", 0, next);
        }
        self.send_read(&mut next, number, self.is_trusted(state, number));
        let ended = (0..CALLS).filter(|flight| state.flights[*flight].stage == Stage::Ended);
        next.calls[number].too_late_for = ended.map(bit).fold(0, |all, bit| all | bit);
        steps.push("begins", 0, next);
        if self.rules.has(Rule::OwnRead) {
            return;
        }
        for other in 0..CALLS {
            let read = &state.calls[other];
            if other != number && read.phase == Phase::Reading && self.call(other) == of {
                let mut next = next;
                let call = &mut next.calls[number];
                (call.pending, call.seen, call.entry) = (read.pending, read.seen, read.entry);
                steps.push("begins, and shares a read", 0, next);
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

    fn read_moves(&self, state: &State, number: usize, steps: &mut Steps<'_>) {
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
            self.look_inside(&mut next, number);
            steps.push("gets no answer to its read", 0, next);
        }
        if out {
            return;
        }
        for key in each(state.calls[number].pending) {
            let mut next = *state;
            if captures {
                let sent = self.sends(&mut next, number, key);
                self.create(&mut next, number, key, sent);
                steps.push("reads, and creates what is missing", key, next);
                self.lose_creation(state, number, key, steps);
                continue;
            }
            let call = &mut next.calls[number];
            call.pending &= !key;
            self.read(state, key, &mut call.seen, &mut call.entry);
            steps.push("reads", key, next);
        }
    }

    /// The reply to the read of one key.
    pub(super) fn read(
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

    /// All replies to the read are there: a hit, a flight to join, or a flight to lead.
    fn judge(&self, state: &State, number: usize, steps: &mut Steps<'_>) {
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
                Self::returns(&mut next, number, value);
                return steps.push("hits", 0, next);
            }
            Some((Freshness::Revalidate, value)) => {
                return self.revalidate(state, number, value, steps);
            }
            Some((Freshness::IfError, value)) => next.calls[number].copy = Some(value),
            Some((Freshness::Over, _)) | None => {}
        }
        if self.join_moves(&next, number, None, steps) {
            return;
        }
        let lacking = if call.seen.answered && self.rules.has(Rule::All) {
            decide::lacks(call.seen, of.groups, of.entry)
        } else {
            0
        };
        Self::lead(&mut next, number);
        self.capture(&mut next, number, lacking);
        steps.push("misses", 0, next);
    }

    /// A call returns a value: was it promised a newer one?
    pub(super) fn returns(state: &mut State, number: usize, value: Invalidations) {
        if state.calls[number].promised & !value != 0 {
            state.breaks(Broken::Stale);
        }
        state.calls[number] = Call::DONE;
    }

    /// What a call has sent to be created runs later, or never.
    fn leave_creations(&self, state: &mut State, number: usize) {
        for key in each(state.calls[number].pending) {
            let sent = self.sends(state, number, key);
            state.leave_late(if is_entry(key) {
                Late::CreateLease(index(key), sent)
            } else {
                Late::CreateMarker(index(key), sent)
            });
        }
    }

    /// The caller drops its future, and the commands it has sent run or do not.
    fn cancel(&self, state: &mut State, number: usize) {
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
            Self::leave(state, flight);
        }
    }
}
