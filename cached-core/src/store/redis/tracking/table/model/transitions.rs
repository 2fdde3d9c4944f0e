//! What may happen next.

use super::{
    scenario::Scenario,
    world::{Answer, Broken, Call, Command, State, Told},
};

/// What happens, to which call or marker, and what comes of it.
pub(super) struct Move {
    pub(super) what: (&'static str, usize),
    pub(super) end: Result<State, Broken>,
}

impl State {
    /// All that may happen next.
    pub(super) fn moves(&self, rules: &Scenario) -> Vec<Move> {
        let mut moves = Moves {
            from: self,
            all: Vec::new(),
        };
        for call in 0..self.calls.len() {
            self.moves_of(call, rules, &mut moves);
        }
        if !self.commands.is_empty() {
            moves.may("the server runs the next command", 0, |state| {
                state.run(rules);
            });
        }
        if !self.answers.is_empty() {
            moves.may("the next answer arrives", 0, |state| state.hear(rules));
        }
        if !self.late.is_empty() {
            moves.may("the server tells what it has not", 0, |state| {
                let late = std::mem::take(&mut state.late);
                state.answers.extend(late.into_iter().map(Answer::Told));
            });
        }
        for marker in 0..self.markers.len() {
            self.changes_of(marker, rules, &mut moves);
        }
        if self.budget.changes > 0 {
            moves.may("everything is deleted", 0, |state| {
                state.budget.changes -= 1;
                state.markers = [None; 2];
                state.is_told = [false; 2];
                state.tell(rules, Told::OfAll);
            });
        }
        if self.budget.rounds > 0 {
            moves.may("all that is watched is old", 0, |state| {
                state.budget.rounds -= 1;
                state.grow_old();
            });
        }
        if self.budget.breaks > 0 {
            moves.may("the connection ends", 0, |state| {
                state.budget.breaks -= 1;
                state.reconnect(rules);
            });
        }
        moves.all
    }

    fn moves_of(&self, call: usize, rules: &Scenario, moves: &mut Moves<'_>) {
        match &self.calls[call] {
            Call::Done => return,
            Call::Idle => return moves.may("begins: call", call, |state| state.begin(rules, call)),
            _ if self.is_waiting(call) => {}
            _ => moves.try_to("goes on: call", call, |state| state.go_on(rules, call)),
        }
        if self.budget.drops > 0 {
            moves.may("is dropped: call", call, |state| {
                state.budget.drops -= 1;
                state.give_up(rules, call, Call::Done);
            });
        }
    }

    fn changes_of(&self, marker: usize, rules: &Scenario, moves: &mut Moves<'_>) {
        if self.markers[marker].is_none() {
            return moves.may("is created: marker", marker, |state| {
                state.last += 1;
                state.markers[marker] = Some(state.last);
                state.changed(rules, marker);
            });
        }
        if self.budget.changes == 0 {
            return;
        }
        moves.may("is deleted: marker", marker, |state| {
            state.budget.changes -= 1;
            state.markers[marker] = None;
            state.changed(rules, marker);
        });
        moves.may("lives longer: marker", marker, |state| {
            state.budget.changes -= 1;
            state.changed(rules, marker);
        });
        moves.may(
            "is unlinked over this connection: marker",
            marker,
            |state| {
                state.budget.changes -= 1;
                state.commands.push_back(Command::Unlink(marker));
            },
        );
    }
}

struct Moves<'a> {
    from: &'a State,
    all: Vec<Move>,
}

impl Moves<'_> {
    fn may(&mut self, what: &'static str, which: usize, change: impl FnOnce(&mut State)) {
        self.try_to(what, which, |state| {
            change(state);
            Ok(())
        });
    }

    fn try_to(
        &mut self,
        what: &'static str,
        which: usize,
        change: impl FnOnce(&mut State) -> Result<(), Broken>,
    ) {
        let mut state = self.from.clone();
        let end = change(&mut state).map(|()| state);
        let what = (what, which);
        self.all.push(Move { what, end });
    }
}
