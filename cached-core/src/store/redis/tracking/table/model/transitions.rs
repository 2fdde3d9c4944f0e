//! The transitions from a state: all that may happen next.

use super::{
    scenario::Scenario,
    world::{Answer, Broken, Call, Change, Command, State},
};

/// An event, and the state it leads to.
pub(super) struct Transition {
    /// The event, and the call or marker it happens to.
    pub(super) event: (&'static str, usize),
    pub(super) result: Result<State, Broken>,
}

impl State {
    /// Returns all that may happen next.
    pub(super) fn transitions(&self, rules: &Scenario) -> Vec<Transition> {
        let mut next = Transitions {
            from: self,
            all: Vec::new(),
        };
        for call in 0..self.calls.len() {
            self.call_transitions(call, rules, &mut next);
        }
        if !self.commands.is_empty() {
            next.push("the server runs the next command", 0, |state| {
                state.run_command(rules);
            });
        }
        if !self.answers.is_empty() {
            next.push("the next answer arrives", 0, |state| {
                state.take_answer(rules);
            });
        }
        if !self.late.is_empty() {
            next.push("the server tells what it has not", 0, |state| {
                let late = std::mem::take(&mut state.late);
                state.answers.extend(late.into_iter().map(Answer::Told));
            });
        }
        for marker in 0..self.markers.len() {
            self.marker_transitions(marker, rules, &mut next);
        }
        if self.budget.changes > 0 {
            next.push("everything is deleted", 0, |state| {
                state.budget.changes -= 1;
                state.markers = [None; 2];
                state.is_told = [false; 2];
                state.tell(rules, Change::All);
            });
        }
        if self.budget.rounds > 0 {
            next.push("all that is watched is old", 0, |state| {
                state.budget.rounds -= 1;
                state.grow_old();
            });
        }
        if self.budget.breaks > 0 {
            next.push("the connection ends", 0, |state| {
                state.budget.breaks -= 1;
                state.reconnect(rules);
            });
        }
        next.all
    }

    fn call_transitions(&self, call: usize, rules: &Scenario, next: &mut Transitions<'_>) {
        match &self.calls[call] {
            Call::Done => return,
            Call::Idle => return next.push("begins: call", call, |state| state.begin(rules, call)),
            _ if self.is_waiting(call) => {}
            _ => next.try_push("goes on: call", call, |state| state.go_on(rules, call)),
        }
        if self.budget.drops > 0 {
            next.push("is dropped: call", call, |state| {
                state.budget.drops -= 1;
                state.give_up(rules, call, Call::Done);
            });
        }
    }

    fn marker_transitions(&self, marker: usize, rules: &Scenario, next: &mut Transitions<'_>) {
        if self.markers[marker].is_none() {
            return next.push("is created: marker", marker, |state| {
                state.last += 1;
                state.markers[marker] = Some(state.last);
                state.tell_change(rules, marker);
            });
        }
        if self.budget.changes == 0 {
            return;
        }
        next.push("is deleted: marker", marker, |state| {
            state.budget.changes -= 1;
            state.markers[marker] = None;
            state.tell_change(rules, marker);
        });
        next.push("lives longer: marker", marker, |state| {
            state.budget.changes -= 1;
            state.tell_change(rules, marker);
        });
        next.push(
            "is unlinked over this connection: marker",
            marker,
            |state| {
                state.budget.changes -= 1;
                state.commands.push_back(Command::Unlink(marker));
            },
        );
    }
}

struct Transitions<'a> {
    from: &'a State,
    all: Vec<Transition>,
}

impl Transitions<'_> {
    fn push(&mut self, what: &'static str, which: usize, change: impl FnOnce(&mut State)) {
        self.try_push(what, which, |state| {
            change(state);
            Ok(())
        });
    }

    fn try_push(
        &mut self,
        what: &'static str,
        which: usize,
        change: impl FnOnce(&mut State) -> Result<(), Broken>,
    ) {
        let mut state = self.from.clone();
        let result = change(&mut state).map(|()| state);
        let event = (what, which);
        self.all.push(Transition { event, result });
    }
}
