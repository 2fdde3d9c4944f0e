//! One shard: a table of keys, and a ring of slots for the hand that makes room.

use std::{
    mem,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use hashbrown::{HashTable, hash_table};
use smallvec::SmallVec;

use crate::{
    clock::Tick,
    codec::Shared,
    coherence::epochs::Checked,
    format::freshness::Lifetime,
    key::{self, Key, function::Function},
};

/// The ttl of a slot of which it is not known, or too long to be held.
const UNKNOWN: u32 = u32::MAX;

/// One entry.
pub(super) struct Slot {
    key: SmallVec<[u8; 24]>,
    function: Option<&'static Function>,
    value: Shared,
    weight: u64,
    began: Instant,
    expires: Tick,
    /// The end of its stale window: from then on it is of no use to anybody.
    over: Tick,
    checked: Checked,
    /// Milliseconds, rounded up; [`UNKNOWN`] if it is longer than 49 days, or was touched.
    ttl: u32,
    /// True if it was asked for since the hand last came by.
    visited: AtomicBool,
}

/// The value of a load, on its way into a slot.
pub(super) struct Value {
    pub(super) shared: Shared,
    /// The length its JSON would have.
    pub(super) bytes: usize,
    /// The time at which its load began.
    pub(super) began: Instant,
    pub(super) ttl: Duration,
    pub(super) expires: Tick,
    /// The time until which it may be served past its ttl.
    pub(super) over: Tick,
    /// The state of the epochs up to which its groups are known to hold.
    pub(super) checked: Checked,
}

impl Slot {
    pub(super) fn new(key: &Key, value: Value, weight: usize) -> Self {
        Self {
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

    /// The lifetime of the entry, seen from now.
    pub(super) fn lifetime(&self, now: Tick) -> Lifetime {
        let ttl = Some(self.ttl).filter(|ttl| *ttl < UNKNOWN);
        Lifetime {
            ttl: ttl.map(|ttl| Duration::from_millis(ttl.into())),
            stale: self.over.since(self.expires),
            remaining: Some(self.over.since(now)),
        }
    }

    #[inline]
    pub(super) fn is_fresh(&self, now: Tick) -> bool {
        now < self.expires
    }

    pub(super) fn is_over(&self, now: Tick) -> bool {
        self.over <= now
    }

    /// The value, marked as asked for. The flag is read first: a cache line that nobody writes
    /// is shared by all processors.
    #[inline]
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

    #[inline]
    fn has_key(&self, key: &[u8]) -> bool {
        are_equal(&self.key, key)
    }
}

/// Returns `true` if two keys are the same. Those of most calls are compared in place: a call for that is a twentieth
/// of a hit.
#[inline]
fn are_equal(one: &[u8], other: &[u8]) -> bool {
    /// The first and the last 16 bytes, which meet or overlap.
    fn ends(bytes: &[u8]) -> Option<(&[u8; 16], &[u8; 16])> {
        Some((bytes.first_chunk()?, bytes.last_chunk()?))
    }
    one.len() == other.len()
        && match (one.len() <= 32, ends(one), ends(other)) {
            (true, Some(one), Some(other)) => one == other,
            _ => one == other,
        }
}

/// The slots of a shard, which the hand meets in the order of their places in the table.
///
/// A slot is one allocation, its key inside it while that is short: a hit follows one pointer. A new slot lands
/// anywhere before the hand, which demotes it sooner, on average, than in a queue: with requests that follow Zipf's law
/// 1 or 2 in 100 more are hits than where it lands behind the hand.
#[derive(Default)]
pub(super) struct Ring {
    table: HashTable<Box<Slot>>,
    hand: usize,
    /// The hand of the sweep, which goes round by itself: a search for what has expired does not hurry the hand.
    broom: usize,
}

impl Ring {
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    #[cfg(test)]
    pub(super) fn weight(&self) -> u64 {
        self.table.iter().map(|slot| slot.weight()).sum()
    }

    #[inline]
    pub(super) fn find(&self, hash: u64, key: &[u8]) -> Option<&Slot> {
        let slot = self.table.find(hash, |slot| slot.has_key(key))?;
        Some(slot)
    }

    /// Puts `slot` in, in place of one of the same key, which is returned. `hash_of` hashes a key.
    ///
    /// What leaves the ring is always handed out, so that values are dropped after the lock is
    /// released: their `Drop` is the user's code.
    pub(super) fn insert(&mut self, slot: Slot, hash_of: impl Fn(&[u8]) -> u64) -> Option<Slot> {
        let place = self.table.entry(
            hash_of(&slot.key),
            |there| there.has_key(&slot.key),
            |slot| hash_of(&slot.key),
        );
        match place {
            hash_table::Entry::Occupied(mut there) => {
                Some(mem::replace(&mut **there.get_mut(), slot))
            }
            hash_table::Entry::Vacant(place) => {
                place.insert(Box::new(slot));
                None
            }
        }
    }

    pub(super) fn remove(&mut self, hash: u64, key: &[u8]) -> Option<Slot> {
        let found = self.table.find_entry(hash, |slot| slot.has_key(key)).ok()?;
        Some(*found.remove().0)
    }

    /// Changes the ends of a slot, if it `is_current`.
    pub(super) fn touch(
        &mut self,
        hash: u64,
        key: &[u8],
        (expires, over): (Tick, Tick),
        is_current: impl FnOnce(&Slot) -> bool,
    ) -> bool {
        let Some(slot) = self.table.find_mut(hash, |slot| slot.has_key(key)) else {
            return false;
        };
        if !is_current(slot) {
            return false;
        }
        (slot.expires, slot.over, slot.ttl) = (expires, over, UNKNOWN);
        true
    }

    /// Removes the first entry under the hand that was not asked for since it last came by, but
    /// not `spared`.
    pub(super) fn evict(&mut self, spared: &[u8]) -> Option<Slot> {
        let places = self.table.num_buckets();
        // The first round clears the flags, the second finds a slot whose flag is clear.
        for _ in 0..places.saturating_mul(2) {
            let place = advance(&mut self.hand, places);
            if let Ok(mut found) = self.table.get_bucket_entry(place)
                && !found.get().has_key(spared)
                && !mem::take(found.get_mut().visited.get_mut())
            {
                return Some(*found.remove().0);
            }
        }
        None
    }

    /// Looks at the next `slots` under the broom and moves those that have expired to `removed`.
    pub(super) fn sweep(&mut self, now: Tick, slots: usize, removed: &mut Vec<Slot>) {
        let (places, mut seen) = (self.table.num_buckets(), 0_usize);
        // A table has no more than five places for a slot, unless it has lost most of them.
        for _ in 0..slots.saturating_mul(5).min(places) {
            if seen >= slots {
                break;
            }
            let place = advance(&mut self.broom, places);
            if let Ok(found) = self.table.get_bucket_entry(place) {
                seen = seen.saturating_add(1);
                if found.get().is_over(now) {
                    removed.push(*found.remove().0);
                }
            }
        }
    }

    /// Moves every entry whose key `keep` refuses to `removed`.
    pub(super) fn retain(&mut self, keep: impl Fn(&str) -> bool, removed: &mut Vec<Slot>) {
        let refused = self.table.extract_if(|slot| !keep(&slot.text()));
        removed.extend(refused.map(|slot| *slot));
    }
}

fn advance(cursor: &mut usize, places: usize) -> usize {
    let place = if *cursor < places { *cursor } else { 0 };
    *cursor = place.saturating_add(1);
    place
}
