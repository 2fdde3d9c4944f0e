//! [`MarkerTtls`]: how long markers live at least, as far as is known, so that not every value that is stored has to
//! say so again.
//!
//! To give a marker a longer life is to change it, of which the server tells all that have it
//! [`watched`](super::tracking). So each gets more than it needs, and is left alone for as long as that lasts.

use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{config::MARKERS_OUTLIVE, format::entry::Token};

/// Of how many markers it is known, some 60 bytes each, twice over.
const CAPACITY: usize = 4_096;

/// Until when markers live, by their tokens: one that was deleted and made anew has another.
#[derive(Debug, Default)]
pub(super) struct MarkerTtls(Mutex<Known>);

/// At the limit the latest become the old ones, and those that nobody has asked for since are forgotten: markers of one
/// user's entries come and go, those that all entries share are asked for by each store.
#[derive(Debug, Default)]
struct Known {
    latest: HashMap<Token, Instant>,
    old: HashMap<Token, Instant>,
}

impl MarkerTtls {
    /// Whether an entry that is kept for `lives` from now on needs a longer life of this marker than is known of.
    pub(super) fn is_short(&self, token: Token, now: Instant, lives: Duration) -> bool {
        let left = self
            .lock()
            .until(token)
            .map(|until| until.saturating_duration_since(now));
        left.is_none_or(|left| left < lives.saturating_add(MARKERS_OUTLIVE))
    }

    /// The marker was given so long a life, at `now` or later.
    pub(super) fn learn(&self, token: Token, now: Instant, life: Duration) {
        // What has no end has none that could be missed.
        let Some(until) = now.checked_add(life) else {
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

/// What a marker gets that an entry needs which is kept for `lives`: enough for those of the next quarter of that time.
pub(super) fn ample(lives: Duration) -> Duration {
    let spare = lives.checked_div(4).unwrap_or_default();
    lives
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
        let lifetimes = MarkerTtls::default();
        let now = Instant::now();
        assert!(lifetimes.is_short(token(1), now, HOUR));
        lifetimes.learn(token(1), now, ample(HOUR));
        assert!(!lifetimes.is_short(token(1), now, HOUR));
        assert!(!lifetimes.is_short(token(1), now + HOUR / 4, HOUR));
        assert!(lifetimes.is_short(token(1), now + HOUR / 3, HOUR));
        assert!(lifetimes.is_short(token(1), now, 2 * HOUR));
        assert!(lifetimes.is_short(token(2), now, HOUR));
    }

    #[test]
    fn a_shorter_life_takes_nothing_away() {
        let lifetimes = MarkerTtls::default();
        let now = Instant::now();
        lifetimes.learn(token(1), now, ample(HOUR));
        lifetimes.learn(token(1), now, ample(Duration::from_secs(1)));
        assert!(!lifetimes.is_short(token(1), now, HOUR));
    }

    #[test]
    fn the_longest_life_there_is_ends_nothing() {
        let lifetimes = MarkerTtls::default();
        let now = Instant::now();
        lifetimes.learn(token(1), now, ample(Duration::MAX));
        assert!(lifetimes.is_short(token(1), now, HOUR), "it is sent again");
    }

    #[test]
    fn what_is_asked_for_is_remembered_and_the_rest_forgotten() {
        let lifetimes = MarkerTtls::default();
        let now = Instant::now();
        let shared = token(0);
        lifetimes.learn(shared, now, ample(HOUR));
        for number in 1..5 * CAPACITY {
            lifetimes.learn(token(number), now, ample(HOUR));
            assert!(!lifetimes.is_short(token(number), now, HOUR));
            assert!(!lifetimes.is_short(shared, now, HOUR));
        }
        let known = lifetimes.lock();
        assert!(known.latest.len() <= CAPACITY && known.old.len() <= CAPACITY);
    }
}
