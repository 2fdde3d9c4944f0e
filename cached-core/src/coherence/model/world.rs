//! What can happen next: all moves from a state, by everybody who can move.

use super::{
    decide,
    names::Run,
    rules::{Rule, Rules},
    scenario::{CALLS, CallOf, Fault, PROCESSES, QUIET, Scenario},
    server::{Entry, Keys, Slot, each, is_entry},
    state::{Broken, Call, Flight, Invalidations, Late, Phase, Seen, Stage, State},
};
use crate::format::freshness::Freshness;

/// Who makes a move.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "the number is read by `Debug`")]
pub(super) enum Who {
    Call(usize),
    Writer(usize),
    Journal(usize),
    Process(usize),
    Server,
}

/// One step of a history, and where it leads.
#[derive(Clone, Debug)]
pub(super) struct Move {
    pub(super) who: Who,
    pub(super) what: &'static str,
    pub(super) keys: Keys,
    pub(super) state: State,
}

pub(super) type Moves = Vec<Move>;

/// A scenario under some rules.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) scenario: Scenario,
    pub(super) rules: Rules,
    /// Whether each process should need one load only.
    pub(super) is_calm: bool,
    /// Whether anybody refreshes.
    pub(super) refreshes: bool,
    calls: [CallOf; CALLS],
    covering: [Invalidations; CALLS],
}

impl World {
    pub(super) fn new(scenario: Scenario, rules: Rules) -> Self {
        let calls = std::array::from_fn(|number| scenario.call(number));
        Self {
            is_calm: scenario.is_calm(),
            refreshes: calls.iter().any(|call| call.refresh),
            covering: calls.map(|call| scenario.covering(call)),
            scenario,
            rules,
            calls,
        }
    }

    /// All moves from `state`: none at the end of a history.
    pub(super) fn moves(&self, state: &State) -> Moves {
        let mut moves = Moves::new();
        for number in 0..self.scenario.calls.len() {
            self.call_moves(state, number, &mut moves);
        }
        for number in 0..self.scenario.writers.len() {
            self.writer_moves(state, number, &mut moves);
        }
        for process in 0..PROCESSES {
            self.journal_moves(state, process, &mut moves);
        }
        self.server_moves(state, &mut moves);
        for next in &mut moves {
            self.forget_flights(&mut next.state);
        }
        moves
    }

    /// Whether everybody is done; late commands may be left.
    pub(super) fn is_at_rest(&self, state: &State) -> bool {
        let calls = 0..self.scenario.calls.len();
        calls
            .clone()
            .all(|call| state.calls[call].phase == Phase::Done)
            && self.writers_are_done(state)
    }

    /// What is checked when everybody is done: calls that come now.
    pub(super) fn look_after(&self, state: &State) -> Option<Broken> {
        let mut state = *state;
        state.faults = 0;
        if self.is_calm && state.processes.iter().any(|process| process.loads > 1) {
            return Some(Broken::Loads);
        }
        for again in [false, true] {
            let loads = state.processes[PROCESSES - 1].loads;
            state.calls[QUIET] = Call::default();
            while state.calls[QUIET].phase != Phase::Done {
                let mut moves = Moves::new();
                self.call_moves(&state, QUIET, &mut moves);
                let Some(next) = moves.into_iter().next() else {
                    return Some(Broken::Hangs);
                };
                state = next.state;
            }
            if state.broken.is_some() {
                return state.broken;
            }
            let loaded = state.processes[PROCESSES - 1].loads != loads;
            if loaded && again {
                return Some(Broken::Stuck);
            }
            if loaded && self.is_calm {
                return Some(Broken::Unreadable);
            }
            // Found by its next call in the store, not here.
            state.flights[QUIET] = Flight::default();
        }
        None
    }

    /// The run that a reply about `key` names.
    pub(super) fn run(&self, state: &State, key: Keys) -> Run {
        let known = if is_entry(key) {
            self.rules.has(Rule::IdentityOfEntry)
        } else {
            self.rules.has(Rule::IdentityOfMarkers)
        };
        if known && self.rules.has(Rule::Identity) {
            state.server.run(key)
        } else {
            0
        }
    }

