//! [`Doorkeeper`]: which markers are read again and again.

use std::sync::atomic::{AtomicU32, Ordering};

/// How many markers are remembered, four bytes each.
const PLACES: u64 = 1 << 14;

/// Markers that were read, by their hashes: each has two places, which the next ones there take over. So one that is
/// read seldom, as those of a million users, is forgotten before it comes again, and the server need not watch it. Two,
/// because of two that are always read together and share one, neither would ever be found.
///
/// After the doorkeeper of `TinyLFU` (Einziger, Friedman, Manes, 2017).
#[derive(Debug)]
pub(super) struct Doorkeeper(Box<[AtomicU32]>);

impl Doorkeeper {
    pub(super) fn new() -> Self {
        Self((0..PLACES).map(|_| AtomicU32::new(0)).collect())
    }

    /// Whether what has this hash was here before, and not too many others since.
    pub(super) fn is_regular(&self, hash: u64) -> bool {
        // One bit is always set: a place that nothing took holds zero.
        let mark = u32::try_from(hash >> 32).unwrap_or_default() | 1;
        let places =
            [hash, hash >> 14].map(|part| usize::try_from(part % PLACES).unwrap_or_default());
        // Both are taken, whatever the first one holds.
        places.into_iter().fold(false, |was, place| {
            let place = self.0.get(place);
            was | place.is_some_and(|place| place.swap(mark, Ordering::Relaxed) == mark)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: u64 = 0x1234_5678_9abc_def0;

    #[test]
    fn the_second_time_is_the_first_of_a_regular() {
        let regulars = Doorkeeper::new();
        assert!(!regulars.is_regular(HASH));
        assert!(regulars.is_regular(HASH));
        assert!(
            !regulars.is_regular(HASH ^ 1 << 40),
            "another, at its places"
        );
        assert!(!regulars.is_regular(HASH), "which were taken");
    }

    #[test]
    fn two_that_share_a_place_are_both_found() {
        let regulars = Doorkeeper::new();
        let other = HASH ^ 1 << 40 ^ 1 << 20;
        assert_eq!(HASH % PLACES, other % PLACES);
        assert!(!regulars.is_regular(HASH) && !regulars.is_regular(other));
        assert!(regulars.is_regular(HASH) && regulars.is_regular(other));
    }
}
