//! [`State`]: one moment of a history, with the server, the calls, the writers, and what each process remembers.

use super::{
    names::{NONE, Name, Run},
    scenario::{CALLS, INVALIDATIONS, PROCESSES, WRITERS},
    server::{ENTRIES, Entry, Expects, GROUPS, Keys, Marker, Server},
};
use crate::coherence::journal::open::OpenNumbers;

/// A set of invalidations, a bit each: writers first, then refreshes.
pub(super) type Invalidations = u8;

/// The state of the server that a call saw: a small [`View`](crate::coherence::rules::View).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// True if the store answered the read at all.
    pub(super) answered: bool,
    pub(super) occupant: Name,
    pub(super) run: Run,
    pub(super) markers: [Marker; GROUPS],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd)]
pub(super) enum Phase {
    #[default]
    Idle,
    /// Its read is under way; with nothing pending it is to be judged.
    Reading,
    /// Its capture is under way; with nothing pending it is to be judged.
    Capturing,
    /// Nothing is missing: its load can begin.
    Ready,
    Loading,
    /// It waits for the value of a flight.
    Waiting,
    /// Sent back: it has to read again.
    SentBack,
    Storing,
    /// A refresh that was not stored deletes the entry.
    Deleting,
    Done,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "facts that do not hang together"
)]
pub(super) struct Call {
    pub(super) phase: Phase,
    /// The invalidations that hold for it: those applied when it began.
    pub(super) promised: Invalidations,
    /// True if no postponed invalidation covered it when its read was sent.
    pub(super) trusted: bool,
    /// The keys whose replies it waits for.
    pub(super) pending: Keys,
    /// True if a refresh has left its lease, and asks what lies there.
    pub(super) asks_occupant: bool,
    pub(super) seen: Seen,
    /// The entry that lay at the entry's key, if it was one.
    pub(super) entry: Option<Entry>,
    /// Values of creations that are sent again as they were.
    pub(super) sent: [Name; ENTRIES + GROUPS],
    /// The number of the outage that it goes through; 0 if it asks the server.
    pub(super) outage: u8,
    /// The flight it leads or waits for.
    pub(super) flight: u8,
    /// The value of its load: the invalidations that had begun.
    pub(super) value: Invalidations,
    /// The value of an entry past its ttl that its own read showed, to be served if its body fails.
    pub(super) copy: Option<Invalidations>,
    /// True if its caller has an answer already: what is left of it is a refresh.
    pub(super) background: bool,
    /// True if its own lease lies, or lay, at the entry's key.
    pub(super) leased: bool,
    /// Flights, a bit each, that had ended when it began.
    pub(super) too_late_for: u8,
    /// The calls, a bit each, whose loads had ended when the load of this refresh began.
    pub(super) older: u8,
}

impl Call {
    pub(super) const DONE: Self = Self {
        phase: Phase::Done,
        promised: 0,
        trusted: false,
        pending: 0,
        asks_occupant: false,
        seen: Seen {
            answered: false,
            occupant: NONE,
            run: 0,
            markers: [Marker {
                token: NONE,
                run: 0,
            }; GROUPS],
        },
        entry: None,
        sent: [NONE; ENTRIES + GROUPS],
        outage: 0,
        flight: 0,
        value: 0,
        copy: None,
        background: false,
        leased: false,
        too_late_for: 0,
        older: 0,
    };
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd)]
pub(super) enum Stage {
    /// There is no flight.
    #[default]
    None,
    NotBegun,
    Begun,
    /// The value is there, and can be taken by calls that join.
    Completed,
    /// The value was stored, or will not be: of use only to calls that began before.
    Ended,
}

