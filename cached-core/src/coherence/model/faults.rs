//! Faults of the server and of the way to it. Those of a command or a caller are where they are.

use super::{
    rules::Rule,
    scenario::{CallSpec, Fault, PROCESSES},
    server::{ENTRY, KEYS, Keys, Keyspace, Slot, is_entry},
    state::State,
    world::{Actor, Transition, Transitions, World},
};

impl World {
    pub(super) fn server_faults(&self, state: &State, transitions: &mut Transitions) {
        if state.faults > 0 {
            for key in &KEYS {
                self.push_loss(state, *key, transitions);
            }
            self.push_ageing(state, transitions);
            self.push_restarts(state, transitions);
        }
        for process in 0..PROCESSES - 1 {
            self.push_outage(state, process, transitions);
            self.breaker_transitions(state, process, transitions);
        }
        if !self.rules.has(Rule::PrimariesOnly) && state.server.replica != Some(state.server.keys) {
            let mut next = *state;
            next.server.replica = Some(state.server.keys);
            transitions.push(Transition {
                actor: Actor::Server,
                what: "brings its replica up to date",
                keys: 0,
                state: next,
            });
        }
    }

    fn push_loss(&self, state: &State, key: Keys, transitions: &mut Transitions) {
        let (fault, what) = if is_entry(key) {
            (Fault::EntryLost, "loses an entry or a lease")
        } else {
            (Fault::MarkerLost, "loses a marker")
        };
        if state.server.keys.holds(key)
            && let Some(mut next) = self.after(fault, state)
        {
            next.server.keys.delete(key);
            transitions.push(Transition {
                actor: Actor::Server,
                what,
                keys: key,
                state: next,
            });
        }
    }

    fn push_ageing(&self, state: &State, transitions: &mut Transitions) {
        for (at, slot) in state.server.keys.entries.iter().enumerate() {
            let has_window = |call: &CallSpec| call.entry == at && !call.windows.are_none();
            if matches!(slot, Slot::Entry(_, entry) if !entry.old)
                && self.scenario.calls.iter().any(has_window)
                && let Some(mut next) = self.after(Fault::Ages, state)
            {
                if let Slot::Entry(_, entry) = &mut next.server.keys.entries[at] {
                    entry.old = true;
                }
                transitions.push(Transition {
                    actor: Actor::Server,
                    what: "keeps what is past its ttl",
                    keys: ENTRY[at],
                    state: next,
                });
            }
        }
    }

    fn push_restarts(&self, state: &State, transitions: &mut Transitions) {
        let nodes: &[[bool; 2]] = if self.scenario.two_nodes {
            &[[true, false], [false, true]]
        } else {
            &[[true, true]]
        };
        for nodes in nodes {
            if let Some(mut next) = self.after(Fault::RestartedEmpty, state) {
                next.server.restart(*nodes, Keyspace::default());
                transitions.push(Transition {
                    actor: Actor::Server,
                    what: "restarts empty",
                    keys: 0,
                    state: next,
                });
            }
            if let Some(dump) = state.server.dump
                && let Some(mut next) = self.after(Fault::RestartedFromDump, state)
            {
                next.server.restart(*nodes, dump);
                // One dump is as good as another: those of later moments are later histories.
                next.server.dump = None;
                transitions.push(Transition {
                    actor: Actor::Server,
                    what: "restarts from its dump",
                    keys: 0,
                    state: next,
                });
            }
        }
        if self.scenario.may(Fault::RestartedFromDump) && state.server.dump.is_none() {
            let mut next = *state;
            next.server.dump = Some(state.server.keys);
            transitions.push(Transition {
                actor: Actor::Server,
                what: "writes a dump",
                keys: 0,
                state: next,
            });
        }
    }

    fn push_outage(&self, state: &State, process: usize, transitions: &mut Transitions) {
        if state.processes[process].cut_off {
            let mut next = *state;
            next.processes[process].cut_off = false;
            transitions.push(Transition {
                actor: Actor::Process(process),
                what: "reaches the server again",
                keys: 0,
                state: next,
            });
        } else if let Some(mut next) = self.after(Fault::Outage, state) {
            next.processes[process].cut_off = true;
            transitions.push(Transition {
                actor: Actor::Process(process),
                what: "does not reach the server any more",
                keys: 0,
                state: next,
            });
        }
    }
}
