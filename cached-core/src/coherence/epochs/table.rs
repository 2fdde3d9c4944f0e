//! [`Table`]: the epoch at which each name was last invalidated.

use std::{collections::VecDeque, sync::PoisonError};

use hashbrown::{HashTable, hash_table};
use smallvec::SmallVec;

// The standard library's; in `loom_tests`, which compiles this file again, the scheduler's.
use super::sync::{
    RwLock, RwLockReadGuard,
    atomic::{AtomicU64, Ordering},
};

/// Names of groups or entries, by their hashes, each with the epoch of the invalidation that was the last to name it.
#[derive(Debug)]
pub(super) struct Table {
    /// The number of invalidations that are over. Written only while `history` is locked, so that no two have one epoch.
    pub(super) now: AtomicU64,
    pub(super) history: RwLock<History>,
}

/// The invalidations that are remembered: names and epochs.
#[derive(Debug)]
pub(super) struct History {
    /// The last invalidation of each name.
    latest: HashTable<(u64, u64)>,
    /// All of them in the order in which they came, also those that a later one of the same name follows.
    order: VecDeque<(u64, u64)>,
    capacity: usize,
    /// The epoch of the last one that is forgotten.
    forgotten: u64,
}

impl Table {
    /// Creates a table that remembers `capacity` invalidations at most.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            now: AtomicU64::new(0),
            history: RwLock::new(History {
                latest: HashTable::new(),
                order: VecDeque::new(),
                capacity,
                forgotten: 0,
            }),
        }
    }

    #[inline]
    pub(super) fn now(&self) -> u64 {
        self.now.load(Ordering::Acquire)
    }

    /// Remembers an invalidation of `names`. Nothing happens if there are none.
    pub(super) fn advance(&self, names: impl IntoIterator<Item = u64>) {
        let mut names = names.into_iter().peekable();
        if names.peek().is_none() {
            return;
        }
        let mut history = self.history.write().unwrap_or_else(PoisonError::into_inner);
        let next = self.now.load(Ordering::Relaxed).saturating_add(1);
        for name in names {
            history.remember(name, next);
        }
        // Stored last: whoever sees the new epoch has to find the names.
        self.now.store(next, Ordering::Release);
    }

    /// Returns an epoch of its own, at which nothing is invalidated yet.
    pub(super) fn begin(&self) -> u64 {
        let _history = self.history.write().unwrap_or_else(PoisonError::into_inner);
        let next = self.now.load(Ordering::Relaxed).saturating_add(1);
        self.now.store(next, Ordering::Release);
        next
    }

    /// Remembers `name` as if it had been invalidated at `epoch`. What began later still holds.
    pub(super) fn advance_to(&self, epoch: u64, name: u64) {
        let mut history = self.history.write().unwrap_or_else(PoisonError::into_inner);
        if history.holds(epoch.saturating_sub(1), &[name]) {
            history.remember(name, epoch);
        }
    }

    /// Invalidates `name` and returns the epoch of that; `None` if it was invalidated since `since`.
    pub(super) fn replace(&self, since: u64, name: u64) -> Option<u64> {
        let mut history = self.history.write().unwrap_or_else(PoisonError::into_inner);
        if !history.holds(since, &[name]) {
            return None;
        }
        let next = self.now.load(Ordering::Relaxed).saturating_add(1);
        history.remember(name, next);
        self.now.store(next, Ordering::Release);
        Some(next)
    }

    /// Returns the epoch until which it is known that none of `names` was invalidated after `since`; `None` if one was.
    pub(super) fn holds(
        &self,
        since: u64,
        names: impl FnOnce() -> SmallVec<[u64; 8]>,
    ) -> Option<u64> {
        // Read first: what is invalidated while the names are looked up may be missed, and must come after this.
        let now = self.now();
        if since == now {
            return Some(now);
        }
        let names = names();
        self.read().holds(since, &names).then_some(now)
    }

    pub(super) fn has_forgotten(&self, since: u64) -> bool {
        since < self.read().forgotten
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, History> {
        self.history.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl History {
    pub(super) fn remember(&mut self, name: u64, epoch: u64) {
        let found = self
            .latest
            .entry(name, |&(known, _)| known == name, |&(known, _)| known);
        match found {
            hash_table::Entry::Occupied(mut known) => known.get_mut().1 = epoch,
            hash_table::Entry::Vacant(vacant) => {
                vacant.insert((name, epoch));
            }
        }
        self.order.push_back((name, epoch));
        while self.order.len() > self.capacity {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.order.pop_front() else {
            return;
        };
        if let Ok(entry) = self.latest.find_entry(oldest.0, |&known| known == oldest) {
            entry.remove();
            self.forgotten = self.forgotten.max(oldest.1);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.latest.len()
    }

    /// Returns `true` if none of `names` was invalidated after `since`, and that is known.
    pub(super) fn holds(&self, since: u64, names: &[u64]) -> bool {
        since >= self.forgotten
            && names.iter().all(|&name| {
                let latest = self.latest.find(name, |&(known, _)| known == name);
                latest.is_none_or(|&(_, epoch)| epoch <= since)
            })
    }
}

/// The epoch until which something is known to hold.
#[derive(Debug)]
pub(crate) struct Checked(pub(super) AtomicU64);

impl Checked {
    pub(super) fn new(epoch: u64) -> Self {
        Self(AtomicU64::new(epoch))
    }

    /// Returns `true` if it still holds, and remembers that, so that the next time is cheaper. Never `true` again once it
    /// was not.
    #[inline]
    pub(super) fn confirm(
        &self,
        table: &Table,
        names: impl FnOnce() -> SmallVec<[u64; 8]>,
    ) -> bool {
        // Nearly always nothing was invalidated since, and a hit in memory asks every time.
        let since = self.0.load(Ordering::Relaxed);
        since == table.now() || self.confirm_by_name(since, table, names)
    }

    #[cold]
    fn confirm_by_name(
        &self,
        since: u64,
        table: &Table,
        names: impl FnOnce() -> SmallVec<[u64; 8]>,
    ) -> bool {
        let Some(now) = table.holds(since, names) else {
            return false;
        };
        // Another reader may have got further, which then has to be found out again.
        self.0.store(now, Ordering::Relaxed);
        true
    }
}
