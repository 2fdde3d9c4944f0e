//! [`Scenario`]: the beginning of a history, the events that it may have, and the rules.

/// The names of the markers.
pub(super) const NAMES: [&str; 2] = ["a", "b"];

/// A rule that can be left out. Its line says what happens then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// A call takes the tokens before its entry is read.
    TokensAfterAnswer,
    /// An answer counts for whatever is in its slot.
    AnswersHaveNumbers,
    /// A call takes the token of whatever is in the slot of its hold.
    HoldsHaveNumbers,
    /// A marker is begun when its answer is there.
    BegunBeforeSent,
    /// The server tells of changes when it has nothing else to do, as with `BCAST`.
    ToldInOrder,
    /// The server does not tell of changes made over the same connection, as with `NOLOOP`.
    ToldOfOwn,
    /// A new connection goes on with what the old one knew.
    EndsWithConnection,
    /// Nothing is done when all markers may have changed.
    FlushEndsAll,
    /// An answer that never comes keeps its place.
    DroppedIsEnded,
}

/// The beginning of a history, and the events that it may have.
#[derive(Clone, Debug)]
pub(super) struct Scenario {
    /// The markers of each call.
    pub(super) calls: Vec<&'static [usize]>,
    pub(super) capacity: usize,
    pub(super) is_watched: bool,
    pub(super) budget: Budget,
    pub(super) without: Option<Rule>,
}

/// The number of events of each kind that may still happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Budget {
    pub(super) changes: u8,
    pub(super) breaks: u8,
    pub(super) drops: u8,
    pub(super) rounds: u8,
}

impl Scenario {
    pub(super) fn of(calls: Vec<&'static [usize]>) -> Self {
        Self {
            calls,
            capacity: NAMES.len(),
            is_watched: false,
            budget: Budget::default(),
            without: None,
        }
    }

    /// Begins with both markers watched, as far as there is room.
    pub(super) fn watched(mut self) -> Self {
        self.is_watched = true;
        self
    }

    pub(super) fn room_for(mut self, markers: usize) -> Self {
        self.capacity = markers;
        self
    }

    pub(super) fn changes(mut self, changes: u8) -> Self {
        self.budget.changes = changes;
        self
    }

    pub(super) fn breaks(mut self, breaks: u8) -> Self {
        self.budget.breaks = breaks;
        self
    }

    pub(super) fn drops(mut self, drops: u8) -> Self {
        self.budget.drops = drops;
        self
    }

    pub(super) fn rounds(mut self, rounds: u8) -> Self {
        self.budget.rounds = rounds;
        self
    }

    pub(super) fn without(mut self, rule: Rule) -> Self {
        self.without = Some(rule);
        self
    }

    pub(super) fn has(&self, rule: Rule) -> bool {
        self.without != Some(rule)
    }
}
