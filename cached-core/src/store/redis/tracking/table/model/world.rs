//! [`State`]: one moment of a history, with the server, the connection and the calls.

use std::collections::VecDeque;

use super::{
    super::{Hold, Table},
    scenario::{Budget, NAMES, Rule, Scenario},
};
use crate::format::entry::Token;

/// The content of a marker, each time another one.
pub(super) type Held = Option<u8>;

#[derive(Clone, Debug, Hash)]
pub(super) struct State {
    pub(super) markers: [Held; 2],
    pub(super) last: u8,
    /// True if the connection is to be told of the next change.
    pub(super) is_told: [bool; 2],
    /// The changes that the server has not told of yet; only if it does so late.
    pub(super) late: Vec<Change>,
    pub(super) commands: VecDeque<Command>,
    pub(super) answers: VecDeque<Answer>,
    /// A table for each connection there was; the last one is open.
    tables: Vec<Table>,
    pub(super) calls: Vec<Call>,
    pub(super) budget: Budget,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Change {
    Marker(usize),
    All,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Command {
    /// Reads markers, of whose next change the connection is told.
    Watch(usize, Vec<usize>),
    /// Reads the entry of a call, which must take the tokens that all markers hold then.
    Entry(usize),
    /// Reads the entry of a call and its markers.
    Whole(usize),
    /// Deletes a marker.
    Unlink(usize),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Answer {
    Told(Change),
    Watched(usize, Vec<Held>),
    Read(usize, [Held; 2]),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Call {
    Idle,
    /// The entry is being read, and the tokens are here; `held` is there with the answer.
    Entry {
        holds: Vec<Hold>,
        taken: Vec<Token>,
        connection: usize,
        held: Option<[Held; 2]>,
    },
    /// Everything is being read, and some of it is to be watched from then on.
    Whole {
        asked: Vec<(usize, Option<Hold>)>,
        answered: Option<Vec<Held>>,
        connection: usize,
        is_read: bool,
    },
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// A call has taken a token that its marker did not hold when its entry was read.
    Stale,
    /// A marker stays on its way, and is never watched.
    OnItsWay,
    /// Nothing goes on, and a marker that a call has read is not watched.
    NotWatched,
}

fn token(held: Held) -> Option<Token> {
    held.map(|held| Token::read(format!("{held:032x}").as_bytes()).unwrap())
}

impl State {
    pub(super) fn start(rules: &Scenario) -> Self {
        let mut state = Self {
            markers: [Some(1), Some(2)],
            last: 2,
            is_told: [false; 2],
            late: Vec::new(),
            commands: VecDeque::new(),
            answers: VecDeque::new(),
            tables: vec![Table::new(rules.capacity)],
            calls: vec![Call::Idle; rules.calls.len()],
            budget: rules.budget,
        };
        if rules.is_watched {
            for marker in 0..rules.capacity {
                state.watch(marker);
            }
        }
        state
    }

    /// Watches one marker, with nobody else about. Returns `true` if it is watched then.
    fn watch(&mut self, marker: usize) -> bool {
        let table = self.tables.last_mut().unwrap();
        if let Some(hold) = table.begin_watch(NAMES[marker]) {
            table.learn_token(hold, token(self.markers[marker]));
            self.is_told[marker] = true;
        }
        table.find(NAMES[marker]).is_some()
    }

    fn connection(&self) -> usize {
        self.tables.len() - 1
    }

    /// Tells that the server has changed a marker, or only how long it lives.
    pub(super) fn tell_change(&mut self, rules: &Scenario, marker: usize) {
        if std::mem::take(&mut self.is_told[marker]) {
            self.tell(rules, Change::Marker(marker));
        }
    }

    pub(super) fn tell(&mut self, rules: &Scenario, change: Change) {
        if rules.has(Rule::ToldInOrder) {
            self.answers.push_back(Answer::Told(change));
        } else {
            self.late.push(change);
        }
    }

    /// Has the server run the next command.
    pub(super) fn run_command(&mut self, rules: &Scenario) {
        match self.commands.pop_front() {
            Some(Command::Watch(call, markers)) => {
                let held = markers.iter().map(|marker| self.markers[*marker]);
                self.answers
                    .push_back(Answer::Watched(call, held.collect()));
                for marker in markers {
                    self.is_told[marker] = true;
                }
            }
            Some(Command::Entry(call) | Command::Whole(call)) => {
                self.answers.push_back(Answer::Read(call, self.markers));
            }
            Some(Command::Unlink(marker)) => {
                let was_there = self.markers[marker].take().is_some();
                if was_there && rules.has(Rule::ToldOfOwn) {
                    self.tell_change(rules, marker);
                }
            }
            None => {}
        }
    }

    /// Has the connection take the next answer.
    pub(super) fn take_answer(&mut self, rules: &Scenario) {
        let table = self.tables.last_mut().unwrap();
        match self.answers.pop_front() {
            Some(Answer::Told(Change::Marker(marker))) => table.end_watch(NAMES[marker].as_bytes()),
            Some(Answer::Told(Change::All)) if rules.has(Rule::FlushEndsAll) => {
                table.end_all_watches();
            }
            Some(Answer::Watched(call, found)) => {
                if let Call::Whole { answered, .. } = &mut self.calls[call] {
                    *answered = Some(found);
                }
            }
            Some(Answer::Read(call, found)) => match &mut self.calls[call] {
                Call::Entry { held, .. } => *held = Some(found),
                Call::Whole { is_read, .. } => *is_read = true,
                // It was dropped.
                Call::Idle | Call::Done => {}
            },
            Some(Answer::Told(Change::All)) | None => {}
        }
    }

    pub(super) fn begin(&mut self, rules: &Scenario, call: usize) {
        let (connection, markers) = (self.connection(), rules.calls[call]);
        let table = self.tables.last_mut().unwrap();
        let holds: Option<Vec<_>> = (markers.iter())
            .map(|marker| table.find(NAMES[*marker]))
            .collect();
        let Some(holds) = holds else {
            return self.read_whole(rules, call);
        };
        let taken = holds.iter().map(|hold| table.token(*hold).unwrap());
        self.calls[call] = Call::Entry {
            taken: taken.collect(),
            holds,
            connection,
            held: None,
        };
        self.commands.push_back(Command::Entry(call));
    }

    fn read_whole(&mut self, rules: &Scenario, call: usize) {
        let (connection, mut asked) = (self.connection(), Vec::new());
        let table = self.tables.last_mut().unwrap();
        for marker in rules.calls[call] {
            if !rules.has(Rule::BegunBeforeSent) {
                asked.push((*marker, None));
            } else if let Some(hold) = table.begin_watch(NAMES[*marker]) {
                asked.push((*marker, Some(hold)));
            }
        }
        if !asked.is_empty() {
            let markers = asked.iter().map(|(marker, _)| *marker).collect();
            self.commands.push_back(Command::Watch(call, markers));
        }
        self.commands.push_back(Command::Whole(call));
        self.calls[call] = Call::Whole {
            asked,
            answered: None,
            connection,
            is_read: false,
        };
    }

    /// Goes on with a call and the answer that it has.
    pub(super) fn go_on(&mut self, rules: &Scenario, call: usize) -> Result<(), Broken> {
        match std::mem::replace(&mut self.calls[call], Call::Done) {
            Call::Entry {
                holds,
                taken,
                connection,
                held,
            } => {
                let table = &self.tables[connection];
                let token_of = |hold: &Hold| match rules.without {
                    Some(Rule::HoldsHaveNumbers) => table.slots.get(hold.slot as usize)?.token,
                    _ => table.token(*hold),
                };
                let tokens = match rules.without {
                    Some(Rule::TokensAfterAnswer) => Some(taken),
                    _ => holds.iter().map(token_of).collect(),
                };
                let Some(tokens) = tokens else {
                    // Over a connection that is closed it fails, and is made anew.
                    if connection == self.connection() {
                        self.read_whole(rules, call);
                    } else {
                        self.calls[call] = Call::Idle;
                    }
                    return Ok(());
                };
                let held = held.into_iter().flatten().map(token).collect::<Vec<_>>();
                let is_held = |(marker, taken): (&usize, Token)| held[*marker] == Some(taken);
                if !rules.calls[call].iter().zip(tokens).all(is_held) {
                    return Err(Broken::Stale);
                }
            }
            Call::Whole {
                asked,
                answered,
                connection,
                ..
            } => {
                for ((marker, hold), held) in asked.into_iter().zip(answered.unwrap_or_default()) {
                    self.learn(rules, connection, marker, hold, held);
                }
            }
            Call::Idle | Call::Done => {}
        }
        Ok(())
    }

    fn learn(
        &mut self,
        rules: &Scenario,
        connection: usize,
        marker: usize,
        watched: Option<Hold>,
        held: Held,
    ) {
        let table = &mut self.tables[connection];
        let Some(mut begun) = watched.or_else(|| table.begin_watch(NAMES[marker])) else {
            return;
        };
        if !rules.has(Rule::AnswersHaveNumbers)
            && let Some(slot) = table.slots.get(begun.slot as usize)
        {
            begun.number = slot.number;
        }
        table.learn_token(begun, token(held));
    }

    /// Gives up what a call has asked for: it will not be learnt.
    pub(super) fn give_up(&mut self, rules: &Scenario, call: usize, then: Call) {
        let given_up = std::mem::replace(&mut self.calls[call], then);
        if let Call::Whole {
            asked, connection, ..
        } = given_up
            && rules.has(Rule::DroppedIsEnded)
        {
            for (_, hold) in asked {
                if let Some(hold) = hold {
                    self.tables[connection].learn_token(hold, None);
                }
            }
        }
    }

    /// Ends the connection, and opens a new one.
    pub(super) fn reconnect(&mut self, rules: &Scenario) {
        self.commands.clear();
        self.answers.clear();
        self.late.clear();
        self.is_told = [false; 2];
        for call in 0..self.calls.len() {
            if self.is_waiting(call) {
                self.give_up(rules, call, Call::Idle);
            }
        }
        let table = match rules.without {
            Some(Rule::EndsWithConnection) => self.tables[self.connection()].clone(),
            _ => Table::new(rules.capacity),
        };
        self.tables.push(table);
    }

    pub(super) fn grow_old(&mut self) {
        let table = self.tables.last_mut().unwrap();
        table.set_round(table.round + 2);
    }

    /// Returns `true` if the call has no answer yet.
    pub(super) fn is_waiting(&self, call: usize) -> bool {
        matches!(
            self.calls[call],
            Call::Entry { held: None, .. } | Call::Whole { is_read: false, .. }
        )
    }

    /// Returns `true` if nobody does anything any more.
    fn is_quiet(&self) -> bool {
        self.commands.is_empty()
            && self.answers.is_empty()
            && self.late.is_empty()
            && self.calls.iter().all(|call| *call == Call::Done)
    }

    /// Checks, when nothing goes on, that what is here is what the server has, and that a call has its markers watched.
    pub(super) fn check_when_quiet(&self) -> Result<(), Broken> {
        if !self.is_quiet() {
            return Ok(());
        }
        let mut state = self.clone();
        let table = state.tables.last().unwrap();
        for index in &table.by_name {
            if table.slots[*index as usize].token.is_none() {
                return Err(Broken::OnItsWay);
            }
        }
        for (marker, name) in NAMES.into_iter().enumerate() {
            if state.markers[marker].is_some() && !state.watch(marker) {
                return Err(Broken::NotWatched);
            }
            let table = state.tables.last().unwrap();
            let found = table.find(name).and_then(|hold| table.token(hold));
            if found != token(state.markers[marker]) {
                return Err(Broken::Stale);
            }
        }
        Ok(())
    }
}
