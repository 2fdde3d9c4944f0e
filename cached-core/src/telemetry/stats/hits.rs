//! [`Hits`]: the one number that every hit in memory writes.
//!
//! A number that several processors write travels between them: with two that took 25 ns of a hit, and it grows with
//! their number. So each thread has counters of its own, which nobody else writes and everybody may read: one more
//! is a load and a store.

use std::sync::{
    Mutex, OnceLock, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use super::{BLOCK, BLOCKS};

/// The number of threads that have counters of their own at a time. The others share one.
const THREADS: usize = 64;

/// Hits by function and thread.
pub(super) struct Hits([OnceLock<Box<ThreadHits>>; THREADS]);

/// Hits of one thread, by function.
struct ThreadHits([OnceLock<Box<Block>>; BLOCKS]);

/// Hits of [`BLOCK`] functions. No other thread's counters lie on the same cache line, nor on the one that is fetched with
/// it.
#[repr(align(128))]
struct Block([AtomicU64; BLOCK]);

impl Hits {
    pub(super) fn new() -> Self {
        Self([const { OnceLock::new() }; THREADS])
    }

    /// Counts a hit of the function of this number, and returns the number before. `None` if this thread, or this
    /// function, has no counter.
    #[inline]
    pub(super) fn count(&self, function: usize) -> Option<u64> {
        let slot = SLOT.try_with(|slot| slot.0).ok()?;
        let thread = self.0.get(slot)?.get_or_init(ThreadHits::new);
        let block = thread.0.get(function / BLOCK)?.get_or_init(Block::new);
        let counter = block.0.get(function % BLOCK)?;
        // No other thread has this slot, and the one that had it before has given it back.
        let before = counter.load(Ordering::Relaxed);
        counter.store(before.wrapping_add(1), Ordering::Relaxed);
        Some(before)
    }

    /// Returns all hits of the function of this number.
    pub(super) fn of(&self, function: usize) -> u64 {
        let counters = self.0.iter().filter_map(|thread| {
            let block = thread.get()?.0.get(function / BLOCK)?.get()?;
            block.0.get(function % BLOCK)
        });
        counters
            .map(|counter| counter.load(Ordering::Relaxed))
            .fold(0, u64::saturating_add)
    }
}

impl ThreadHits {
    #[cold]
    fn new() -> Box<Self> {
        Box::new(Self([const { OnceLock::new() }; BLOCKS]))
    }
}

impl Block {
    #[cold]
    fn new() -> Box<Self> {
        Box::new(Self([const { AtomicU64::new(0) }; BLOCK]))
    }
}

/// The index of this thread's counters, until it ends.
struct ThreadSlot(usize);

thread_local! {
    static SLOT: ThreadSlot = ThreadSlot::take();
}

/// A bit for each slot that no thread has. Its lock also hands over what the last owner has counted.
static FREE_SLOTS: Mutex<u64> = Mutex::new(u64::MAX);

impl ThreadSlot {
    fn take() -> Self {
        let mut free = FREE_SLOTS.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = free.trailing_zeros();
        *free &= free.saturating_sub(1);
        Self(usize::try_from(slot).unwrap_or(THREADS))
    }
}

impl Drop for ThreadSlot {
    fn drop(&mut self) {
        let mut free = FREE_SLOTS.lock().unwrap_or_else(PoisonError::into_inner);
        *free |= u32::try_from(self.0)
            .ok()
            .and_then(|slot| 1_u64.checked_shl(slot))
            .unwrap_or(0);
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Barrier, thread};

    use super::*;

    #[test]
    fn no_hit_is_lost_however_many_threads_come_and_go() {
        let hits = Hits::new();
        let others = AtomicU64::new(0);
        for _ in 0..3 {
            let barrier = Barrier::new(100);
            thread::scope(|scope| {
                for thread in 0..100 {
                    let (hits, others, barrier) = (&hits, &others, &barrier);
                    scope.spawn(move || {
                        barrier.wait();
                        for _ in 0..1_000 {
                            if hits.count(thread % 3).is_none() {
                                others.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                        barrier.wait();
                    });
                }
            });
        }
        let counted: u64 = (0..3).map(|function| hits.of(function)).sum();
        assert_eq!(counted + others.into_inner(), 300_000);
        assert!(
            counted >= 3_000 * u64::try_from(THREADS / 2).unwrap(),
            "{counted}"
        );
    }

    #[test]
    fn a_function_beyond_the_table_has_no_counter() {
        let hits = Hits::new();
        assert_eq!(hits.count(BLOCK * BLOCKS), None);
        assert_eq!(
            (hits.count(1), hits.count(1), hits.of(1)),
            (Some(0), Some(1), 2)
        );
    }
}
