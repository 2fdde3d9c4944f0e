//! The journal of a process: what it sends to invalidate, and sends again until it is confirmed. The open
//! invalidations of each key, and what a reply says of them, are real [`OpenNumbers`], as in the runtime's journal.

use super::{
    rules::Rule,
    scenario::Fault,
    server::{KEYS, Keys, each},
    state::{Invalidations, Late, Process, SmallOpenNumbers, State},
    world::{Actor, Transition, Transitions, World},
};
use crate::coherence::journal::open::OpenNumbers;

impl World {
    /// Enters an invalidation, before anything of it is sent.
    pub(super) fn enter_invalidation(
        &self,
        state: &mut State,
        process: usize,
        invalidation: Invalidations,
    ) {
        let journal = &mut state.processes[process];
        journal.entered += 1;
        journal.numbers[invalidation.trailing_zeros() as usize] = journal.entered;
        for key in each(self.keys_to_delete(self.scenario.targets(invalidation))) {
            let number = u64::from(journal.entered);
            change(journal, key, |open| match open {
                None => Some(OpenNumbers::entered(number)),
                Some(mut open) => {
                    open.enter(number);
                    Some(open)
                }
            });
        }
    }

    /// Settles an invalidation that returns: its commands were answered, or it is postponed.
    pub(super) fn settle_invalidation(
        &self,
        state: &mut State,
        process: usize,
        invalidation: Invalidations,
        is_confirmed: bool,
    ) {
        let number = state.processes[process].numbers[invalidation.trailing_zeros() as usize];
        let journal = &mut state.processes[process];
        journal.returned |= invalidation;
        journal.unconfirmed |= invalidation;
        for key in each(self.keys_to_delete(self.scenario.targets(invalidation))) {
            change(journal, key, |open| {
                let mut open = open?;
                if is_confirmed {
                    return open.acknowledge(number.into());
                }
                open.postpone(number.into());
                Some(open)
            });
        }
        self.mark_applied(state, process);
    }

    /// Marks as applied what has returned and is not open any more.
    fn mark_applied(&self, state: &mut State, process: usize) {
        let journal = &mut state.processes[process];
        for (at, number) in journal.numbers.iter().enumerate() {
            let invalidation = 1 << at;
            let targets = self.keys_to_delete(self.scenario.targets(invalidation));
            let is_open = each(targets).any(|key| {
                journal.open_numbers[key_index(key)]
                    .expand()
                    .is_some_and(|open| open.has(u64::from(*number)))
            });
            if journal.unconfirmed & invalidation != 0 && !is_open {
                journal.unconfirmed &= !invalidation;
                state.applied |= invalidation;
            }
        }
    }

    /// Returns `true` if nothing that is postponed covers a call.
    pub(super) fn is_trusted(&self, state: &State, number: usize) -> bool {
        let of = self.call(number);
        let covers = |key| {
            let record = state.processes[of.process].open_numbers[key_index(key)];
            record.expand().is_some_and(|open| open.covers())
        };
        !self.rules.has(Rule::PostponedCovers)
            || state.processes[of.process].entered == 0
            || !each(of.keys()).any(covers)
    }

    /// Loses the answer to a deletion, in all ways: it ran, runs later or never, and is given up or, where the
    /// flag says so, sent again.
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

    /// Adds the transitions that send again what is postponed.
    pub(super) fn journal_transitions(
        &self,
        state: &State,
        number: usize,
        transitions: &mut Transitions,
    ) {
        let journal = &state.processes[number];
        if journal.entered == 0 {
            return;
        }
        let mut step = |what, keys, next| {
            transitions.push(Transition {
                actor: Actor::Journal(number),
                what,
                keys,
                state: next,
            });
        };
        if journal.sending == 0 {
            let due = KEYS.into_iter().filter(|key| {
                let open = journal.open_numbers[key_index(*key)].expand();
                open.is_some_and(|open| open.covers())
            });
            let due = due.fold(0, |keys, key| keys | key);
            if due != 0 && !journal.cut_off {
                let mut next = *state;
                let journal = &mut next.processes[number];
                (journal.sending, journal.pending) = (due, due);
                journal.sending_number = journal.entered;
                step("is sent", 0, next);
            }
            return;
        }
        if journal.pending == 0 {
            return step("is acknowledged", 0, self.acknowledge_sent(state, number));
        }
        for key in each(journal.pending) {
            let mut give_up = |what, next: &mut State, _again| {
                let journal = &mut next.processes[number];
                (journal.sending, journal.pending, journal.sending_number) = (0, 0, 0);
                step(what, key, *next);
            };
            if journal.cut_off {
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

    fn acknowledge_sent(&self, state: &State, process: usize) -> State {
        let mut next = *state;
        let journal = &mut next.processes[process];
        let number = if self.rules.has(Rule::AcknowledgesWhatWasSent) {
            journal.sending_number
        } else {
            journal.entered
        };
        for key in each(journal.sending) {
            change(journal, key, |open| open?.acknowledge(number.into()));
        }
        (journal.sending, journal.sending_number) = (0, 0);
        self.mark_applied(&mut next, process);
        next
    }

    /// Returns the keys that are deleted to invalidate `targets`.
    pub(super) fn keys_to_delete(&self, targets: Keys) -> Keys {
        if !self.rules.has(Rule::All) {
            return 1;
        }
        let entries = targets & (1 | 2);
        if !self.rules.has(Rule::TypedReachesVersions) && entries != 0 {
            return entries;
        }
        targets
    }
}

fn change(
    journal: &mut Process,
    key: Keys,
    how: impl FnOnce(Option<OpenNumbers>) -> Option<OpenNumbers>,
) {
    let record = &mut journal.open_numbers[key_index(key)];
    *record = SmallOpenNumbers::of(how(record.expand()));
}

/// The index at which a process keeps the open invalidations of a key.
fn key_index(key: Keys) -> usize {
    key.trailing_zeros() as usize
}
