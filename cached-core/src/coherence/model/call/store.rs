//! What becomes of a value behind the answer; a refresh whose value was not stored deletes the entry.

use std::time::{Duration, Instant};

use super::{Steps, flight::bit};
use crate::coherence::{
    model::{
        decide,
        names::{self, NONE, Name},
        rules::Rule,
        scenario::{CallOf, Fault, Scenario},
        server::{ENTRY, Entry, Expects},
        state::{Call, Late, Phase, State, Stored},
        world::World,
    },
    own_stores::{LoadInterval, OwnStores},
};

impl World {
    pub(super) fn store_moves(&self, state: &State, number: usize, steps: &mut Steps<'_>) {
        let of = self.call(number);
        let call = state.calls[number];
        if !decide::captures(call.seen, of.groups) && self.rules.has(Rule::All) {
            let mut next = *state;
            self.not_stored(&mut next, number);
            return steps.push("has nothing to store with", 0, next);
        }
        let expects = self.expects(&call, of);
        let entry = Entry {
            run: call.seen.run,
            groups: of.groups,
            markers: call.seen.markers,
            value: call.value,
            old: false,
        };
        let mut named = *state;
        let id = named.draw();
        self.remember(&mut named, number, id);
        let state = &named;
        let store = |mut state: State| {
            let stored = state.server.keys.store(of.entry, expects, id, entry);
            (state, stored)
        };
        let (mut next, stored) = store(*state);
        if stored {
            self.stored(&mut next, number);
            steps.push("stores", 0, next);
        } else if let Some(there) = self.older_of_this_process(&next, number) {
            next.calls[number].seen.occupant = there;
            steps.push("goes on from an older store of its process", 0, next);
        } else {
            self.not_stored(&mut next, number);
            steps.push("is refused its store", 0, next);
        }
        if let Some(lost) = self.after(Fault::ReplyLost, state) {
            let (again, _) = store(lost);
            let mut next = again;
            self.not_stored(&mut next, number);
            steps.push("stores, and the reply is lost", 0, next);
            steps.push("stores, the reply is lost, and it is sent again", 0, again);
        }
        if let Some(mut lost) = self.after(Fault::RunsLate, state) {
            let mut never = lost;
            self.not_stored(&mut never, number);
            steps.push("is not stored", 0, never);
            lost.leave_late(Late::Store(of.entry, expects, id, entry));
            steps.push("stores again what will be stored late", 0, lost);
            self.not_stored(&mut lost, number);
            steps.push("is to be stored late", 0, lost);
        }
    }

    /// What is about to be stored in place of what, where a refresh may ask.
    fn remember(&self, state: &mut State, number: usize, id: Name) {
        if self.refreshes {
            state.stores[number] = Stored {
                id,
                in_place_of: state.calls[number].seen.occupant,
            };
        }
    }

    /// What lies there, if only stores of this process have replaced what a refresh expects, and the load of
    /// the last had ended when the one of the refresh began.
    fn older_of_this_process(&self, state: &State, number: usize) -> Option<Name> {
        let of = self.call(number);
        if !of.refresh {
            return None;
        }
        let there = state.server.keys.entries[of.entry].id();
        let begins = Instant::now();
        let lineage = OwnStores::default();
        for (call, stored) in state.stores.iter().enumerate() {
            if stored.id == NONE || self.call(call).process != of.process || call == number {
                continue;
            }
            let is_older = state.calls[number].older & bit(call) != 0
                || !self.rules.has(Rule::RefreshReplacesOlder);
            let ended = if is_older {
                begins
            } else {
                begins + Duration::from_secs(1)
            };
            let span = LoadInterval {
                began: begins,
                ended,
            };
            lineage.record(names::id(stored.id), names::id(stored.in_place_of), span);
        }
        let expected = names::id(state.calls[number].seen.occupant);
        let span = lineage.since(expected, names::id(there))?;
        (span.ended <= begins).then_some(there)
    }

    /// What a store asks of what lies there.
    pub(super) fn expects(&self, call: &Call, of: CallOf) -> Expects {
        let set = [Rule::All, Rule::StoreCompares];
        if set.into_iter().any(|rule| !self.rules.has(rule))
            || (of.refresh && !self.rules.has(Rule::RefreshCompares))
            || (call.background && !self.rules.has(Rule::BackgroundCompares))
            || (!call.leased && !self.rules.has(Rule::FoundIdIsExpected))
        {
            Expects::Anything
        } else if !self.rules.has(Rule::StoreComparesId) {
            Expects::Something
        } else if !self.rules.has(Rule::StoreComparesLease) {
            Expects::AnyLease
        } else {
            Expects::Id(call.seen.occupant)
        }
    }

    pub(super) fn stored(&self, state: &mut State, number: usize) {
        let of = self.call(number);
        if of.refresh {
            let bit = Scenario::of_refresh(number);
            state.processes[of.process].returned |= bit;
            state.applied |= bit;
        }
        self.end_flight(state, number);
        state.calls[number] = Call::DONE;
    }

    /// Nothing was stored, or so it seems. For a refresh, what lies there must not stay.
    pub(super) fn not_stored(&self, state: &mut State, number: usize) {
        let of = self.call(number);
        if !of.refresh {
            self.end_flight(state, number);
            state.calls[number] = Call::DONE;
        } else if self.rules.has(Rule::RefusedRefreshDeletes) {
            self.detach(state, of.process, Scenario::of_refresh(number));
            self.enter(state, of.process, Scenario::of_refresh(number));
            state.calls[number] = Call {
                phase: Phase::Deleting,
                ..Call::DONE
            };
        } else {
            self.stored(state, number);
        }
    }

    pub(super) fn delete_moves(&self, state: &State, number: usize, steps: &mut Steps<'_>) {
        let of = self.call(number);
        let key = ENTRY[of.entry];
        let bit = Scenario::of_refresh(number);
        let mut end = |what, mut next: State, applied| {
            self.settle(&mut next, of.process, bit, applied);
            next.calls[number] = Call::DONE;
            steps.push(what, key, next);
        };
        if Self::is_away(state, of.process) {
            return end("cannot delete", *state, false);
        }
        let mut next = *state;
        next.server.keys.delete(key);
        end("deletes", next, true);
        self.lose_deletion(state, key, &mut |what, next, _| end(what, *next, false));
    }
}
