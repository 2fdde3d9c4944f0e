//! [`Doorkeeper`]: finds the markers that are read again and again.

use std::sync::atomic::{AtomicU32, Ordering};

/// The number of places, four bytes each.
const PLACES: u64 = 1 << 14;

/// Markers that were read, by their hashes. Each has two places, which the next ones there take over. So one that is
/// read seldom, as those of a million users, is forgotten before it comes again, and the server need not watch it. Two
/// places, because of two markers that are always read together and share one, neither would ever be found.
///
/// After the doorkeeper of `TinyLFU` (Einziger, Friedman, Manes, 2017).
#[derive(Debug)]
pub(super) struct Doorkeeper(Box<[AtomicU32]>);

impl Doorkeeper {
    pub(super) fn new() -> Self {
        Self((0..PLACES).map(|_| AtomicU32::new(0)).collect())
    }

    /// Remembers a marker of this hash. Returns `true` if it was here before, and not too many others since.
    pub(super) fn admits(&self, hash: u64) -> bool {
        // One bit is always set, because a place that nothing took holds zero.
        let mark = u32::try_from(hash >> 32).unwrap_or_default() | 1;
        let places =
            [hash, hash >> 14].map(|part| usize::try_from(part % PLACES).unwrap_or_default());
        // Both are taken, whatever the first one holds.
        places.into_iter().fold(false, |seen, place| {
            let place = self.0.get(place);
            seen | place.is_some_and(|place| place.swap(mark, Ordering::Relaxed) == mark)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: u64 = 0x1234_5678_9abc_def0;

    #[test]
    fn a_marker_is_known_the_second_time() {
        let doorkeeper = Doorkeeper::new();
        assert!(!doorkeeper.admits(HASH));
        assert!(doorkeeper.admits(HASH));
        assert!(!doorkeeper.admits(HASH ^ 1 << 40), "another, at its places");
        assert!(!doorkeeper.admits(HASH), "which were taken");
    }

    #[test]
    fn two_that_share_a_place_are_both_found() {
        let doorkeeper = Doorkeeper::new();
        let other = HASH ^ 1 << 40 ^ 1 << 20;
        assert_eq!(HASH % PLACES, other % PLACES);
        assert!(!doorkeeper.admits(HASH) && !doorkeeper.admits(other));
        assert!(doorkeeper.admits(HASH) && doorkeeper.admits(other));
    }
}
