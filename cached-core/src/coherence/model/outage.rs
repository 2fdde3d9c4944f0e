//! A process that does not ask a server which fails: what it keeps for itself meanwhile, and when that ends.

use super::{
    rules::Rule,
    scenario::CALLS,
    server::{ENTRIES, Entry, Slot, each},
    state::{Invalidations, Phase, Seen, State},
    world::{Move, Moves, Who, World},
};

impl World {
    /// Whether a process gets no answers now, or does not ask.
    pub(super) fn is_away(state: &State, process: usize) -> bool {
        state.processes[process].out || state.processes[process].open
    }

    pub(super) fn breaker_moves(&self, state: &State, process: usize, moves: &mut Moves) {
        let now = &state.processes[process];
        let mut step = |what, next| {
            moves.push(Move {
                who: Who::Process(process),
                what,
                keys: 0,
                state: next,
            });
        };
        if now.open && !now.out {
            step(
                "finds the server, and closes its breaker",
                self.close(state, process),
            );
        } else if self.scenario.keeps && now.out && !now.open {
            step("opens its breaker", self.open(state, process));
        }
    }

    fn open(&self, state: &State, process: usize) -> State {
        let mut next = *state;
        let opened = &mut next.processes[process];
        opened.open = true;
        opened.outage += 1;
        opened.known = state.applied;
        if self.rules.has(Rule::MemoryEndsWithOutage) {
            opened.memory = [None; ENTRIES];
        }
        next
    }

    fn close(&self, state: &State, process: usize) -> State {
        let mut next = *state;
        next.processes[process].open = false;
        if !self.rules.has(Rule::MemoryIsNotCopied) {
            self.copy(&mut next, process);
        }
        let kept = [Rule::MemoryEndsWithOutage, Rule::MemoryIsForOutages];
        if kept.into_iter().all(|rule| self.rules.has(rule)) {
            next.processes[process].memory = [None; ENTRIES];
        }
        next
    }

    /// Stores what was kept, as if it had been loaded now.
    fn copy(&self, state: &mut State, process: usize) {
        for call in 0..CALLS {
            let of = self.call(call);
            let Some(value) = state.processes[process].memory[of.entry].take() else {
                continue;
            };
            let mut seen = Seen::default();
            for key in each(of.keys()) {
                self.read(state, key, &mut seen, &mut None);
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

    /// A call begins, or its read has failed: what this process has loaded in this outage answers it, or
    /// it goes on without the server.
    pub(super) fn look_inside(&self, state: &mut State, number: usize) {
        let of = self.call(number);
        let process = &state.processes[of.process];
        let kept = process.memory[of.entry];
        let outage = if process.open { process.outage } else { 0 };
        let asks = process.open || !self.rules.has(Rule::MemoryIsForOutages);
        let call = &mut state.calls[number];
        call.phase = Phase::Reading;
        call.pending = 0;
        call.seen = Seen::default();
        call.entry = None;
        call.outage = outage;
        if let Some(value) = kept.filter(|_| asks) {
            Self::returns(state, number, value);
        }
    }

    /// A load has ended: its value is kept for the rest of the outage in which it began.
    pub(super) fn keep(&self, state: &mut State, number: usize) {
        let of = self.call(number);
        let call = &state.calls[number];
        let is_covered = state.flights[usize::from(call.flight)].detached;
        let process = &mut state.processes[of.process];
        let began_in_it = call.outage == process.outage || !self.rules.has(Rule::MemoryOfOwnLoads);
        if process.open && began_in_it && !(is_covered && self.rules.has(Rule::MemoryIfUnchanged)) {
            process.memory[of.entry] = Some(call.value);
        }
    }

    /// An invalidation of this process covers what it keeps.
    pub(super) fn forget(&self, state: &mut State, process: usize, invalidations: Invalidations) {
        for call in 0..CALLS {
            if self.covering(call) & invalidations != 0 && self.rules.has(Rule::MemoryIsCovered) {
                state.processes[process].memory[self.call(call).entry] = None;
            }
        }
    }
}
