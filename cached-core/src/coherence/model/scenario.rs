//! [`Scenario`]: the calls and writers of a history, its start, and the faults that may happen in it.

use std::{fmt, time::Duration};

use super::{
    names::NONE,
    server::{ENTRIES, ENTRY, Entry, GROUPS, Keys, MARKER, Marker, Slot},
    state::{Invalidations, Phase, State},
};
use crate::format::freshness::StaleWindows;

/// Three calls, and a quiet one that looks at what is left when everything is over.
pub(super) const CALLS: usize = 4;
pub(super) const QUIET: usize = 3;
pub(super) const WRITERS: usize = 2;
/// The invalidations of writers, and those of refreshes.
pub(super) const INVALIDATIONS: usize = WRITERS + CALLS;
/// Two processes, and the one of the quiet call.
pub(super) const PROCESSES: usize = 3;

/// The state of the server at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    Empty,
    Valid,
    /// An entry whose group was invalidated, and asked for since.
    Dead,
    /// An entry whose group was invalidated.
    MarkerMissing,
    /// Markers, and the lease of a load that never ended.
    Lease,
    PastTtl,
}

pub(super) const STARTS: [Start; 6] = [
    Start::Empty,
    Start::Valid,
    Start::Dead,
    Start::MarkerMissing,
    Start::Lease,
    Start::PastTtl,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CallSpec {
    pub(super) process: usize,
    pub(super) entry: usize,
    pub(super) groups: u8,
    pub(super) refresh: bool,
    /// True if its read captures what a load will need.
    pub(super) captures: bool,
    pub(super) windows: StaleWindows,
}

/// The time for which an entry is fresh.
pub(super) const TTL: Duration = Duration::from_secs(10);
/// The time for which it is kept after that, where a function has a window.
pub(super) const WINDOW: Duration = Duration::from_secs(10);
/// The time that is left of the window for an entry past its ttl.
pub(super) const WINDOW_LEFT: Duration = Duration::from_secs(5);

/// A call in a process, of a function with one group and no windows.
pub(super) const fn call(process: usize) -> CallSpec {
    CallSpec {
        process,
        entry: 0,
        groups: 1,
        refresh: false,
        captures: false,
        windows: StaleWindows::NONE,
    }
}

impl CallSpec {
    /// A call of a version of the function that has its own entry.
    pub(super) const fn of_version(mut self, entry: usize) -> Self {
        self.entry = entry;
        self
    }

    /// A call of a function with a second group, a tag.
    pub(super) const fn tagged(mut self) -> Self {
        self.groups = 2;
        self
    }

    pub(super) const fn refresh(mut self) -> Self {
        self.refresh = true;
        self
    }

    /// A call of a function that has missed many times in a row.
    pub(super) const fn expects_a_miss(mut self) -> Self {
        self.captures = true;
        self
    }

    /// A call of a function that serves what is past its ttl while it refreshes it.
    pub(super) const fn revalidates(mut self) -> Self {
        self.windows.revalidate = WINDOW;
        self
    }

    /// A call of a function that serves what is past its ttl if its body fails.
    pub(super) const fn bears_errors(mut self) -> Self {
        self.windows.if_error = WINDOW;
        self
    }

    /// Returns the keys that it reads.
    pub(super) fn keys(self) -> Keys {
        let markers = MARKER.iter().take(self.groups.into());
        markers.fold(ENTRY[self.entry], |keys, marker| keys | marker)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WriterSpec {
    pub(super) process: usize,
    pub(super) targets: Keys,
}

/// Invalidates the group that all calls have.
pub(super) const fn group(process: usize) -> WriterSpec {
    WriterSpec {
        process,
        targets: MARKER[0],
    }
}

/// Invalidates what [`CallSpec::tagged`] calls have.
pub(super) const fn tag(process: usize) -> WriterSpec {
    WriterSpec {
        process,
        targets: MARKER[1],
    }
}

/// Invalidates one entry.
pub(super) const fn exact(process: usize) -> WriterSpec {
    WriterSpec {
        process,
        targets: ENTRY[0],
    }
}

/// Invalidates all versions of a call.
pub(super) const fn typed(process: usize) -> WriterSpec {
    WriterSpec {
        process,
        targets: MARKER[0] | ENTRY[0],
    }
}

/// A fault that may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Fault {
    /// A marker is evicted.
    MarkerLost = 1,
    /// An entry or a lease is evicted, or its lifetime ends.
    EntryLost = 2,
    /// A caller drops its future.
    Cancelled = 4,
    /// A command ran, and its reply is lost.
    ReplyLost = 8,
    /// A command is not answered, and runs later or never.
    RunsLate = 16,
    /// A server restarts empty.
    RestartedEmpty = 32,
    /// A server restarts from a dump that was taken at any moment.
    RestartedFromDump = 64,
    /// One process does not reach the server for a while.
    Outage = 128,
    BodyFails = 256,
    /// A call that waits loads by itself.
    GivesUp = 512,
    /// An entry's ttl ends, and it is kept for a window.
    Ages = 1024,
}

pub(super) const ALL_FAULTS: &[Fault] = &[
    Fault::MarkerLost,
    Fault::EntryLost,
    Fault::Cancelled,
    Fault::ReplyLost,
    Fault::RunsLate,
    Fault::RestartedEmpty,
    Fault::RestartedFromDump,
    Fault::Outage,
    Fault::BodyFails,
    Fault::GivesUp,
    Fault::Ages,
];

#[derive(Clone, Debug)]
pub(super) struct Scenario {
    pub(super) start: Start,
    pub(super) calls: Vec<CallSpec>,
    pub(super) writers: Vec<WriterSpec>,
    pub(super) faults: u8,
    kinds: u16,
    /// True if entries and markers lie on two nodes, which restart alone.
    pub(super) two_nodes: bool,
    /// True if processes keep in an outage what they load.
    pub(super) keeps: bool,
}

impl Scenario {
    pub(super) fn new(start: Start, calls: &[CallSpec], writers: &[WriterSpec]) -> Self {
        Self {
            start,
            calls: calls.to_vec(),
            writers: writers.to_vec(),
            faults: 0,
            kinds: 0,
            two_nodes: false,
            keeps: false,
        }
    }

    /// Allows up to `most` faults of these kinds.
    pub(super) fn faults(mut self, most: u8, kinds: &[Fault]) -> Self {
        self.faults = most;
        self.kinds = kinds.iter().fold(0, |all, kind| all | *kind as u16);
        self
    }

    pub(super) fn on_two_nodes(mut self) -> Self {
        self.two_nodes = true;
        self
    }

    pub(super) fn keeping(mut self) -> Self {
        self.keeps = true;
        self
    }

    pub(super) fn may(&self, fault: Fault) -> bool {
        self.kinds & fault as u16 != 0
    }

    /// Returns `true` if its histories are few enough for an ordinary test run.
    pub(super) fn is_small(&self) -> bool {
        self.calls.len() < CALLS - 1 || self.faults == 0
    }

    /// Returns the call of this number; the quiet one is like the last.
    pub(super) fn call(&self, number: usize) -> CallSpec {
        match self.calls.get(number) {
            Some(call) => *call,
            None => CallSpec {
                process: PROCESSES - 1,
                refresh: false,
                captures: false,
                ..self.calls[self.calls.len() - 1]
            },
        }
    }

    /// The bit of a writer's invalidation.
    pub(super) fn of_writer(writer: usize) -> Invalidations {
        1 << writer
    }

    /// The bit of a refresh, which is an invalidation of all loads that began before its own.
    pub(super) fn of_refresh(call: usize) -> Invalidations {
        1 << (WRITERS + call)
    }

    /// Returns the invalidations that cover a call.
    pub(super) fn covering(&self, call: CallSpec) -> Invalidations {
        let writers = (0..self.writers.len())
            .filter(|writer| self.writers[*writer].targets & call.keys() != 0)
            .map(Self::of_writer);
        let refreshes = (0..self.calls.len())
            .filter(|other| self.calls[*other].refresh && self.calls[*other].entry == call.entry)
            .map(Self::of_refresh);
        writers.chain(refreshes).fold(0, |all, bit| all | bit)
    }

    /// Returns the keys that an invalidation deletes.
    pub(super) fn targets(&self, invalidations: Invalidations) -> Keys {
        let writers = (0..self.writers.len())
            .filter(|writer| Self::of_writer(*writer) & invalidations != 0)
            .map(|writer| self.writers[writer].targets);
        let refreshes = (0..self.calls.len())
            .filter(|call| Self::of_refresh(*call) & invalidations != 0)
            .map(|call| ENTRY[self.calls[call].entry]);
        writers.chain(refreshes).fold(0, |all, keys| all | keys)
    }

    /// Returns `true` if calls that wait may need what they saw.
    pub(super) fn may_need_views(&self) -> bool {
        [Fault::Cancelled, Fault::BodyFails, Fault::GivesUp]
            .into_iter()
            .any(|fault| self.may(fault))
    }

    /// Returns `true` if each process should need one load only.
    pub(super) fn is_calm(&self) -> bool {
        self.writers.is_empty() && self.faults == 0 && self.calls.iter().all(|call| !call.refresh)
    }

    pub(super) fn start(&self) -> State {
        let mut state = State {
            faults: self.faults,
            ..State::default()
        };
        for number in self.calls.len()..CALLS {
            state.calls[number].phase = Phase::Done;
        }
        if self.start == Start::Empty {
            return state;
        }
        let known: Keys = self.calls.iter().fold(0, |keys, call| keys | call.keys());
        let mut markers = [Marker::default(); GROUPS];
        for group in 0..GROUPS {
            if known & MARKER[group] != 0 {
                markers[group].token = state.draw();
            }
            state.server.keys.markers[group] = match self.start {
                Start::MarkerMissing => NONE,
                Start::Dead if markers[group].token != NONE => state.draw(),
                _ => markers[group].token,
            };
        }
        for entry in 0..ENTRIES {
            let Some(of) = self.calls.iter().find(|call| call.entry == entry) else {
                continue;
            };
            let id = state.draw();
            let stored = Entry {
                run: 0,
                groups: of.groups,
                markers,
                value: 0,
                old: self.start == Start::PastTtl,
            };
            state.server.keys.entries[entry] = match self.start {
                Start::Lease => Slot::Lease(id),
                _ => Slot::Entry(id, stored),
            };
        }
        state
    }
}

impl fmt::Display for Scenario {
    /// Writes it as `Empty; calls 0 1t; writers 0g; 2 of [RunsLate]`: a number is a process.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}; calls", self.start)?;
        for call in &self.calls {
            write!(f, " {}", call.process)?;
            let marks = [
                (call.refresh, "refresh"),
                (call.captures, "expects a miss"),
                (call.groups == 2, "tagged"),
                (call.entry == 1, "v2"),
                (!call.windows.revalidate.is_zero(), "revalidate"),
                (!call.windows.if_error.is_zero(), "if error"),
            ];
            for (_, mark) in marks.iter().filter(|(is, _)| *is) {
                write!(f, "·{mark}")?;
            }
        }
        for writer in &self.writers {
            let name = match writer.targets {
                1 => "exact",
                4 => "group",
                8 => "tag",
                _ => "typed",
            };
            write!(f, "; {name} {}", writer.process)?;
        }
        if self.faults > 0 {
            write!(f, "; {}×", self.faults)?;
            let kinds = ALL_FAULTS.iter().filter(|kind| self.may(**kind));
            if kinds.clone().count() == ALL_FAULTS.len() {
                f.write_str("any")?;
            } else {
                f.debug_list().entries(kinds).finish()?;
            }
        }
        f.write_str(if self.two_nodes { "; two nodes" } else { "" })?;
        f.write_str(if self.keeps { "; keeps" } else { "" })
    }
}
