//! When names were last invalidated.

use std::{collections::VecDeque, sync::PoisonError};

use hashbrown::{HashTable, hash_table};
use smallvec::SmallVec;

// The standard library's; under the scheduler of `interleavings`, its own.
use super::sync::{
    RwLock, RwLockReadGuard,
    atomic::{AtomicU64, Ordering},
};

/// Names, by their hashes, and the number of the invalidation that was the last to name them.
#[derive(Debug)]
pub(super) struct Table {
    /// How many invalidations are over. Written only while `names` is locked, so that no two have one number.
    pub(super) now: AtomicU64,
    pub(super) names: RwLock<Names>,
}

#[derive(Debug)]
pub(super) struct Names {
    /// A name and its invalidation.
    latest: HashTable<(u64, u64)>,
    /// The same in the order in which they came, also those that a later one of the same name follows.
    order: VecDeque<(u64, u64)>,
    capacity: usize,
    /// The last invalidation that is forgotten.
    floor: u64,
}

impl Table {
    /// At most `capacity` names are remembered.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            now: AtomicU64::new(0),
            names: RwLock::new(Names {
                latest: HashTable::new(),
                order: VecDeque::new(),
                capacity,
                floor: 0,
            }),
        }
    }

    #[inline]
    pub(super) fn now(&self) -> u64 {
        self.now.load(Ordering::Acquire)
    }

    pub(super) fn advance(&self, names: impl IntoIterator<Item = u64>) {
        let mut names = names.into_iter().peekable();
        if names.peek().is_none() {
            return;
        }
        let mut table = self.names.write().unwrap_or_else(PoisonError::into_inner);
        let next = self.now.load(Ordering::Relaxed).saturating_add(1);
        for name in names {
            table.remember(name, next);
        }
        // Last: whoever sees the new number has to find the names.
        self.now.store(next, Ordering::Release);
    }

    /// A number of its own, which names nothing yet.
    pub(super) fn begin(&self) -> u64 {
        let _names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        let next = self.now.load(Ordering::Relaxed).saturating_add(1);
        self.now.store(next, Ordering::Release);
        next
    }

    /// As if `name` had been invalidated by what has this number. What has a later one still holds.
    pub(super) fn advance_to(&self, number: u64, name: u64) {
        let mut table = self.names.write().unwrap_or_else(PoisonError::into_inner);
        if table.hold(number.saturating_sub(1), &[name]) {
            table.remember(name, number);
        }
    }

    /// Invalidates `name` unless something has since `since`; returns the number of that.
    pub(super) fn replace(&self, since: u64, name: u64) -> Option<u64> {
        let mut table = self.names.write().unwrap_or_else(PoisonError::into_inner);
        if !table.hold(since, &[name]) {
            return None;
        }
        let next = self.now.load(Ordering::Relaxed).saturating_add(1);
        table.remember(name, next);
        self.now.store(next, Ordering::Release);
        Some(next)
    }

    /// Whether none of `names` was invalidated after the invalidation numbered `since`. Then the number
    /// until which that is known.
    pub(super) fn holds(
        &self,
        since: u64,
        names: impl FnOnce() -> SmallVec<[u64; 8]>,
    ) -> Option<u64> {
        // First: what is invalidated while the names are looked at may be missed, and must come after this.
        let now = self.now();
        if since == now {
            return Some(now);
        }
        let names = names();
        let table = self.read();
        table.hold(since, &names).then_some(now)
    }

    pub(super) fn has_forgotten(&self, since: u64) -> bool {
        since < self.read().floor
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Names> {
        self.names.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Names {
    pub(super) fn remember(&mut self, name: u64, number: u64) {
        let found = self
            .latest
            .entry(name, |&(known, _)| known == name, |&(known, _)| known);
        match found {
            hash_table::Entry::Occupied(mut known) => known.get_mut().1 = number,
            hash_table::Entry::Vacant(place) => {
                place.insert((name, number));
            }
        }
        self.order.push_back((name, number));
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
            self.floor = self.floor.max(oldest.1);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.latest.len()
    }

    pub(super) fn hold(&self, since: u64, names: &[u64]) -> bool {
        since >= self.floor
            && names.iter().all(|&name| {
                let latest = self.latest.find(name, |&(known, _)| known == name);
                latest.is_none_or(|&(_, number)| number <= since)
            })
    }
}

/// Something that held at some time, and until when that is known.
#[derive(Debug)]
pub(crate) struct Checked(pub(super) AtomicU64);

impl Checked {
    pub(super) fn new(number: u64) -> Self {
        Self(AtomicU64::new(number))
    }

    /// Whether it still holds, which is cheaper to find out the next time. Never again once it does not.
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
