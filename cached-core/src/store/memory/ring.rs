//! One shard: a table of keys, and a ring of slots for the hand that makes room.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use hashbrown::{HashTable, hash_table};

use crate::{
    Key, age::Kept, clock::Tick, codec::Shared, function::Function, generations::Checked, key,
};

/// How long an entry is kept from when it was stored, where that is not known.
const UNKNOWN: u32 = u32::MAX;

/// One entry.
pub(super) struct Slot {
    hash: u64,
    key: Box<[u8]>,
    function: Option<&'static Function>,
    value: Shared,
    weight: u64,
    began: Instant,
    expires: Tick,
    /// From then on it is of no use to anybody.
    over: Tick,
    checked: Checked,
    /// Milliseconds, rounded up; [`UNKNOWN`] if it is longer than 49 days, or was touched.
    ttl: u32,
    /// Asked for since the hand last came by.
    visited: AtomicBool,
}

/// What is to be kept of a load.
pub(super) struct Value {
    pub(super) shared: Shared,
    /// The length its JSON would have.
    pub(super) bytes: usize,
    /// When its load began.
    pub(super) began: Instant,
    pub(super) ttl: Duration,
    pub(super) expires: Tick,
    /// Until when it may be served past its ttl.
    pub(super) over: Tick,
    /// Until when its groups are known to hold.
    pub(super) checked: Checked,
}

impl Slot {
    pub(super) fn new(hash: u64, key: &Key, value: Value, weight: usize) -> Self {
        Self {
            hash,
            key: key.local().into(),
            function: key.function(),
            value: value.shared,
            weight: weight as u64,
            began: value.began,
            expires: value.expires,
            over: value.over,
            checked: value.checked,
            ttl: u32::try_from(value.ttl.as_nanos().div_ceil(1_000_000)).unwrap_or(UNKNOWN),
            visited: AtomicBool::new(false),
        }
    }

    pub(super) fn weight(&self) -> u64 {
        self.weight
    }

    /// The part of the weight that is the value's.
    pub(super) fn bytes(&self) -> usize {
        let others = self.key.len().saturating_add(super::OVERHEAD);
        usize::try_from(self.weight)
            .unwrap_or(usize::MAX)
            .saturating_sub(others)
    }

    pub(super) fn began(&self) -> Instant {
        self.began
    }

    /// How long it is kept from now on.
    pub(super) fn kept(&self, now: Tick) -> Kept {
        let ttl = Some(self.ttl).filter(|ttl| *ttl < UNKNOWN);
        Kept {
            ttl: ttl.map(|ttl| Duration::from_millis(ttl.into())),
            stale: self.over.since(self.expires),
            remaining: Some(self.over.since(now)),
        }
    }

    pub(super) fn is_fresh(&self, now: Tick) -> bool {
        now < self.expires
    }

    pub(super) fn is_over(&self, now: Tick) -> bool {
        self.over <= now
    }

    /// The value, remembered as asked for. The flag is read first: a cache line that nobody writes
    /// is shared by all processors.
    pub(super) fn visit(&self) -> &Shared {
        if !self.visited.load(Ordering::Relaxed) {
            self.visited.store(true, Ordering::Relaxed);
        }
        &self.value
    }

    pub(super) fn checked(&self) -> &Checked {
        &self.checked
    }

    pub(super) fn into_value(self) -> Shared {
        self.value
    }

    /// The key as the user knows it.
    fn text(&self) -> String {
        key::text_of(self.function, &self.key)
    }

    fn is(&self, key: &[u8]) -> bool {
        *self.key == *key
    }
}

/// Slots in the order of the hand, and where to find them.
#[derive(Default)]
pub(super) struct Ring {
    table: HashTable<usize>,
    slots: Vec<Option<Slot>>,
    free: Vec<usize>,
    hand: usize,
    /// Goes round by itself, so that looking for what has expired does not hurry the hand.
    broom: usize,
}

impl Ring {
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    #[cfg(test)]
    pub(super) fn weight(&self) -> u64 {
        self.slots.iter().flatten().map(Slot::weight).sum()
    }

    pub(super) fn find(&self, hash: u64, key: &[u8]) -> Option<&Slot> {
        let index = *self.table.find(hash, |&index| self.holds(index, key))?;
        self.slots.get(index)?.as_ref()
    }

