//! The breaker and the outage memory of a process: it does not ask a server which fails, and keeps what it loads
//! meanwhile, until the outage ends.

use super::{
    rules::Rule,
    scenario::CALLS,
    server::{ENTRIES, Entry, Slot, each},
    state::{Invalidations, Phase, Seen, State},
    world::{Actor, Transition, Transitions, World},
};

impl World {
    /// Returns `true` if a process gets no answers now, or does not ask.
    pub(super) fn is_away(state: &State, process: usize) -> bool {
        state.processes[process].cut_off || state.processes[process].breaker_open
    }

    pub(super) fn breaker_transitions(
        &self,
        state: &State,
        process: usize,
        transitions: &mut Transitions,
    ) {
        let now = &state.processes[process];
        let mut step = |what, next| {
            transitions.push(Transition {
                actor: Actor::Process(process),
                what,
                keys: 0,
                state: next,
            });
        };
        if now.breaker_open && !now.cut_off {
            step(
                "finds the server, and closes its breaker",
                self.close_breaker(state, process),
            );
        } else if self.scenario.keeps && now.cut_off && !now.breaker_open {
            step("opens its breaker", self.open_breaker(state, process));
        }
    }

    fn open_breaker(&self, state: &State, process: usize) -> State {
        let mut next = *state;
        let opened = &mut next.processes[process];
        opened.breaker_open = true;
        opened.outage += 1;
        opened.known = state.applied;
        if self.rules.has(Rule::MemoryEndsWithOutage) {
            opened.memory = [None; ENTRIES];
        }
        next
    }

    fn close_breaker(&self, state: &State, process: usize) -> State {
        let mut next = *state;
        next.processes[process].breaker_open = false;
        if !self.rules.has(Rule::MemoryIsNotCopied) {
            self.store_memory(&mut next, process);
        }
        let kept = [Rule::MemoryEndsWithOutage, Rule::MemoryIsForOutages];
        if kept.into_iter().all(|rule| self.rules.has(rule)) {
            next.processes[process].memory = [None; ENTRIES];
        }
        next
    }

    /// Stores what was kept, as if it had been loaded now.
    fn store_memory(&self, state: &mut State, process: usize) {
        for call in 0..CALLS {
            let of = self.call(call);
            let Some(value) = state.processes[process].memory[of.entry].take() else {
                continue;
            };
            let mut seen = Seen::default();
            for key in each(of.keys()) {
                self.read_key(state, key, &mut seen, &mut None);
            }
            let entry = Entry {
                run: seen.run,
                groups: of.groups,
                markers: seen.markers,
                value,
                old: false,
            };
            let id = state.draw();
            state.server.keys.entries[of.entry] = Slot::Entry(id, entry);
        }
    }

    /// Asks the memory of an outage, for a call that begins or whose read has failed: what this process has loaded in
    /// this outage answers it, or it goes on without the server.
    pub(super) fn ask_memory(&self, state: &mut State, number: usize) {
        let of = self.call(number);
        let process = &state.processes[of.process];
        let kept = process.memory[of.entry];
        let outage = if process.breaker_open {
            process.outage
        } else {
            0
        };
        let asks = process.breaker_open || !self.rules.has(Rule::MemoryIsForOutages);
        let call = &mut state.calls[number];
        call.phase = Phase::Reading;
        call.pending = 0;
        call.seen = Seen::default();
        call.entry = None;
        call.outage = outage;
        if let Some(value) = kept.filter(|_| asks) {
            Self::return_value(state, number, value);
        }
    }

    /// Keeps the value of a load that has ended, for the rest of the outage in which it began.
    pub(super) fn keep_value(&self, state: &mut State, number: usize) {
        let of = self.call(number);
        let call = &state.calls[number];
        let is_covered = state.flights[usize::from(call.flight)].detached;
        let process = &mut state.processes[of.process];
        let began_in_it = call.outage == process.outage || !self.rules.has(Rule::MemoryOfOwnLoads);
        if process.breaker_open
            && began_in_it
            && !(is_covered && self.rules.has(Rule::MemoryIfUnchanged))
        {
            process.memory[of.entry] = Some(call.value);
        }
    }

    /// Forgets what this process keeps and an invalidation of its own covers.
    pub(super) fn forget_covered(
        &self,
        state: &mut State,
        process: usize,
        invalidations: Invalidations,
    ) {
        for call in 0..CALLS {
            if self.covering(call) & invalidations != 0 && self.rules.has(Rule::MemoryIsCovered) {
                state.processes[process].memory[self.call(call).entry] = None;
            }
        }
    }
}
