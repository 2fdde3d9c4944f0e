//! A writer, after its write to the database: it invalidates, key by key.

use super::{
    rules::Rule,
    scenario::{CALLS, Scenario},
    server::each,
    state::{Invalidations, Stage, State, WriterPhase},
    world::{Actor, Transition, Transitions, World},
};

impl World {
    pub(super) fn writers_are_done(&self, state: &State) -> bool {
        let writers = 0..self.scenario.writers.len();
        writers
            .clone()
            .all(|writer| state.writers[writer].phase == WriterPhase::Returned)
            && state
                .processes
                .iter()
                .all(|process| process.unconfirmed == 0)
    }

    pub(super) fn writer_transitions(
        &self,
        state: &State,
        number: usize,
        transitions: &mut Transitions,
    ) {
        let writer = state.writers[number];
        let process = self.scenario.writers[number].process;
        let mut step = |what, keys, next| {
            transitions.push(Transition {
                actor: Actor::Writer(number),
                what,
                keys,
                state: next,
            });
        };
        match writer.phase {
            WriterPhase::Idle => step("begins", 0, self.begin_writing(state, number)),
            WriterPhase::Sharing => {
                let other = &state.writers[1 - number];
                if other.phase == WriterPhase::Returned {
                    step("returns", 0, self.return_writing(state, number));
                }
            }
            WriterPhase::Sent if writer.pending == 0 => {
                step("returns", 0, self.return_writing(state, number));
            }
            WriterPhase::Returned if writer.pending == 0 => {}
            WriterPhase::Sent | WriterPhase::Returned => {
                for key in each(writer.pending) {
                    if Self::is_away(state, process) {
                        let mut next = *state;
                        next.writers[number].pending &= !key;
                        next.writers[number].unanswered = true;
                        step("cannot delete", key, next);
                        continue;
                    }
                    let mut next = *state;
                    next.server.keys.delete(key);
                    next.writers[number].pending &= !key;
                    step("deletes", key, next);
                    self.lose_deletion(state, key, &mut |what, next: &mut State, again| {
                        next.writers[number].unanswered |= !again;
                        if !again {
                            next.writers[number].pending &= !key;
                        }
                        step(what, key, *next);
                    });
                }
            }
        }
    }

    fn begin_writing(&self, state: &State, number: usize) -> State {
        let of = self.scenario.writers[number];
        let bit = Scenario::of_writer(number);
        let mut next = *state;
        next.begun |= bit;
        self.detach_flights(&mut next, of.process, bit);
        self.enter_invalidation(&mut next, of.process, bit);
        let writer = &mut next.writers[number];
        writer.phase = WriterPhase::Sent;
        writer.pending = self.keys_to_delete(of.targets);
        let shares = state.writers.iter().enumerate().any(|(other, sent)| {
            other != number && sent.phase == WriterPhase::Sent && self.scenario.writers[other] == of
        });
        if shares && !self.rules.has(Rule::OwnDeletion) {
            writer.phase = WriterPhase::Sharing;
            writer.pending = 0;
        }
        if !self.rules.has(Rule::AppliedMeansReply) {
            next.writers[number].phase = WriterPhase::Returned;
            next.applied |= bit;
        }
        next
    }

    fn return_writing(&self, state: &State, number: usize) -> State {
        let process = self.scenario.writers[number].process;
        let unanswered = state.writers[number].unanswered;
        let mut next = *state;
        next.writers[number].phase = WriterPhase::Returned;
        next.writers[number].unanswered = false;
        self.settle_invalidation(&mut next, process, Scenario::of_writer(number), !unanswered);
        next
    }

    /// Detaches the flights that an invalidation of this process covers: from now on nobody joins them.
    pub(super) fn detach_flights(
        &self,
        state: &mut State,
        process: usize,
        invalidations: Invalidations,
    ) {
        self.forget_covered(state, process, invalidations);
        if !self.rules.has(Rule::InvalidationDetaches) {
            return;
        }
        for flight in 0..CALLS {
            let begun = state.flights[flight].stage >= Stage::Begun;
            if begun
                && self.call(flight).process == process
                && self.covering(flight) & invalidations != 0
            {
                state.flights[flight].detached = true;
            }
        }
    }
}