    /// `state` after a fault of this kind, if one may happen.
    pub(super) fn after(&self, fault: Fault, state: &State) -> Option<State> {
        if state.faults == 0 || !self.scenario.may(fault) {
            return None;
        }
        let mut state = *state;
        state.faults -= 1;
        Some(state)
    }

    pub(super) fn call(&self, number: usize) -> CallOf {
        self.calls[number]
    }

    /// The invalidations that cover a call.
    pub(super) fn covering(&self, number: usize) -> Invalidations {
        self.covering[number]
    }

    /// What a call that begins now may rely on. In an outage it does not see what others have done since
    /// that began.
    pub(super) fn promised(&self, state: &State, number: usize) -> Invalidations {
        let process = &state.processes[self.call(number).process];
        let others = if process.open {
            process.known
        } else {
            state.applied
        };
        (others | process.returned) & self.covering(number)
    }

    /// What an entry is good for, for a call that saw this: how old it is, and its value.
    pub(super) fn finds(
        &self,
        entry: Option<Entry>,
        seen: Seen,
        of: CallOf,
    ) -> Option<(Freshness, Invalidations)> {
        let entry = entry.filter(|_| seen.answered)?;
        let age = decide::age(entry, of.windows);
        let counts = || {
            (entry.old && !self.rules.has(Rule::StaleCounts))
                || decide::counts(self.rules, entry, seen, of.groups)
        };
        (age != Freshness::Over && counts()).then_some((age, entry.value))
    }

    /// Whether a read that is answered at once, in some process, would show a value from before what is
    /// promised, or let the call join the load of one.
    pub(super) fn would_be_stale(&self, state: &State) -> bool {
        for number in 0..self.scenario.calls.len() {
            let of = self.call(number);
            let promised = self.promised(state, number);
            let process = &state.processes[of.process];
            if promised == 0 || of.refresh || (process.out && !process.open) {
                continue;
            }
            let slot = state.server.keys.entries[of.entry];
            let outdated = |value: Invalidations| promised & !value != 0;
            if process.open {
                if process.memory[of.entry].is_some_and(outdated) {
                    return true;
                }
            } else if let Slot::Entry(_, entry) = slot
                && outdated(entry.value)
                && self.is_trusted(state, number)
                && self
                    .finds(Some(entry), self.read_now(state, of), of)
                    .is_some()
            {
                return true;
            }
            let (seen, outage) = if process.open {
                (Seen::default(), process.outage)
            } else {
                (self.read_now(state, of), 0)
            };
            for flight in 0..CALLS {
                if state.flights[flight].stage >= Stage::Begun
                    && outdated(state.flights[flight].value)
                    && self.can_join(state, of, flight, seen, outage)
                {
                    return true;
                }
            }
        }
        false
    }

    fn read_now(&self, state: &State, of: CallOf) -> Seen {
        let mut seen = Seen {
            answered: true,
            ..Seen::default()
        };
        for key in each(of.keys()) {
            self.read(state, key, &mut seen, &mut None);
        }
        seen
    }

    /// A flight that nobody can join any more is as good as none.
    fn forget_flights(&self, state: &mut State) {
        for flight in 0..CALLS {
            if state.flights[flight].stage == Stage::None {
                continue;
            }
            let of = self.call(flight);
            let needed = (0..CALLS).any(|call| {
                let other = self.call(call);
                state.calls[call].phase < Phase::Storing
                    && other.process == of.process
                    && other.entry == of.entry
            });
            if !needed {
                state.flights[flight] = Flight::default();
            }
        }
    }

    /// Commands that the server runs late, restarts and evictions.
    fn server_moves(&self, state: &State, moves: &mut Moves) {
        for place in 0..state.late.len() {
            let mut next = *state;
            let command = std::mem::take(&mut next.late[place]);
            let keys = &mut next.server.keys;
            match command {
                Late::None => continue,
                Late::CreateMarker(group, token) => {
                    keys.create_marker(group, token);
                }
                Late::CreateLease(entry, id) => {
                    keys.create_lease(entry, id);
                }
                Late::Delete(key) => keys.delete(key),
                Late::Store(at, expects, id, entry) => {
                    keys.store(at, expects, id, entry);
                }
            }
            moves.push(Move {
                who: Who::Server,
                what: "runs a late command",
                keys: 0,
                state: next,
            });
        }
        self.server_faults(state, moves);
    }
}