/// A load that calls of one process share, under the number of the call that led it first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flight {
    pub(super) stage: Stage,
    /// True if its leader was cancelled: one of those who wait has to lead.
    pub(super) vacant: bool,
    /// True if its process invalidated what it loads, after it had begun.
    pub(super) detached: bool,
    /// True if nobody joins it: a refresh, or the load of a call that waited for long enough.
    pub(super) alone: bool,
    /// The number of the outage of its calls.
    pub(super) outage: u8,
    /// The state that the load has captured, if it captured everything.
    pub(super) captures: Option<Seen>,
    pub(super) value: Invalidations,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum WriterPhase {
    #[default]
    Idle,
    Sent,
    /// It waits for the reply to another writer's command.
    Sharing,
    Returned,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Writer {
    pub(super) phase: WriterPhase,
    pub(super) pending: Keys,
    /// True if a command of it was not answered.
    pub(super) unanswered: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Process {
    /// True while it does not reach the server.
    pub(super) cut_off: bool,
    /// True while it does not ask the server any more.
    pub(super) breaker_open: bool,
    /// The number of the last outage: of times that its breaker has opened.
    pub(super) outage: u8,
    /// The invalidations that were applied when the outage began.
    pub(super) known: Invalidations,
    /// The value that it keeps of each entry in an outage.
    pub(super) memory: [Option<Invalidations>; ENTRIES],
    /// The invalidations of its own that have returned, applied or postponed.
    pub(super) returned: Invalidations,
    /// The invalidations of its own that have returned and are not applied yet.
    pub(super) unconfirmed: Invalidations,
    /// The number of the last invalidation that its journal entered.
    pub(super) entered: u8,
    /// The number of each invalidation.
    pub(super) numbers: [u8; INVALIDATIONS],
    /// The open invalidations of each key.
    pub(super) open_numbers: [SmallOpenNumbers; ENTRIES + GROUPS],
    /// The keys that are sent again.
    pub(super) sending: Keys,
    /// The last number that was entered when they were sent.
    pub(super) sending_number: u8,
    /// The keys of these whose replies are missing.
    pub(super) pending: Keys,
    pub(super) loads: u8,
}

/// [`OpenNumbers`], made small: numbers begin with one, and there is none without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SmallOpenNumbers {
    pub(super) oldest: u8,
    pub(super) latest: u8,
    pub(super) postponed: u8,
}

impl SmallOpenNumbers {
    pub(super) fn expand(self) -> Option<OpenNumbers> {
        (self.latest != 0).then(|| OpenNumbers {
            oldest: self.oldest.into(),
            latest: self.latest.into(),
            postponed: (self.postponed != 0).then(|| self.postponed.into()),
        })
    }

    pub(super) fn of(open: Option<OpenNumbers>) -> Self {
        let small = |number| u8::try_from(number).expect("a few invalidations");
        open.map_or_else(Self::default, |open| Self {
            oldest: small(open.oldest),
            latest: small(open.latest),
            postponed: small(open.postponed.unwrap_or(0)),
        })
    }
}

/// A command that the server has received and runs whenever it likes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Late {
    #[default]
    None,
    CreateMarker(usize, Name),
    CreateLease(usize, Name),
    Delete(Keys),
    Store(usize, Expects, Name, Entry),
}

/// The number of late commands: as many as faults, and those that one cancelled call leaves behind.
const LATE: usize = 5;

/// The entry that a call has stored, or is about to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) id: Name,
    pub(super) in_place_of: Name,
}

/// A promise that did not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// A call returned a value from before an invalidation that was applied when it began.
    Stale,
    /// A call that would begin now would be given such a value.
    WouldBeStale,
    /// A call waits for ever.
    Hangs,
    /// At rest, the second of two calls still misses.
    Stuck,
    /// At rest, without writes and faults, nothing usable is stored.
    Unreadable,
    /// More loads in a process than one, without writes and faults.
    Loads,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    pub(super) server: Server,
    pub(super) calls: [Call; CALLS],
    pub(super) flights: [Flight; CALLS],
    pub(super) writers: [Writer; WRITERS],
    pub(super) processes: [Process; PROCESSES],
    pub(super) late: [Late; LATE],
    /// The entry that each call has stored, where refreshes need it.
    pub(super) stores: [Stored; CALLS],
    /// The calls, a bit each, whose loads have ended, where refreshes need it.
    pub(super) loaded: u8,
    /// Faults that may still happen.
    pub(super) faults: u8,
    pub(super) begun: Invalidations,
    pub(super) applied: Invalidations,
    /// The last name drawn.
    pub(super) drawn: Name,
    pub(super) broken: Option<Broken>,
}

impl State {
    /// Draws a name that nothing has had.
    pub(super) fn draw(&mut self) -> Name {
        self.drawn += 1;
        self.drawn
    }

    pub(super) fn leave_late(&mut self, command: Late) {
        let place = self.late.iter_mut().find(|late| **late == Late::None);
        *place.expect("room for late commands") = command;
    }

    pub(super) fn breaks(&mut self, broken: Broken) {
        self.broken.get_or_insert(broken);
    }
}
