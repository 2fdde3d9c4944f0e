//! A writer, after its write to the database: it invalidates, key by key, and the journal of its process
//! sends again what was not answered.

use super::{
    rules::Rule,
    scenario::{CALLS, Fault, Scenario},
    server::{Keys, MARKER, each, is_entry},
    state::{Invalidations, Late, Stage, State, Writing},
    world::{Move, Moves, Who, World},
};

impl World {
    pub(super) fn writers_are_done(&self, state: &State) -> bool {
        let writers = 0..self.scenario.writers.len();
        writers
            .clone()
            .all(|writer| state.writers[writer].writing == Writing::Returned)
            && state.processes.iter().all(|process| process.postponed == 0)
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
                    if state.processes[process].out {
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

    /// The keys that are deleted to invalidate `targets`.
    fn deleted(&self, targets: Keys) -> Keys {
        if !self.rules.has(Rule::All) {
            return 1;
        }
        let entries = targets & (1 | 2);
        if !self.rules.has(Rule::TypedReachesVersions) && entries != 0 {
            return entries;
        }
        targets
    }

    fn return_writing(&self, state: &State, number: usize) -> State {
        let process = self.scenario.writers[number].process;
        let unanswered = state.writers[number].unanswered;
        let mut next = *state;
        next.writers[number].writing = Writing::Returned;
        next.writers[number].unanswered = false;
        Self::conclude(&mut next, process, Scenario::of_writer(number), !unanswered);
        next
    }

    /// An invalidation returns: applied, or postponed.
    pub(super) fn conclude(
        state: &mut State,
        process: usize,
        invalidations: Invalidations,
        applied: bool,
    ) {
        state.processes[process].returned |= invalidations;
        if applied {
            state.applied |= invalidations;
        } else {
            state.processes[process].postponed |= invalidations;
        }
    }

    /// From now on nobody joins the flights that an invalidation of this process covers.
    pub(super) fn detach(&self, state: &mut State, process: usize, invalidations: Invalidations) {
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

    /// What can become of an unanswered deletion: it ran, runs later or never, and is given up or, where
    /// the flag says so, sent again.
    pub(super) fn lose_deletion(
        &self,
        state: &State,
        key: Keys,
        then: &mut dyn FnMut(&'static str, &mut State, bool),
    ) {
        if let Some(lost) = self.after(Fault::ReplyLost, state) {
            for again in [false, true] {
                let mut next = lost;
                next.server.keys.delete(key);
                then("deletes, and the reply is lost", &mut next, again);
            }
        }
        if let Some(lost) = self.after(Fault::RunsLate, state) {
            then(
                "is not answered, and nothing is deleted",
                &mut { lost },
                false,
            );
            for again in [false, true] {
                let mut next = lost;
                next.leave_late(Late::Delete(key));
                then(
                    "is not answered, and its deletion is late",
                    &mut next,
                    again,
                );
            }
        }
    }

    pub(super) fn journal_moves(&self, state: &State, number: usize, moves: &mut Moves) {
        let process = state.processes[number];
        let mut step = |what, keys, next| {
            moves.push(Move {
                who: Who::Journal(number),
                what,
                keys,
                state: next,
            });
        };
        if process.sending == 0 {
            if process.postponed != 0 && !process.out {
                let mut next = *state;
                next.processes[number].sending = process.postponed;
                next.processes[number].pending =
                    self.deleted(self.scenario.targets(process.postponed));
                step("is sent", 0, next);
            }
            return;
        }
        if process.pending == 0 {
            let mut next = *state;
            let acknowledged = if self.rules.has(Rule::AcknowledgesWhatWasSent) {
                process.sending
            } else {
                process.postponed
            };
            next.processes[number].postponed &= !acknowledged;
            next.processes[number].sending = 0;
            next.applied |= acknowledged;
            step("is acknowledged", 0, next);
            return;
        }
        for key in each(process.pending) {
            let mut give_up = |what, next: &mut State, _again| {
                next.processes[number].sending = 0;
                next.processes[number].pending = 0;
                step(what, key, *next);
            };
            if process.out {
                give_up("is not sent", &mut { *state }, false);
                continue;
            }
            self.lose_deletion(state, key, &mut give_up);
            let mut next = *state;
            next.server.keys.delete(key);
            next.processes[number].pending &= !key;
            step("deletes", key, next);
        }
    }
}

/// A key for people.
pub(super) fn show(key: Keys) -> &'static str {
    match key {
        0 => "",
        1 => "entry",
        2 => "entry of the other version",
        key if key == MARKER[0] => "marker",
        key if key == MARKER[1] => "marker of the tag",
        key if is_entry(key) => "entry and more",
        _ => "markers",
    }
}
