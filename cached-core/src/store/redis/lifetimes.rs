//! [`Lifetimes`]: how long markers live at least, as far as is known, so that not every value that is stored has to
//! say so again.
//!
//! To give a marker a longer life is to change it, of which the server tells all that have it
//! [`watched`](super::watched). So each gets more than it needs, and is left alone for as long as that lasts.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{config::MARKERS_OUTLIVE, entry::Token};

/// Of how many markers it is known, some 60 bytes each. At the limit all are forgotten, which costs a command each.
const CAPACITY: usize = 4_096;

/// Until when markers live, by their tokens: one that was deleted and made anew has another.
#[derive(Debug, Default)]
pub(super) struct Lifetimes(Mutex<HashMap<Token, Instant>>);

impl Lifetimes {
    /// Whether an entry that is kept for `lives` from now on needs a longer life of this marker than is known of.
    pub(super) fn is_short(&self, token: Token, now: Instant, lives: Duration) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = known
            .get(&token)
            .map(|until| until.saturating_duration_since(now));
        left.is_none_or(|left| left < lives.saturating_add(MARKERS_OUTLIVE))
    }

    /// The marker was given so long a life, at `now` or later.
    pub(super) fn learn(&self, token: Token, now: Instant, life: Duration) {
        // What has no end has none that could be missed.
        let Some(until) = now.checked_add(life) else {
            return;
        };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CAPACITY && !known.contains_key(&token) {
            known.clear();
        }
        let until = known.get(&token).map_or(until, |known| until.max(*known));
        known.insert(token, until);
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
        let lifetimes = Lifetimes::default();
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
        let lifetimes = Lifetimes::default();
        let now = Instant::now();
        lifetimes.learn(token(1), now, ample(HOUR));
        lifetimes.learn(token(1), now, ample(Duration::from_secs(1)));
        assert!(!lifetimes.is_short(token(1), now, HOUR));
    }

    #[test]
    fn the_longest_life_there_is_ends_nothing() {
        let lifetimes = Lifetimes::default();
        let now = Instant::now();
        lifetimes.learn(token(1), now, ample(Duration::MAX));
        assert!(lifetimes.is_short(token(1), now, HOUR), "it is sent again");
    }

    #[test]
    fn there_is_an_end_to_what_is_remembered() {
        let lifetimes = Lifetimes::default();
        let now = Instant::now();
        for number in 0..3 * CAPACITY {
            lifetimes.learn(token(number), now, ample(HOUR));
            assert!(!lifetimes.is_short(token(number), now, HOUR));
        }
        assert!(lifetimes.0.lock().unwrap().len() <= CAPACITY);
    }
}
