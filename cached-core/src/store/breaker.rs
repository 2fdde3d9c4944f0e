//! [`Breaker`]: whether a store that fails is asked at all.
//!
//! Closed, every operation is sent. A few failures in a row, with no answer between them, open it: then
//! nothing is sent, and one task looks in the background whether the store is back. What it finds closes
//! the breaker. One that opens again soon after that goes on with the longer pauses it had before.
//!
//! The circuit breaker of M. Nygard, *Release It!*, 2nd edition, §5.2; its half-open state is the look in the
//! background, so that no caller pays for it.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::error::{Class, Error, ErrorKind, Weight};

/// A connection that breaks fails everything on it, and a pause of the server all who wait: within this time
/// that is one failure.
const INCIDENT: Duration = Duration::from_millis(10);

/// The pause before the first look; each failed one doubles it, up to the longest. With a look of as long
/// at the most, a store that is back is found within a second.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

/// The same where somebody has to correct a password or an access list first.
const LONGEST_PAUSE_REFUSED: Duration = Duration::from_secs(5);

/// One that opens again within this time goes on with the pauses that it had.
const UNSTABLE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Breaker {
    /// How often it has opened and closed: odd while it is open.
    turns: AtomicU64,
    /// Failures since the last answer.
    failures: AtomicU32,
    /// How many of them open it.
    most: u32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// What opened it, or what the last look found.
    error: Option<Error>,
    /// When the failure before the next one was counted.
    counted: Option<Instant>,
    opened: Option<Instant>,
    closed: Option<Instant>,
    /// How often the pause was doubled.
    doubled: u32,
}

/// The number of an outage. A later one has a greater one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OutageId(u64);

impl Breaker {
    /// One that `failures` in a row open.
    pub(crate) fn new(failures: u32) -> Self {
        Self {
            turns: AtomicU64::new(0),
            failures: AtomicU32::new(0),
            most: failures,
            state: Mutex::default(),
        }
    }

    /// The outage that goes on, if the breaker is open.
    pub(crate) fn outage(&self) -> Option<OutageId> {
        let turns = self.turns.load(Ordering::Acquire);
        (turns % 2 == 1).then_some(OutageId(turns))
    }

    /// The store has answered.
    pub(crate) fn succeeded(&self) {
        // Everybody reads this line, and hardly anybody writes it.
        if self.failures.load(Ordering::Relaxed) != 0 {
            self.failures.store(0, Ordering::Relaxed);
        }
    }

    /// An operation has failed. Whether that opened the breaker.
    pub(crate) fn failed(&self, error: &Error, now: Instant) -> bool {
        let weight = error.class().weight();
        if weight == Weight::Nothing {
            return false;
        }
        let mut state = self.lock();
        if self.outage().is_some() {
            return false;
        }
        if error.class() == Class::Broken || error.kind() == ErrorKind::Timeout {
            let is_counted = state
                .counted
                .is_some_and(|counted| now.saturating_duration_since(counted) < INCIDENT);
            if is_counted {
                return false;
            }
            state.counted = Some(now);
        }
        let failures = self.failures.fetch_add(1, Ordering::Relaxed);
        if weight == Weight::One && failures.saturating_add(1) < self.most {
            return false;
        }
        self.open(&mut state, error, now);
        true
    }

    fn open(&self, state: &mut State, error: &Error, now: Instant) {
        let is_stable = state
            .closed
            .is_none_or(|closed| now.saturating_duration_since(closed) >= UNSTABLE);
        if is_stable {
            state.doubled = 0;
        }
        state.error = Some(error.clone());
        state.opened = Some(now);
        self.turns.fetch_add(1, Ordering::Release);
    }

    /// A look has found the store still away.
    pub(crate) fn still_fails(&self, error: &Error) {
        let mut state = self.lock();
        state.doubled = state.doubled.saturating_add(1);
        state.error = Some(error.clone());
    }

    /// A look has found the store. How long it was away; `None` if that is known already.
    pub(crate) fn close(&self, now: Instant) -> Option<Duration> {
        let mut state = self.lock();
        self.outage()?;
        self.failures.store(0, Ordering::Relaxed);
        state.error = None;
        state.closed = Some(now);
        // The next pauses are longer than these were, if it does not last.
        state.doubled = state.doubled.saturating_add(1);
        self.turns.fetch_add(1, Ordering::Release);
        let opened = state.opened.unwrap_or(now);
        Some(now.saturating_duration_since(opened))
    }

    /// How long to wait before the next look: `random` takes off up to a half, so that processes do not
    /// come all at once.
    pub(crate) fn pause(&self, random: u32) -> Duration {
        let state = self.lock();
        let is_refused = state
            .error
            .as_ref()
            .is_some_and(|error| error.class() == Class::Permanent);
        let longest = if is_refused {
            LONGEST_PAUSE_REFUSED
        } else {
            LONGEST_PAUSE
        };
        let pause = 2_u32
            .checked_pow(state.doubled)
            .map_or(longest, |times| PAUSE.saturating_mul(times).min(longest));
        pause.mul_f64(1.0 - 0.5 * f64::from(random) / f64::from(u32::MAX))
    }

    /// What an operation gets that is not sent: where somebody has to correct something, what that is.
    pub(crate) fn refusal(&self) -> Error {
        let refusal = Error::new(
            ErrorKind::Unavailable,
            "Redis has failed several times and is not asked: a task looks for it in the background",
        )
        .classed(Class::Transient);
        match &self.lock().error {
            Some(error) if error.class() == Class::Permanent => error.clone(),
            Some(error) => refusal.with_source(error.clone()),
            None => refusal,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
