//! What goes wrong on the server and on the way to it. What goes wrong with a command or a caller is
//! where they are.

use super::{
    rules::Rule,
    scenario::{CallOf, Fault, PROCESSES},
    server::{ENTRY, KEYS, Keys, Keyspace, Slot, is_entry},
    state::State,
    world::{Move, Moves, Who, World},
};

impl World {
    pub(super) fn server_faults(&self, state: &State, moves: &mut Moves) {
        if state.faults > 0 {
            for key in &KEYS {
                self.loses(state, *key, moves);
            }
            self.ages(state, moves);
            self.restarts(state, moves);
        }
        for process in 0..PROCESSES - 1 {
            self.outage(state, process, moves);
            self.breaker_moves(state, process, moves);
        }
        if !self.rules.has(Rule::PrimariesOnly) && state.server.replica != Some(state.server.keys) {
            let mut next = *state;
            next.server.replica = Some(state.server.keys);
            moves.push(Move {
                who: Who::Server,
                what: "brings its replica up to date",
                keys: 0,
                state: next,
            });
        }
    }

    fn loses(&self, state: &State, key: Keys, moves: &mut Moves) {
        let (fault, what) = if is_entry(key) {
            (Fault::EntryLost, "loses an entry or a lease")
        } else {
            (Fault::MarkerLost, "loses a marker")
        };
        if state.server.keys.holds(key)
            && let Some(mut next) = self.after(fault, state)
        {
            next.server.keys.delete(key);
            moves.push(Move {
                who: Who::Server,
                what,
                keys: key,
                state: next,
            });
        }
    }

    fn ages(&self, state: &State, moves: &mut Moves) {
        for (at, slot) in state.server.keys.entries.iter().enumerate() {
            let has_window = |call: &CallOf| call.entry == at && !call.windows.are_none();
            if matches!(slot, Slot::Entry(_, entry) if !entry.old)
                && self.scenario.calls.iter().any(has_window)
                && let Some(mut next) = self.after(Fault::Ages, state)
            {
                if let Slot::Entry(_, entry) = &mut next.server.keys.entries[at] {
                    entry.old = true;
                }
                moves.push(Move {
                    who: Who::Server,
                    what: "keeps what is past its ttl",
                    keys: ENTRY[at],
                    state: next,
                });
            }
        }
    }

    fn restarts(&self, state: &State, moves: &mut Moves) {
        let nodes: &[[bool; 2]] = if self.scenario.two_nodes {
            &[[true, false], [false, true]]
        } else {
            &[[true, true]]
        };
        for nodes in nodes {
            if let Some(mut next) = self.after(Fault::RestartedEmpty, state) {
                next.server.restart(*nodes, Keyspace::default());
                moves.push(Move {
                    who: Who::Server,
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
                moves.push(Move {
                    who: Who::Server,
                    what: "restarts from its dump",
                    keys: 0,
                    state: next,
                });
            }
        }
        if self.scenario.may(Fault::RestartedFromDump) && state.server.dump.is_none() {
            let mut next = *state;
            next.server.dump = Some(state.server.keys);
            moves.push(Move {
                who: Who::Server,
                what: "writes a dump",
                keys: 0,
                state: next,
            });
        }
    }

    fn outage(&self, state: &State, process: usize, moves: &mut Moves) {
        if state.processes[process].out {
            let mut next = *state;
            next.processes[process].out = false;
            moves.push(Move {
                who: Who::Process(process),
                what: "reaches the server again",
                keys: 0,
                state: next,
            });
        } else if let Some(mut next) = self.after(Fault::Outage, state) {
            next.processes[process].out = true;
            moves.push(Move {
                who: Who::Process(process),
                what: "does not reach the server any more",
                keys: 0,
                state: next,
            });
        }
    }
}
