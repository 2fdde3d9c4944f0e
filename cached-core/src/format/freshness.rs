//! Freshness of an entry (RFC 9111 §4.2), also for a call that may take it past its ttl (RFC 5861).
//!
//! A store keeps an entry for its ttl and the longer of its function's stale windows. The time that is left of that is
//! all that is known of its age: one clock, the store's, so that no two can differ.

use std::time::Duration;

/// Times after its ttl for which an entry may still be served (RFC 5861).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StaleWindows {
    /// `stale-while-revalidate`: while it is loaded anew in the background.
    pub(crate) revalidate: Duration,
    /// `stale-if-error`: in place of an error.
    pub(crate) if_error: Duration,
}

impl StaleWindows {
    pub(crate) const NONE: Self = Self {
        revalidate: Duration::ZERO,
        if_error: Duration::ZERO,
    };

    /// Returns the time for which an entry is kept after its ttl.
    pub(crate) fn longest(self) -> Duration {
        self.revalidate.max(self.if_error)
    }

    /// Returns `true` if no entry is of use after its ttl.
    pub(crate) fn are_none(self) -> bool {
        self.longest().is_zero()
    }
}

/// Use that an entry still has, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Freshness {
    /// Younger than its ttl.
    Fresh,
    /// The answer while it is loaded anew.
    Revalidate,
    /// The answer if the load fails.
    IfError,
    /// Expired, and of no use.
    Over,
}

/// Times for which a store keeps an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lifetime {
    /// Time for which it is fresh, from when it was stored, where that is known.
    pub(crate) ttl: Option<Duration>,
    /// Time for which it is kept after that, as its header says.
    pub(crate) stale: Duration,
    /// Time that is left from now on, where that was asked for and there is an end.
    pub(crate) remaining: Option<Duration>,
}

impl Lifetime {
    /// Returns the lifetime of a value that was loaded so long ago, and may not have reached the store yet.
    pub(crate) fn coming(ttl: Duration, lived: Duration) -> Self {
        Self {
            ttl: Some(ttl),
            stale: Duration::ZERO,
            remaining: Some(ttl.saturating_sub(lived)),
        }
    }

    /// Returns the freshness of the entry for a call that has these windows.
    ///
    /// The reader's windows count, and never reach further than the entry is kept. An entry that is kept
    /// past its ttl is of no use to a call that did not ask how long it remains.
    pub(crate) fn age(self, windows: StaleWindows) -> Freshness {
        if self.stale.is_zero() {
            return Freshness::Fresh;
        }
        let Some(remaining) = self.remaining else {
            return Freshness::Over;
        };
        if remaining > self.stale {
            return Freshness::Fresh;
        }
        let late = self.stale.saturating_sub(remaining);
        if remaining.is_zero() {
            Freshness::Over
        } else if late < windows.revalidate {
            Freshness::Revalidate
        } else if late < windows.if_error {
            Freshness::IfError
        } else {
            Freshness::Over
        }
    }

    /// Returns the time since the entry was stored, where that is known: not if its time to live was changed since.
    pub(crate) fn lived(self) -> Option<Duration> {
        let kept_for = self.ttl?.saturating_add(self.stale);
        kept_for.checked_sub(self.remaining?)
    }

    /// Returns the time for which the entry stays fresh, where there is an end.
    pub(crate) fn fresh_for(self) -> Option<Duration> {
        Some(self.remaining?.saturating_sub(self.stale))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn age(stale: u64, remaining: Option<u64>, revalidate: u64, if_error: u64) -> Freshness {
        let seconds = Duration::from_secs;
        let kept = Lifetime {
            ttl: None,
            stale: seconds(stale),
            remaining: remaining.map(seconds),
        };
        kept.age(StaleWindows {
            revalidate: seconds(revalidate),
            if_error: seconds(if_error),
        })
    }

    #[test]
    fn windows_begin_when_the_ttl_is_over() {
        let at = |remaining| age(60, Some(remaining), 20, 60);
        assert_eq!(at(61), Freshness::Fresh);
        assert_eq!(at(60), Freshness::Revalidate);
        assert_eq!(at(41), Freshness::Revalidate);
        assert_eq!(at(40), Freshness::IfError);
        assert_eq!(at(1), Freshness::IfError);
        assert_eq!(at(0), Freshness::Over);
    }

    #[test]
    fn the_shorter_window_ends_first_whichever_it_is() {
        assert_eq!(age(60, Some(10), 60, 20), Freshness::Revalidate);
        assert_eq!(age(60, Some(59), 0, 60), Freshness::IfError);
        assert_eq!(age(60, Some(59), 0, 1), Freshness::Over);
    }

    #[test]
    fn entry_without_a_window_is_fresh_for_as_long_as_it_is_there() {
        assert_eq!(age(0, None, 20, 60), Freshness::Fresh);
        assert_eq!(age(0, Some(1), 20, 60), Freshness::Fresh);
    }

    #[test]
    fn the_readers_windows_count_and_the_entry_bounds_them() {
        // Stored by a version with a longer window.
        assert_eq!(age(60, Some(59), 0, 0), Freshness::Over);
        assert_eq!(age(60, Some(61), 0, 0), Freshness::Fresh);
        // Stored by a version with a shorter one.
        assert_eq!(age(10, Some(9), 60, 0), Freshness::Revalidate);
    }

    #[test]
    fn what_does_not_say_how_long_it_remains_is_not_served() {
        assert_eq!(age(60, None, 20, 60), Freshness::Over);
    }

    #[test]
    fn time_until_it_is_no_longer_fresh() {
        let kept = |remaining| Lifetime {
            ttl: None,
            stale: MINUTE,
            remaining,
        };
        assert_eq!(kept(Some(3 * MINUTE)).fresh_for(), Some(2 * MINUTE));
        assert_eq!(kept(Some(MINUTE / 2)).fresh_for(), Some(Duration::ZERO));
        assert_eq!(kept(None).fresh_for(), None);
    }

    #[test]
    fn time_since_it_was_stored() {
        let kept = |ttl, remaining| Lifetime {
            ttl,
            stale: MINUTE,
            remaining,
        };
        let lived = |remaining| kept(Some(10 * MINUTE), Some(remaining)).lived();
        assert_eq!(lived(11 * MINUTE), Some(Duration::ZERO));
        assert_eq!(lived(9 * MINUTE), Some(2 * MINUTE));
        assert_eq!(lived(MINUTE / 2), Some(MINUTE / 2 * 21));
        // It was touched.
        assert_eq!(lived(12 * MINUTE), None);
        assert_eq!(kept(None, Some(MINUTE)).lived(), None);
        assert_eq!(kept(Some(MINUTE), None).lived(), None);
    }
}
