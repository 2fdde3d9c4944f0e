//! [`MarkerTtls`]: the least time that markers live, as far as is known, so that not every store of a value has to
//! extend them.
//!
//! To extend a marker is to change it, which the server reports to all that [track](super::tracking) it. So each gets
//! more than it needs, and is left alone for as long as that lasts.

use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{config::MARKERS_OUTLIVE, format::entry::Token};

/// The number of markers of which the end is known, some 60 bytes each, twice over.
const CAPACITY: usize = 4_096;

/// The ends of markers, by their tokens: one that was deleted and made anew has another.
#[derive(Debug, Default)]
pub(super) struct MarkerTtls(Mutex<Known>);

/// Two generations of ends. At the limit the latest become the old ones, and those that nobody has asked for since are
/// forgotten: markers of one user's entries come and go, those that all entries share are asked for by each store.
#[derive(Debug, Default)]
struct Known {
    latest: HashMap<Token, Instant>,
    old: HashMap<Token, Instant>,
}

impl MarkerTtls {
    /// Returns `true` if an entry that is kept for `kept_for` from `now` on needs this marker for longer than it is
    /// known to live.
    pub(super) fn is_short(&self, token: Token, now: Instant, kept_for: Duration) -> bool {
        let left = self
            .lock()
            .until(token)
            .map(|until| until.saturating_duration_since(now));
        left.is_none_or(|left| left < kept_for.saturating_add(MARKERS_OUTLIVE))
    }

    /// Records that the marker was given `ttl`, at `now` or later.
    pub(super) fn learn(&self, token: Token, now: Instant, ttl: Duration) {
        // An end beyond the clock cannot be missed.
        let Some(until) = now.checked_add(ttl) else {
            return;
        };
        let mut known = self.lock();
        let until = known.until(token).map_or(until, |known| until.max(known));
        known.keep(token, until);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn until(&mut self, token: Token) -> Option<Instant> {
        if let Some(until) = self.latest.get(&token) {
            return Some(*until);
        }
        let until = self.old.remove(&token)?;
        self.keep(token, until);
        Some(until)
    }

    fn keep(&mut self, token: Token, until: Instant) {
        if self.latest.len() >= CAPACITY && !self.latest.contains_key(&token) {
            self.old = mem::take(&mut self.latest);
        }
        self.latest.insert(token, until);
    }
}

/// The ttl of a marker that an entry needs which is kept for `kept_for`: enough for those of the next quarter of that
/// time.
pub(super) fn ample(kept_for: Duration) -> Duration {
    let spare = kept_for.checked_div(4).unwrap_or_default();
    kept_for
        .saturating_add(MARKERS_OUTLIVE)
        .saturating_add(spare)
        .saturating_add(Duration::from_secs(60))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn token(number: usize) -> Token {
        Token::read(format!("{number:032x}").as_bytes()).unwrap()
    }

    #[test]
    fn what_was_given_lasts_for_a_quarter() {
        let ttls = MarkerTtls::default();
        let now = Instant::now();
        assert!(ttls.is_short(token(1), now, HOUR));
        ttls.learn(token(1), now, ample(HOUR));
        assert!(!ttls.is_short(token(1), now, HOUR));
        assert!(!ttls.is_short(token(1), now + HOUR / 4, HOUR));
        assert!(ttls.is_short(token(1), now + HOUR / 3, HOUR));
        assert!(ttls.is_short(token(1), now, 2 * HOUR));
        assert!(ttls.is_short(token(2), now, HOUR));
    }

    #[test]
    fn a_shorter_life_takes_nothing_away() {
        let ttls = MarkerTtls::default();
        let now = Instant::now();
        ttls.learn(token(1), now, ample(HOUR));
        ttls.learn(token(1), now, ample(Duration::from_secs(1)));
        assert!(!ttls.is_short(token(1), now, HOUR));
    }

    #[test]
    fn the_longest_life_there_is_ends_nothing() {
        let ttls = MarkerTtls::default();
        let now = Instant::now();
        ttls.learn(token(1), now, ample(Duration::MAX));
        assert!(ttls.is_short(token(1), now, HOUR), "it is sent again");
    }

    #[test]
    fn what_is_asked_for_is_remembered_and_the_rest_forgotten() {
        let ttls = MarkerTtls::default();
        let now = Instant::now();
        let shared = token(0);
        ttls.learn(shared, now, ample(HOUR));
        for number in 1..5 * CAPACITY {
            ttls.learn(token(number), now, ample(HOUR));
            assert!(!ttls.is_short(token(number), now, HOUR));
            assert!(!ttls.is_short(shared, now, HOUR));
        }
        let known = ttls.lock();
        assert!(known.latest.len() <= CAPACITY && known.old.len() <= CAPACITY);
    }
}
