//! A writer, after its write to the database: it invalidates, key by key.

use super::{
    rules::Rule,
    scenario::{CALLS, Scenario},
    server::each,
    state::{Invalidations, Stage, State, Writing},
    world::{Move, Moves, Who, World},
};

impl World {
    pub(super) fn writers_are_done(&self, state: &State) -> bool {
        let writers = 0..self.scenario.writers.len();
        writers
            .clone()
            .all(|writer| state.writers[writer].writing == Writing::Returned)
            && state
                .processes
                .iter()
                .all(|process| process.unconfirmed == 0)
    }

    pub(super) fn writer_moves(&self, state: &State, number: usize, moves: &mut Moves) {
        let writer = state.writers[number];
        let process = self.scenario.writers[number].process;
        let mut step = |what, keys, next| {
            moves.push(Move {
                who: Who::Writer(number),
                what,
                keys,
                state: next,
            });
        };
        match writer.writing {
            Writing::Idle => step("begins", 0, self.begin_writing(state, number)),
            Writing::Sharing => {
                let other = &state.writers[1 - number];
                if other.writing == Writing::Returned {
                    step("returns", 0, self.return_writing(state, number));
                }
            }
            Writing::Sent if writer.pending == 0 => {
                step("returns", 0, self.return_writing(state, number));
            }
            Writing::Returned if writer.pending == 0 => {}
            Writing::Sent | Writing::Returned => {
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
        self.detach(&mut next, of.process, bit);
        self.enter(&mut next, of.process, bit);
        let writer = &mut next.writers[number];
        writer.writing = Writing::Sent;
        writer.pending = self.deleted(of.targets);
        let shares = state.writers.iter().enumerate().any(|(other, sent)| {
            other != number && sent.writing == Writing::Sent && self.scenario.writers[other] == of
        });
        if shares && !self.rules.has(Rule::OwnDeletion) {
            writer.writing = Writing::Sharing;
            writer.pending = 0;
        }
        if !self.rules.has(Rule::AppliedMeansReply) {
            next.writers[number].writing = Writing::Returned;
            next.applied |= bit;
        }
        next
    }

    fn return_writing(&self, state: &State, number: usize) -> State {
        let process = self.scenario.writers[number].process;
        let unanswered = state.writers[number].unanswered;
        let mut next = *state;
        next.writers[number].writing = Writing::Returned;
        next.writers[number].unanswered = false;
        self.settle(&mut next, process, Scenario::of_writer(number), !unanswered);
        next
    }

    /// From now on nobody joins the flights that an invalidation of this process covers.
    pub(super) fn detach(&self, state: &mut State, process: usize, invalidations: Invalidations) {
        self.forget(state, process, invalidations);
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