    fn holds(&self, index: usize, key: &[u8]) -> bool {
        matches!(self.slots.get(index), Some(Some(slot)) if slot.is(key))
    }

    /// Puts `slot` in, in place of one of the same key, which is returned.
    ///
    /// What leaves the ring is always handed out, so that values are dropped after the lock is
    /// released: their `Drop` is the user's code.
    pub(super) fn insert(&mut self, slot: Slot) -> Option<Slot> {
        let replaced = self.remove(slot.hash, &slot.key);
        let hash = slot.hash;
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len().saturating_sub(1)
        });
        if let Some(place) = self.slots.get_mut(index) {
            *place = Some(slot);
        }
        let slots = &self.slots;
        self.table
            .insert_unique(hash, index, |&index| hash_of(slots, index));
        replaced
    }

    pub(super) fn remove(&mut self, hash: u64, key: &[u8]) -> Option<Slot> {
        let slots = &self.slots;
        let found = self.table.find_entry(
            hash,
            |&index| matches!(slots.get(index), Some(Some(slot)) if slot.is(key)),
        );
        let (index, _) = found.ok().map(hash_table::OccupiedEntry::remove)?;
        self.vacate(index)
    }

    fn vacate(&mut self, index: usize) -> Option<Slot> {
        let slot = self.slots.get_mut(index)?.take()?;
        self.free.push(index);
        Some(slot)
    }

    /// Takes the slot at `index` out of the ring and the table.
    fn remove_at(&mut self, index: usize) -> Option<Slot> {
        let slot = self.vacate(index)?;
        if let Ok(entry) = self.table.find_entry(slot.hash, |&found| found == index) {
            entry.remove();
        }
        Some(slot)
    }

    /// Changes the ends of a slot, if it `counts`.
    pub(super) fn touch(
        &mut self,
        hash: u64,
        key: &[u8],
        (expires, over): (Tick, Tick),
        counts: impl FnOnce(&Slot) -> bool,
    ) -> bool {
        let index = self.table.find(hash, |&index| self.holds(index, key));
        if let Some(&index) = index
            && let Some(Some(slot)) = self.slots.get_mut(index)
            && counts(slot)
        {
            (slot.expires, slot.over, slot.ttl) = (expires, over, UNKNOWN);
            return true;
        }
        false
    }

    /// Removes the first entry under the hand that was not asked for since it last came by, but
    /// not `spared`.
    pub(super) fn evict(&mut self, spared_hash: u64, spared: &[u8]) -> Option<Slot> {
        // Once round to clear the flags, once more to find what is clear.
        for _ in 0..self.slots.len().saturating_mul(2) {
            let index = step(&mut self.hand, self.slots.len());
            let Some(Some(slot)) = self.slots.get_mut(index) else {
                continue;
            };
            if slot.hash == spared_hash && slot.is(spared) {
                continue;
            }
            if !std::mem::take(slot.visited.get_mut()) {
                return self.remove_at(index);
            }
        }
        None
    }

    /// Looks at the next `slots` under the broom and moves those that have expired to `removed`.
    pub(super) fn sweep(&mut self, now: Tick, slots: usize, removed: &mut Vec<Slot>) {
        for _ in 0..slots.min(self.slots.len()) {
            let index = step(&mut self.broom, self.slots.len());
            if matches!(self.slots.get(index), Some(Some(slot)) if slot.is_over(now)) {
                removed.extend(self.remove_at(index));
            }
        }
    }

    /// Moves every entry whose key `keep` refuses to `removed`.
    pub(super) fn retain(&mut self, keep: impl Fn(&str) -> bool, removed: &mut Vec<Slot>) {
        for index in 0..self.slots.len() {
            if matches!(self.slots.get(index), Some(Some(slot)) if !keep(&slot.text())) {
                removed.extend(self.remove_at(index));
            }
        }
    }
}

fn step(cursor: &mut usize, slots: usize) -> usize {
    let index = if *cursor < slots { *cursor } else { 0 };
    *cursor = index.saturating_add(1);
    index
}

fn hash_of(slots: &[Option<Slot>], index: usize) -> u64 {
    slots
        .get(index)
        .and_then(Option::as_ref)
        .map_or(0, |slot| slot.hash)
}
