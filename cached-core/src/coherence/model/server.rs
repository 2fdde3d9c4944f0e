//! [`Server`]: a simulated server with a few keys, and the commands on one of them.

use super::names::{NONE, Name, Run};

/// Two entries (two versions of a function, say) and the markers of two groups.
pub(super) const ENTRIES: usize = 2;
pub(super) const GROUPS: usize = 2;

/// A set of keys, a bit each.
pub(super) type Keys = u8;
pub(super) const ENTRY: [Keys; ENTRIES] = [1, 2];
pub(super) const MARKER: [Keys; GROUPS] = [4, 8];
pub(super) const KEYS: [Keys; ENTRIES + GROUPS] = [1, 2, 4, 8];
const ALL_ENTRIES: Keys = 1 | 2;

/// The keys of a set, one by one.
pub(super) fn each(keys: Keys) -> impl Iterator<Item = Keys> {
    let mut rest = keys;
    std::iter::from_fn(move || {
        let lowest = rest & rest.wrapping_neg();
        rest &= !lowest;
        (lowest != 0).then_some(lowest)
    })
}

/// The number of the entry or group that a key is of.
pub(super) fn index(key: Keys) -> usize {
    usize::from(matches!(key, 2 | 8))
}

pub(super) fn is_entry(key: Keys) -> bool {
    key & ALL_ENTRIES != 0
}

/// The name of a key, for people.
pub(super) fn show(key: Keys) -> &'static str {
    match key {
        0 => "",
        1 => "entry",
        2 => "entry of the other version",
        4 => "marker",
        8 => "marker of the tag",
        _ => "several keys",
    }
}

/// A marker as a reply showed it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marker {
    pub(super) token: Name,
    pub(super) run: Run,
}

/// A stored value and its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) run: Run,
    pub(super) groups: u8,
    pub(super) markers: [Marker; GROUPS],
    /// The invalidations that had begun when its load began.
    pub(super) value: u8,
    /// Past its ttl.
    pub(super) old: bool,
}

/// The content of an entry's key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Slot {
    #[default]
    Absent,
    Lease(Name),
    Entry(Name, Entry),
}

impl Slot {
    pub(super) fn id(self) -> Name {
        match self {
            Self::Absent => NONE,
            Self::Lease(id) | Self::Entry(id, _) => id,
        }
    }

    pub(super) fn entry(self) -> Option<Entry> {
        match self {
            Self::Entry(_, entry) => Some(entry),
            _ => None,
        }
    }
}

/// The condition of a store on the slot before it writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expects {
    /// The protocol's compare-and-set.
    Id(Name),
    Anything,
    Something,
    AnyLease,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Keyspace {
    pub(super) entries: [Slot; ENTRIES],
    pub(super) markers: [Name; GROUPS],
}

impl Keyspace {
    /// Runs `SET M <token> NX GET`, and returns what was there before.
    pub(super) fn create_marker(&mut self, group: usize, token: Name) -> Name {
        let found = self.markers[group];
        if found == NONE {
            self.markers[group] = token;
        }
        found
    }

    /// Runs `SET E <lease> NX GET`, and returns what was there before.
    pub(super) fn create_lease(&mut self, entry: usize, id: Name) -> Slot {
        let found = self.entries[entry];
        if found == Slot::Absent {
            self.entries[entry] = Slot::Lease(id);
        }
        found
    }

    /// Runs the script of a store. Returns `true` if it wrote.
    pub(super) fn store(&mut self, at: usize, expects: Expects, id: Name, entry: Entry) -> bool {
        let found = self.entries[at];
        let writes = match expects {
            Expects::Id(expected) => found.id() == expected,
            Expects::Anything => true,
            Expects::Something => found != Slot::Absent,
            Expects::AnyLease => matches!(found, Slot::Lease(_)),
        };
        if writes {
            self.entries[at] = Slot::Entry(id, entry);
        }
        writes
    }

    /// Deletes a key: `UNLINK`, an eviction, or the end of a lifetime.
    pub(super) fn delete(&mut self, key: Keys) {
        if is_entry(key) {
            self.entries[index(key)] = Slot::Absent;
        } else {
            self.markers[index(key)] = NONE;
        }
    }

    pub(super) fn holds(&self, key: Keys) -> bool {
        if is_entry(key) {
            self.entries[index(key)] != Slot::Absent
        } else {
            self.markers[index(key)] != NONE
        }
    }
}

/// Entries lie on one node and markers on another; a server that is one node restarts both.
pub(super) const NODES: usize = 2;

/// A server with what a restart needs: a dump, and a number for each run of each node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) keys: Keyspace,
    pub(super) dump: Option<Keyspace>,
    /// The keys of an earlier moment, as a lagging replica shows them.
    pub(super) replica: Option<Keyspace>,
    pub(super) runs: [Run; NODES],
}

impl Server {
    /// Returns the run of the node that holds `key`.
    pub(super) fn run(&self, key: Keys) -> Run {
        self.runs[usize::from(!is_entry(key))]
    }

    /// Restarts some nodes, from the dump or empty.
    pub(super) fn restart(&mut self, nodes: [bool; NODES], from: Keyspace) {
        let [entries, markers] = nodes;
        if entries {
            self.keys.entries = from.entries;
            self.runs[0] += 1;
        }
        if markers {
            self.keys.markers = from.markers;
            self.runs[1] += 1;
        }
    }
}
