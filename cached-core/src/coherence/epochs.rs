//! [`Epochs`]: what this process has invalidated, in order.
//!
//! The store knows it as well, but not at once, and not while it is away. So what this process holds itself is
//! judged here: entries in memory, loads that could be shared, values that are on their way to a store.
//!
//! Time is counted in invalidations. Whoever wants to know later whether something still holds keeps the
//! [`Epoch`] at which it began, and asks by key: nothing has to be found and marked when a group is invalidated.
//! While nothing is invalidated the answer costs one load of a number.

use std::{
    hash::BuildHasher,
    sync::{self, Arc},
};

use hashbrown::DefaultHashBuilder;
use smallvec::SmallVec;

use crate::key::{Key, group, target::Target};

mod table;

pub(crate) use table::Checked;
use table::Table;

/// The number of invalidations that are remembered, some 40 bytes each. What began before the oldest of them no longer
/// holds.
const CAPACITY: usize = 100_000;

/// The invalidations of one cache in this process. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Epochs(Arc<Tables>);

/// One table of groups and one of entries: a cache that is written all the time by key would otherwise look up the
/// groups of every hit.
#[derive(Debug)]
struct Tables {
    groups: Table,
    entries: Table,
    hasher: DefaultHashBuilder,
}

/// A moment, as the number of invalidations before it: of groups, and of entries by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Epoch {
    groups: u64,
    entries: u64,
}

impl Epoch {
    /// Begins to check something that was in its place at this moment. When its entry is invalidated by itself it is
    /// taken out, so only its groups are asked for.
    pub(crate) fn checked(self) -> Checked {
        Checked::new(self.groups)
    }
}

/// The other values that no longer hold once a value is put in its place, besides the one that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Supersedes {
    /// Nothing: a load, which is as good as others of its time.
    Nothing,
    /// Values that began before it: a set.
    Older,
    /// All else that has begun so far: a refresh.
    All,
}

impl Epochs {
    pub(crate) fn new() -> Self {
        Self::remembering(CAPACITY)
    }

    pub(crate) fn remembering(capacity: usize) -> Self {
        Self(Arc::new(Tables {
            groups: Table::new(capacity),
            entries: Table::new(capacity),
            hasher: DefaultHashBuilder::default(),
        }))
    }

    /// Returns the moment after all invalidations that are over.
    pub(crate) fn now(&self) -> Epoch {
        Epoch {
            groups: self.0.groups.now(),
            entries: self.0.entries.now(),
        }
    }

    /// Returns a moment of its own, for something that begins now and is to take the place of what began before: see
    /// [`supersede`](Self::supersede).
    pub(crate) fn begin(&self) -> Epoch {
        Epoch {
            groups: self.0.groups.now(),
            entries: self.0.entries.begin(),
        }
    }

    /// Remembers that groups and entries were invalidated, for tests.
    #[cfg(test)]
    pub(crate) fn advance(&self, targets: &[Target]) {
        self.advance_groups(targets);
        for target in targets {
            if let Target::Entry(key) = target {
                self.advance_entry(key);
            }
        }
    }

    /// Returns `true` if more was invalidated since than is remembered, so that nobody knows what it was.
    pub(crate) fn has_forgotten(&self, since: Epoch) -> bool {
        self.0.groups.has_forgotten(since.groups) || self.0.entries.has_forgotten(since.entries)
    }

    /// Returns `true` if what began at `since` may still be put at `key`. What it `supersedes` no longer holds from then
    /// on; a set puts an end to that also where it comes too late itself.
    pub(crate) fn claim(&self, key: &Key, since: Epoch, supersedes: Supersedes) -> bool {
        match supersedes {
            Supersedes::Nothing => self.holds_entry(key, since),
            Supersedes::Older => {
                let holds = self.holds_entry(key, since);
                self.supersede(key, since);
                holds
            }
            Supersedes::All => self.replace(key, since).is_some(),
        }
    }

    /// Remembers that what began at `by` takes the place of the entry at `key`: what began before it no
    /// longer holds; what began later does.
    pub(crate) fn supersede(&self, key: &Key, by: Epoch) {
        self.0
            .entries
            .advance_to(by.entries, self.0.hash_entry(key));
    }

    /// Ends what began at `since` and is to be the only thing that calls from now on are given: whatever
    /// else began before this moment no longer holds. Of two that overlap, the second to end is refused: `None`.
    pub(crate) fn replace(&self, key: &Key, since: Epoch) -> Option<Epoch> {
        let entries = self
            .0
            .entries
            .replace(since.entries, self.0.hash_entry(key))?;
        Some(Epoch { entries, ..since })
    }

    /// Remembers that the groups among `targets` were invalidated. What began before this call no longer holds once
    /// it returns.
    pub(crate) fn advance_groups(&self, targets: &[Target]) {
        self.0.groups.advance(targets.iter().filter_map(|target| {
            let Target::Group(name) = target else {
                return None;
            };
            Some(self.0.hash_group(name))
        }));
    }

    /// Remembers that the entry at `key` was invalidated by itself. A store calls this while it removes what is there,
    /// so that nobody who is turned away for it finds that still in its place.
    pub(crate) fn advance_entry(&self, key: &Key) {
        self.0.entries.advance([self.0.hash_entry(key)]);
    }

    /// Returns the moment until which it is known that no group of `key` was invalidated since; `None` if one was.
    pub(crate) fn holds(&self, key: &Key, since: Epoch) -> Option<Epoch> {
        let groups = self
            .0
            .groups
            .holds(since.groups, || self.0.hash_groups(key))?;
        Some(Epoch { groups, ..since })
    }

    /// Returns `true` as long as [`holds`](Self::holds), for something that remembers until when that is known.
    #[inline]
    pub(crate) fn confirms(&self, key: &Key, checked: &Checked) -> bool {
        checked.confirm(&self.0.groups, || self.0.hash_groups(key))
    }

    /// Returns `true` if the entry at `key` was neither replaced nor removed by itself since.
    pub(crate) fn holds_entry(&self, key: &Key, since: Epoch) -> bool {
        let entry = || SmallVec::from_slice(&[self.0.hash_entry(key)]);
        self.0.entries.holds(since.entries, entry).is_some()
    }

    /// Returns `true` if neither a group of `key` nor its entry was invalidated since.
    pub(crate) fn holds_exactly(&self, key: &Key, since: Epoch) -> bool {
        self.holds_entry(key, since) && self.holds(key, since).is_some()
    }
}

// Two names of one hash are invalidated together, which costs a load. The hash function is another one in each
// process, so nobody can look for such names.
impl Tables {
    fn hash_group(&self, name: &str) -> u64 {
        self.hasher.hash_one(name)
    }

    fn hash_entry(&self, key: &Key) -> u64 {
        self.hasher.hash_one(key.local())
    }

    fn hash_groups(&self, key: &Key) -> SmallVec<[u64; 8]> {
        let mut hashes = SmallVec::new();
        group::each(key, |name| hashes.push(self.hash_group(name)));
        hashes
    }
}

#[cfg(test)]
mod tests;
