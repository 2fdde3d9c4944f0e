//! [`Regulars`]: which markers are read again and again.

use std::sync::atomic::{AtomicU32, Ordering};

/// How many markers are remembered, four bytes each.
const PLACES: u64 = 1 << 14;

/// Markers that were read, by their hashes: each has one place, which the next one there takes over. So one that is
/// read seldom, as those of a million users, is forgotten before it comes again, and the server need not watch it.
///
/// After the doorkeeper of `TinyLFU` (Einziger, Friedman, Manes, 2017).
#[derive(Debug)]
pub(super) struct Regulars(Box<[AtomicU32]>);

impl Regulars {
    pub(super) fn new() -> Self {
        Self((0..PLACES).map(|_| AtomicU32::new(0)).collect())
    }

    /// Whether what has this hash was here before, and not too many others since.
    pub(super) fn is_regular(&self, hash: u64) -> bool {
        // One bit is always set: a place that nothing took holds zero.
        let mark = u32::try_from(hash >> 32).unwrap_or_default() | 1;
        let place = usize::try_from(hash % PLACES).unwrap_or_default();
        let place = self.0.get(place);
        place.is_some_and(|place| place.swap(mark, Ordering::Relaxed) == mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_time_is_the_first_of_a_regular() {
        let regulars = Regulars::new();
        let hash = 0x1234_5678_9abc_def0;
        assert!(!regulars.is_regular(hash));
        assert!(regulars.is_regular(hash));
        assert!(
            !regulars.is_regular(hash ^ 1 << 40),
            "another, at its place"
        );
        assert!(!regulars.is_regular(hash), "whose place was taken");
        assert!(!regulars.is_regular(hash ^ 1), "at a place of its own");
    }
}
