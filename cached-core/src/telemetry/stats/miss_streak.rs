//! [`Streak`]: whether the next call of a function is likely to miss, and to find nothing to load with.

use std::sync::atomic::{AtomicU8, Ordering};

/// How many calls in a row were misses that needed a capture. Calls at the same moment may count one too few, which does
/// no harm.
#[derive(Debug)]
pub(crate) struct Streak(AtomicU8);

/// So many in a row are chance once in 256 times where every other call is a hit.
const LONG: u8 = 8;

impl Streak {
    pub(super) const fn new() -> Self {
        Self(AtomicU8::new(0))
    }

    pub(crate) fn missed(&self) {
        let misses = self.0.load(Ordering::Relaxed);
        if misses < LONG {
            self.0.store(misses.saturating_add(1), Ordering::Relaxed);
        }
    }

    /// Something else than a miss. Written only where that changes anything: hits share the cache line.
    pub(crate) fn ended(&self) {
        if self.0.load(Ordering::Relaxed) != 0 {
            self.0.store(0, Ordering::Relaxed);
        }
    }

    /// Whether the next is likely to be a miss as well.
    pub(crate) fn is_long(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= LONG
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_misses_in_a_row_are_long_until_something_else_comes() {
        let streak = Streak::new();
        for misses in 0..20 {
            assert_eq!(streak.is_long(), misses >= 8, "{misses}");
            streak.missed();
        }
        streak.ended();
        assert!(!streak.is_long());
        streak.missed();
        assert!(!streak.is_long());
    }
}
