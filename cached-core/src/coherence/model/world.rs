//! [`World`]: all transitions from a state, of everybody who takes part, and what is checked on the way.

use super::{
    decide,
    names::Run,
    rules::{Rule, Rules},
    scenario::{CALLS, CallSpec, Fault, PROCESSES, QUIET, Scenario},
    server::{Entry, Keys, Slot, each, is_entry},
    state::{Broken, Call, Flight, Invalidations, Late, Phase, Seen, Stage, State},
};
use crate::format::freshness::Freshness;

/// The one who makes a transition.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "the number is read by `Debug`")]
pub(super) enum Actor {
    Call(usize),
    Writer(usize),
    Journal(usize),
    Process(usize),
    Server,
}

/// One step of a history, and the state it leads to.
#[derive(Clone, Debug)]
pub(super) struct Transition {
    pub(super) actor: Actor,
    pub(super) what: &'static str,
    pub(super) keys: Keys,
    pub(super) state: State,
}

pub(super) type Transitions = Vec<Transition>;

/// A scenario under some rules.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) scenario: Scenario,
    pub(super) rules: Rules,
    /// True if each process should need one load only.
    pub(super) is_calm: bool,
    /// True if anybody refreshes.
    pub(super) refreshes: bool,
    calls: [CallSpec; CALLS],
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

    /// Returns all transitions from `state`: none at the end of a history.
    pub(super) fn transitions(&self, state: &State) -> Transitions {
        let mut transitions = Transitions::new();
        for number in 0..self.scenario.calls.len() {
            self.call_transitions(state, number, &mut transitions);
        }
        for number in 0..self.scenario.writers.len() {
            self.writer_transitions(state, number, &mut transitions);
        }
        for process in 0..PROCESSES {
            self.journal_transitions(state, process, &mut transitions);
        }
        self.server_transitions(state, &mut transitions);
        for next in &mut transitions {
            self.forget_flights(&mut next.state);
        }
        transitions
    }

    /// Returns `true` if everybody is done; late commands may be left.
    pub(super) fn is_at_rest(&self, state: &State) -> bool {
        let calls = 0..self.scenario.calls.len();
        calls
            .clone()
            .all(|call| state.calls[call].phase == Phase::Done)
            && self.writers_are_done(state)
    }

    /// Checks calls that come when everybody is done.
    pub(super) fn check_at_rest(&self, state: &State) -> Option<Broken> {
        let mut state = *state;
        state.faults = 0;
        if self.is_calm && state.processes.iter().any(|process| process.loads > 1) {
            return Some(Broken::Loads);
        }
        for again in [false, true] {
            let loads = state.processes[PROCESSES - 1].loads;
            state.calls[QUIET] = Call::default();
            while state.calls[QUIET].phase != Phase::Done {
                let mut transitions = Transitions::new();
                self.call_transitions(&state, QUIET, &mut transitions);
                let Some(next) = transitions.into_iter().next() else {
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

    /// Returns the run that a reply about `key` names.
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

    /// Returns `state` after a fault of this kind, if one may happen.
    pub(super) fn after(&self, fault: Fault, state: &State) -> Option<State> {
        if state.faults == 0 || !self.scenario.may(fault) {
            return None;
        }
        let mut state = *state;
        state.faults -= 1;
        Some(state)
    }

    pub(super) fn call(&self, number: usize) -> CallSpec {
        self.calls[number]
    }

    /// Returns the invalidations that cover a call.
    pub(super) fn covering(&self, number: usize) -> Invalidations {
        self.covering[number]
    }

    /// Returns the invalidations that a call which begins now may rely on. In an outage it does not see what others
    /// have done since that began.
    pub(super) fn promised(&self, state: &State, number: usize) -> Invalidations {
        let process = &state.processes[self.call(number).process];
        let others = if process.breaker_open {
            process.known
        } else {
            state.applied
        };
        (others | process.returned) & self.covering(number)
    }

    /// Finds a value in an entry, for a call that saw this: with its age, if the entry counts.
    pub(super) fn finds(
        &self,
        entry: Option<Entry>,
        seen: Seen,
        of: CallSpec,
    ) -> Option<(Freshness, Invalidations)> {
        let entry = entry.filter(|_| seen.answered)?;
        let age = decide::age(entry, of.windows);
        let counts = || {
            (entry.old && !self.rules.has(Rule::StaleCounts))
                || decide::counts(self.rules, entry, seen, of.groups)
        };
        (age != Freshness::Over && counts()).then_some((age, entry.value))
    }

    /// Returns `true` if a read that is answered at once, in some process, would show a value from before what is
    /// promised, or let the call join the load of one.
    pub(super) fn would_be_stale(&self, state: &State) -> bool {
        for number in 0..self.scenario.calls.len() {
            let of = self.call(number);
            let promised = self.promised(state, number);
            let process = &state.processes[of.process];
            if promised == 0 || of.refresh || (process.cut_off && !process.breaker_open) {
                continue;
            }
            let slot = state.server.keys.entries[of.entry];
            let outdated = |value: Invalidations| promised & !value != 0;
            if process.breaker_open {
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
            let (seen, outage) = if process.breaker_open {
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

    fn read_now(&self, state: &State, of: CallSpec) -> Seen {
        let mut seen = Seen {
            answered: true,
            ..Seen::default()
        };
        for key in each(of.keys()) {
            self.read_key(state, key, &mut seen, &mut None);
        }
        seen
    }

    /// Forgets flights that nobody can join any more, which are as good as none.
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

    /// Adds the transitions of the server: commands that it runs late, restarts and evictions.
    fn server_transitions(&self, state: &State, transitions: &mut Transitions) {
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
            transitions.push(Transition {
                actor: Actor::Server,
                what: "runs a late command",
                keys: 0,
                state: next,
            });
        }
        self.server_faults(state, transitions);
    }
}
