//! The in-process store: bounded in bytes, each entry with its own ttl.
//!
//! A few shards, each a table and a ring of slots behind one lock. The entry to evict is found by
//! the clock algorithm (Corbató, 1968): a hand goes round the ring, takes the first entry that was
//! not asked for since it last came by, and spares the others once. A hit sets one flag under a
//! shared lock, so readers do not wait for each other; nor do they write where others do, since each lock is
//! one of eight for a reader, all eight for a writer.
//!
//! What a group invalidates stays where it is and no longer counts: an entry knows until when its groups are known
//! to hold, and a hit compares that with the number of invalidations in this process. What is invalidated by its own
//! key is taken out. A value that comes later than what invalidates it is turned away.

use std::{
    fmt,
    hash::{BuildHasher, Hasher},
    sync::{
        PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use crossbeam_utils::sync::{ShardedLock, ShardedLockReadGuard, ShardedLockWriteGuard};
use hashbrown::DefaultHashBuilder;

use super::{LocalStore, Payload, Reply, StoreOutcome, Write};
use crate::{
    clock::{Clock, Tick},
    codec::Shared,
    coherence::epochs::Epochs,
    config::Config,
    format::freshness,
    key::Key,
    store::glob,
};

mod as_store;
mod ring;

use ring::{Ring, Slot, Value};

const SHARDS: usize = 16;

/// The bytes that a slot, its place in the table and the allocations behind it take besides key and value.
const OVERHEAD: usize = 128;

/// The store inside the process.
pub(crate) struct MemoryStore {
    shards: Box<[ShardedLock<Ring>; SHARDS]>,
    hasher: DefaultHashBuilder,
    clock: Clock,
    epochs: Epochs,
    /// The bytes of all entries in all shards. Changed under a shard's lock, read without.
    weight: AtomicU64,
    capacity: u64,
    evicted: AtomicU64,
    expired: AtomicU64,
}

impl MemoryStore {
    pub(crate) fn new(config: &Config, epochs: Epochs) -> Self {
        Self {
            shards: Box::default(),
            hasher: DefaultHashBuilder::default(),
            clock: config.clock.clone(),
            epochs,
            weight: AtomicU64::new(0),
            capacity: config.memory_capacity,
            evicted: AtomicU64::new(0),
            expired: AtomicU64::new(0),
        }
    }

    #[inline]
    fn locate(&self, key: &[u8]) -> (u64, &ShardedLock<Ring>) {
        let hash = self.hash(key);
        (hash, self.shard(hash))
    }

    /// Hashes the function's number and the rest by themselves: a short argument then takes the hash
    /// function's short way.
    #[inline]
    fn hash(&self, key: &[u8]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        if let Some((number, rest)) = key.split_first_chunk::<4>() {
            hasher.write_u32(u32::from_le_bytes(*number));
            hasher.write(rest);
        } else {
            hasher.write(key);
        }
        hasher.finish()
    }

    /// The shard of a hash. The table inside a shard looks at the lowest and the highest bits of the hash; this takes
    /// others.
    #[inline]
    fn shard(&self, hash: u64) -> &ShardedLock<Ring> {
        let index = (hash >> 40) as usize & (SHARDS - 1);
        #[allow(
            clippy::indexing_slicing,
            reason = "there are SHARDS shards, a power of two"
        )]
        &self.shards[index]
    }

    /// Stores a value, unless something has invalidated it since its load began.
    fn store_value(&self, write: Write) -> StoreOutcome {
        let kept_for = write.kept_for();
        let Payload::Typed(value, bytes) = write.payload else {
            return StoreOutcome::Rejected(None);
        };
        let Write {
            ref key,
            ttl,
            captured,
            ..
        } = write;
        let Some(known) = self.epochs.holds(key, captured) else {
            return StoreOutcome::Rejected(None);
        };
        let now = self.clock.now();
        let supersedes = write.supersedes;
        let value = Value {
            shared: value,
            bytes,
            began: write.interval.began,
            ttl,
            expires: now.after(ttl),
            over: now.after(kept_for),
            checked: known.checked(),
        };
        self.insert(key, value, |there| {
            // This happens while the place is locked, as in whatever removes or replaces an entry: what turns this away
            // has already put an end to what was there before, if it is remembered.
            self.epochs.claim(key, captured, supersedes)
                && there
                    .is_none_or(|there| there.is_over(now) || there.began() <= write.interval.began)
        })
    }

    /// Inserts a value if `admits`, which sees what is there while the place is locked.
    fn insert(
        &self,
        key: &Key,
        value: Value,
        admits: impl FnOnce(Option<&Slot>) -> bool,
    ) -> StoreOutcome {
        let now = self.clock.now();
        let (hash, shard) = self.locate(key.local());
        let weight = key
            .local()
            .len()
            .saturating_add(value.bytes)
            .saturating_add(OVERHEAD);
        let slot = Slot::new(key, value, weight);
        let mut removed = Vec::new();
        let mut ring = write_lock(shard);
        if !admits(ring.find(hash, key.local())) {
            return StoreOutcome::Rejected(None);
        }
        // Two slots a write: expired entries that nobody asks for leave at the pace at which new
        // ones come.
        ring.sweep(now, 2, &mut removed);
        self.expired
            .fetch_add(removed.len() as u64, Ordering::Relaxed);
        removed.extend(ring.insert(slot, |key| self.hash(key)));
        self.weight.fetch_add(weight as u64, Ordering::Relaxed);
        self.subtract_weight(&removed);
        self.make_room(&mut ring, key.local(), &mut removed);
        drop(ring);
        // The key's own shard had nothing left to give.
        for shard in &*self.shards {
            if self.is_full() {
                self.make_room(&mut write_lock(shard), key.local(), &mut removed);
            }
        }
        // One entry alone may be over the whole capacity: it cannot stay either.
        if self.is_full() {
            drop(self.remove_slot(key, || ()));
        }
        StoreOutcome::Stored
    }

    fn is_full(&self) -> bool {
        self.weight.load(Ordering::Relaxed) > self.capacity
    }

    /// Evicts from `ring` until the store is within its capacity, or nothing but `spared` is left.
    fn make_room(&self, ring: &mut Ring, spared: &[u8], removed: &mut Vec<Slot>) {
        while self.is_full() {
            let Some(slot) = ring.evict(spared) else {
                break;
            };
            self.evicted.fetch_add(1, Ordering::Relaxed);
            self.subtract_weight(std::slice::from_ref(&slot));
            removed.push(slot);
        }
    }

    /// Invalidates the entry at `key`, and returns it if it counted.
    fn remove(&self, key: &Key) -> Option<Slot> {
        let slot = self.remove_slot(key, || self.epochs.advance_entry(key))?;
        self.is_current(&slot, key, self.clock.now())
            .then_some(slot)
    }

    /// Removes what is at `key`, and does `besides` while its place is locked.
    fn remove_slot(&self, key: &Key, besides: impl FnOnce()) -> Option<Slot> {
        let (hash, shard) = self.locate(key.local());
        let mut ring = write_lock(shard);
        besides();
        let slot = ring.remove(hash, key.local())?;
        drop(ring);
        self.subtract_weight(std::slice::from_ref(&slot));
        Some(slot)
    }

    #[inline]
    fn is_current(&self, slot: &Slot, key: &Key, now: Tick) -> bool {
        !slot.is_over(now) && self.epochs.confirms(key, slot.checked())
    }

    fn subtract_weight(&self, by: &[Slot]) {
        let weight = by.iter().map(Slot::weight).sum();
        self.weight.fetch_sub(weight, Ordering::Relaxed);
    }

    fn read_entry(&self, key: &Key) -> Reply {
        let now = self.clock.now();
        let (hash, shard) = self.locate(key.local());
        let ring = read_lock(shard);
        let slot = ring
            .find(hash, key.local())
            .filter(|slot| self.is_current(slot, key, now));
        Reply::local(
            slot.map(|slot| Payload::Typed(slot.visit().clone(), slot.bytes())),
            slot.map(|slot| slot.lifetime(now)).unwrap_or_default(),
        )
    }

    fn purge_matching(&self, glob: &str) -> u64 {
        let now = self.clock.now();
        let mut purged = 0_usize;
        for shard in &*self.shards {
            let mut removed = Vec::new();
            write_lock(shard).retain(|text| !glob::matches(glob, text), &mut removed);
            self.subtract_weight(&removed);
            purged =
                purged.saturating_add(removed.iter().filter(|slot| !slot.is_over(now)).count());
        }
        purged as u64
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("weight", &self.weight)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

// A panic under the lock can only come from a value's `Clone` or `Drop`, which leave the ring whole.
fn read_lock(shard: &ShardedLock<Ring>) -> ShardedLockReadGuard<'_, Ring> {
    shard.read().unwrap_or_else(PoisonError::into_inner)
}

fn write_lock(shard: &ShardedLock<Ring>) -> ShardedLockWriteGuard<'_, Ring> {
    shard.write().unwrap_or_else(PoisonError::into_inner)
}

