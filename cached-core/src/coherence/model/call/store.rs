//! The store of a value after the answer; a refresh whose value was not stored deletes the entry.

use std::time::{Duration, Instant};

use super::{CallTransitions, flight::bit};
use crate::coherence::{
    model::{
        decide,
        names::{self, NONE, Name},
        rules::Rule,
        scenario::{CallSpec, Fault, Scenario},
        server::{ENTRY, Entry, Expects},
        state::{Call, Late, Phase, State, Stored},
        world::World,
    },
    own_stores::{LoadInterval, OwnStores},
};

impl World {
    pub(super) fn store_transitions(
        &self,
        state: &State,
        number: usize,
        transitions: &mut CallTransitions<'_>,
    ) {
        let of = self.call(number);
        let call = state.calls[number];
        if !decide::captures(call.seen, of.groups) && self.rules.has(Rule::All) {
            let mut next = *state;
            self.end_not_stored(&mut next, number);
            return transitions.push("has nothing to store with", 0, next);
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
        self.remember_store(&mut named, number, id);
        let state = &named;
        let store = |mut state: State| {
            let stored = state.server.keys.store(of.entry, expects, id, entry);
            (state, stored)
        };
        let (mut next, stored) = store(*state);
        if stored {
            self.end_stored(&mut next, number);
            transitions.push("stores", 0, next);
        } else if let Some(there) = self.older_of_this_process(&next, number) {
            next.calls[number].seen.occupant = there;
            transitions.push("goes on from an older store of its process", 0, next);
        } else {
            self.end_not_stored(&mut next, number);
            transitions.push("is refused its store", 0, next);
        }
        if let Some(lost) = self.after(Fault::ReplyLost, state) {
            let (again, _) = store(lost);
            let mut next = again;
            self.end_not_stored(&mut next, number);
            transitions.push("stores, and the reply is lost", 0, next);
            transitions.push("stores, the reply is lost, and it is sent again", 0, again);
        }
        if let Some(mut lost) = self.after(Fault::RunsLate, state) {
            let mut never = lost;
            self.end_not_stored(&mut never, number);
            transitions.push("is not stored", 0, never);
            lost.leave_late(Late::Store(of.entry, expects, id, entry));
            transitions.push("stores again what will be stored late", 0, lost);
            self.end_not_stored(&mut lost, number);
            transitions.push("is to be stored late", 0, lost);
        }
    }

    /// Remembers what is about to be stored in place of what, where a refresh may ask.
    fn remember_store(&self, state: &mut State, number: usize, id: Name) {
        if self.refreshes {
            state.stores[number] = Stored {
                id,
                in_place_of: state.calls[number].seen.occupant,
            };
        }
    }

    /// Returns the id that is there, if only stores of this process have replaced what a refresh expects, and the load
    /// of the last had ended when the one of the refresh began.
    fn older_of_this_process(&self, state: &State, number: usize) -> Option<Name> {
        let of = self.call(number);
        if !of.refresh {
            return None;
        }
        let there = state.server.keys.entries[of.entry].id();
        let begins = Instant::now();
        let own_stores = OwnStores::default();
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
            let load = LoadInterval {
                began: begins,
                ended,
            };
            own_stores.record(names::id(stored.id), names::id(stored.in_place_of), load);
        }
        let expected = names::id(state.calls[number].seen.occupant);
        let load = own_stores.since(expected, names::id(there))?;
        (load.ended <= begins).then_some(there)
    }

    /// Returns what a store asks of the occupant before it writes.
    pub(super) fn expects(&self, call: &Call, of: CallSpec) -> Expects {
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

    pub(super) fn end_stored(&self, state: &mut State, number: usize) {
        let of = self.call(number);
        if of.refresh {
            let bit = Scenario::of_refresh(number);
            state.processes[of.process].returned |= bit;
            state.applied |= bit;
        }
        self.end_flight(state, number);
        state.calls[number] = Call::DONE;
    }

    /// Ends a call that has stored nothing, or so it seems. For a refresh, what lies there must not stay.
    pub(super) fn end_not_stored(&self, state: &mut State, number: usize) {
        let of = self.call(number);
        if !of.refresh {
            self.end_flight(state, number);
            state.calls[number] = Call::DONE;
        } else if self.rules.has(Rule::RefusedRefreshDeletes) {
            self.detach_flights(state, of.process, Scenario::of_refresh(number));
            self.enter_invalidation(state, of.process, Scenario::of_refresh(number));
            state.calls[number] = Call {
                phase: Phase::Deleting,
                ..Call::DONE
            };
        } else {
            self.end_stored(state, number);
        }
    }

    pub(super) fn delete_transitions(
        &self,
        state: &State,
        number: usize,
        transitions: &mut CallTransitions<'_>,
    ) {
        let of = self.call(number);
        let key = ENTRY[of.entry];
        let bit = Scenario::of_refresh(number);
        let mut end = |what, mut next: State, applied| {
            self.settle_invalidation(&mut next, of.process, bit, applied);
            next.calls[number] = Call::DONE;
            transitions.push(what, key, next);
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
