//! [`MissStreak`]: predicts that the next call of a function misses, and has to capture before it loads.

use std::sync::atomic::{AtomicU8, Ordering};

/// The number of calls in a row that missed and needed a capture. Calls at the same moment may count one too few, which
/// does no harm.
#[derive(Debug)]
pub(crate) struct MissStreak(AtomicU8);

/// The length from which the next call is expected to miss. Where every other call is a hit, it comes by chance once in
/// 256 times.
const LONG: u8 = 8;

impl MissStreak {
    pub(super) const fn new() -> Self {
        Self(AtomicU8::new(0))
    }

    /// Counts a miss.
    pub(crate) fn count_miss(&self) {
        let misses = self.0.load(Ordering::Relaxed);
        if misses < LONG {
            self.0.store(misses.saturating_add(1), Ordering::Relaxed);
        }
    }

    /// Ends the streak, after something else than a miss. Writes only where that changes anything: hits share the cache
    /// line.
    pub(crate) fn end(&self) {
        if self.0.load(Ordering::Relaxed) != 0 {
            self.0.store(0, Ordering::Relaxed);
        }
    }

    /// Returns `true` if the next call is likely to miss as well.
    pub(crate) fn is_long(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= LONG
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_misses_in_a_row_are_long_until_something_else_comes() {
        let streak = MissStreak::new();
        for misses in 0..20 {
            assert_eq!(streak.is_long(), misses >= 8, "{misses}");
            streak.count_miss();
        }
        streak.end();
        assert!(!streak.is_long());
        streak.count_miss();
        assert!(!streak.is_long());
    }
}