impl LocalStore for MemoryStore {
    fn visit(
        &self,
        key: &Key,
        with_ttl: bool,
        visit: &mut dyn FnMut(&Shared, freshness::Lifetime),
    ) {
        let (hash, shard) = self.locate(key.local());
        let ring = read_lock(shard);
        let Some(slot) = ring.find(hash, key.local()) else {
            return;
        };
        let now = self.clock.now();
        if self.is_current(slot, key, now) {
            // Few who read ask for more of what is fresh, and the arithmetic is a tenth of a hit.
            let lifetime = if !with_ttl && slot.is_fresh(now) {
                freshness::Lifetime::default()
            } else {
                slot.lifetime(now)
            };
            visit(slot.visit(), lifetime);
        }
    }

    fn hit(&self, key: &Key, take: &mut dyn FnMut(&Shared) -> bool) -> bool {
        let local = key.local();
        // The time is read before the hash, which reads what was written just now in other pieces and would wait for
        // it: 1.5 of 48 ns.
        let now = self.clock.now();
        let (hash, shard) = self.locate(local);
        let ring = read_lock(shard);
        ring.find(hash, local).is_some_and(|slot| {
            slot.is_fresh(now) && self.epochs.confirms(key, slot.checked()) && take(slot.visit())
        })
    }

    fn put(&self, write: Write) -> StoreOutcome {
        self.store_value(write)
    }

    fn forget(&self, key: &Key) -> bool {
        self.remove(key).is_some()
    }
}

#[cfg(test)]
mod tests;
