//! The capture of a call before its load: what it creates, and what it makes of the replies.

use super::CallTransitions;
use crate::{
    coherence::model::{
        decide,
        names::{FIXED, NONE, Name},
        rules::Rule,
        scenario::Fault,
        server::{Keys, Marker, each, index, is_entry},
        state::{Late, Phase, State},
        world::World,
    },
    format::freshness::Freshness,
};

impl World {
    /// Begins to create what is lacking, or is ready to load.
    pub(super) fn begin_capture(&self, state: &mut State, number: usize, lacking: Keys) {
        let trusted = self.is_trusted(state, number);
        let call = &mut state.calls[number];
        call.pending = lacking;
        if lacking == 0 {
            call.phase = Phase::Ready;
        } else {
            call.phase = Phase::Capturing;
            // What the capture completes is as old as the read.
            call.trusted &= trusted;
        }
    }

    /// Adds a transition for each reply to a creation that is under way, and for each way in which it may fail.
    pub(super) fn capture_transitions(
        &self,
        state: &State,
        number: usize,
        transitions: &mut CallTransitions<'_>,
    ) {
        let call = &state.calls[number];
        if Self::is_away(state, self.call(number).process) {
            if call.pending != 0 {
                let mut next = *state;
                next.calls[number].pending = 0;
                next.calls[number].asks_occupant = false;
                transitions.push("gets no answers to its capture", 0, next);
            }
            return;
        }
        for key in each(call.pending) {
            if is_entry(key) && call.asks_occupant {
                let mut next = *state;
                let call = &mut next.calls[number];
                call.seen.occupant = state.server.keys.entries[index(key)].id();
                call.seen.run = self.run(state, key);
                call.asks_occupant = false;
                call.pending &= !key;
                transitions.push("asks what lies there", key, next);
                continue;
            }
            let mut next = *state;
            let sent = self.draw_sent(&mut next, number, key);
            self.run_creation(&mut next, number, key, sent);
            transitions.push("creates", key, next);
            self.lose_creation(state, number, key, transitions);
        }
    }

    /// Draws the token or id that a creation carries.
    pub(super) fn draw_sent(&self, state: &mut State, number: usize, key: Keys) -> Name {
        let again = state.calls[number].sent[key_index(key)];
        if again != NONE {
            return again;
        }
        let process = u8::try_from(self.call(number).process).expect("a few");
        if !is_entry(key) && !self.rules.has(Rule::TokensAreRandom) {
            FIXED
        } else if is_entry(key) && !self.rules.has(Rule::LeasesAreUnique) {
            FIXED + 1 + process
        } else {
            state.draw()
        }
    }

    /// Runs a creation, and takes its reply.
    pub(super) fn run_creation(&self, state: &mut State, number: usize, key: Keys, sent: Name) {
        let (at, run) = (index(key), self.run(state, key));
        let refresh = self.call(number).refresh;
        let call = &mut state.calls[number];
        call.sent[key_index(key)] = NONE;
        if !is_entry(key) {
            let found = state.server.keys.create_marker(at, sent);
            call.seen.markers[at] = decide::created_marker(self.rules, sent, found, run);
            call.pending &= !key;
            return;
        }
        let found = state.server.keys.create_lease(at, sent);
        if refresh {
            // The reply would be the whole old value, so it is asked for its beginning.
            call.asks_occupant = true;
            return;
        }
        call.seen.occupant = decide::created_lease(sent, found);
        call.leased = call.seen.occupant == sent;
        call.seen.run = run;
        call.entry = found.entry();
        call.pending &= !key;
    }

    pub(super) fn lose_creation(
        &self,
        state: &State,
        number: usize,
        key: Keys,
        transitions: &mut CallTransitions<'_>,
    ) {
        let at = index(key);
        let runs = |state: &mut State, sent| {
            if is_entry(key) {
                state.server.keys.create_lease(at, sent);
            } else {
                state.server.keys.create_marker(at, sent);
            }
        };
        let late = |sent| {
            if is_entry(key) {
                Late::CreateLease(at, sent)
            } else {
                Late::CreateMarker(at, sent)
            }
        };
        if let Some(mut next) = self.after(Fault::ReplyLost, state) {
            let sent = self.draw_sent(&mut next, number, key);
            runs(&mut next, sent);
            let mut again = next;
            self.send_again(&mut again, number, key, sent);
            transitions.push(
                "creates, the reply is lost, and it is sent again",
                key,
                again,
            );
            self.give_up_creation(&mut next, number, key, sent);
            transitions.push("creates, and the reply is lost", key, next);
        }
        if let Some(mut next) = self.after(Fault::RunsLate, state) {
            let sent = self.draw_sent(&mut next, number, key);
            let mut never = next;
            self.give_up_creation(&mut never, number, key, sent);
            transitions.push("gets no answer, and nothing is created", key, never);
            next.leave_late(late(sent));
            let mut again = next;
            self.send_again(&mut again, number, key, sent);
            transitions.push(
                "gets no answer, its creation is late, and sent again",
                key,
                again,
            );
            self.give_up_creation(&mut next, number, key, sent);
            transitions.push("gets no answer, and its creation is late", key, next);
        }
    }

    pub(super) fn send_again(&self, state: &mut State, number: usize, key: Keys, sent: Name) {
        let new = if is_entry(key) {
            Rule::NewLeaseOnRetry
        } else {
            Rule::NewTokenOnRetry
        };
        let again = if self.rules.has(new) { NONE } else { sent };
        state.calls[number].sent[key_index(key)] = again;
    }

    pub(super) fn give_up_creation(&self, state: &mut State, number: usize, key: Keys, sent: Name) {
        let run = self.run(state, key);
        let call = &mut state.calls[number];
        call.pending &= !key;
        call.sent[key_index(key)] = NONE;
        if is_entry(key) && !self.rules.has(Rule::UnansweredLeaseIsNone) {
            call.seen.occupant = sent;
            call.seen.run = run;
        }
        if !is_entry(key) && !self.rules.has(Rule::UnansweredMarkerIsNone) {
            call.seen.markers[index(key)] = Marker { token: sent, run };
        }
    }

    /// Judges a capture when all replies are there: hit test and join test once more.
    pub(super) fn judge_capture(
        &self,
        state: &State,
        number: usize,
        transitions: &mut CallTransitions<'_>,
    ) {
        let of = self.call(number);
        let call = state.calls[number];
        let flight = usize::from(call.flight);
        let found = self
            .finds(call.entry, call.seen, of)
            .filter(|_| call.trusted && !of.refresh && self.rules.has(Rule::SecondHitTest));
        let mut next = *state;
        if let Some((Freshness::Fresh, value)) = found {
            if !self.rules.has(Rule::HitIsForOneCall) {
                Self::give_value(&mut next, flight, value);
            }
            self.abandon_flight(&mut next, flight, None);
            Self::return_value(&mut next, number, value);
            return transitions.push("hits after its capture", 0, next);
        }
        next.calls[number].copy = found
            .filter(|(age, _)| *age == Freshness::IfError)
            .map(|(_, value)| value);
        if !of.refresh
            && self.rules.has(Rule::SecondJoinTest)
            && self.join_transitions(&next, number, Some(flight), transitions)
        {
            return;
        }
        next.calls[number].phase = Phase::Ready;
        transitions.push("has captured", 0, next);
    }
}

/// The index at which a call keeps what it sent to a key.
fn key_index(key: Keys) -> usize {
    index(key) + if is_entry(key) { 0 } else { 2 }
}
