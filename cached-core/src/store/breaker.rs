//! [`Breaker`]: stops asking a store that fails.
//!
//! While it is closed, every operation is sent. A few failures in a row, with no answer between them, open it: then
//! nothing is sent, and one task in the background probes the store. A probe that succeeds closes the breaker. One that
//! opens again soon after that goes on with the longer pauses it had before.
//!
//! The circuit breaker of M. Nygard, *Release It!*, 2nd edition, §5.2; its half-open state is the probe in
//! the background, so that no caller pays for it.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::error::{Class, Error, ErrorKind, Weight};

/// The time within which broken connections and missed deadlines count as one failure: a connection that breaks fails
/// everything on it, and a pause of the server fails all who wait.
const INCIDENT: Duration = Duration::from_millis(10);

/// The pause before the first probe; each failed one doubles it, up to the longest. With probes that take no longer
/// than that, a store that is back is found within a second.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

/// The longest pause where somebody has to correct a password or an access list first.
const LONGEST_PAUSE_REFUSED: Duration = Duration::from_secs(5);

/// The time within which a breaker that opens again goes on with the pauses that it had.
const UNSTABLE: Duration = Duration::from_secs(10);

/// The circuit breaker of one store.
#[derive(Debug)]
pub(crate) struct Breaker {
    /// The number of times it has opened or closed: odd while it is open.
    transitions: AtomicU64,
    /// Failures since the last answer.
    failures: AtomicU32,
    /// The number of failures that opens it.
    threshold: u32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The failure that opened it, or that of the latest probe.
    error: Option<Error>,
    /// The time at which the latest broken connection or missed deadline was counted.
    counted_at: Option<Instant>,
    opened_at: Option<Instant>,
    closed_at: Option<Instant>,
    /// The number of times the pause was doubled.
    doublings: u32,
}

/// The number of an outage; a later outage has a greater one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OutageId(u64);

impl Breaker {
    /// A closed breaker that `threshold` failures in a row open.
    pub(crate) fn new(threshold: u32) -> Self {
        Self {
            transitions: AtomicU64::new(0),
            failures: AtomicU32::new(0),
            threshold,
            state: Mutex::default(),
        }
    }

    /// The outage that goes on, if the breaker is open.
    pub(crate) fn outage(&self) -> Option<OutageId> {
        let transitions = self.transitions.load(Ordering::Acquire);
        (transitions % 2 == 1).then_some(OutageId(transitions))
    }

    /// Records that the store has answered.
    pub(crate) fn record_success(&self) {
        // Every operation reads this cache line, so it is written only when it changes.
        if self.failures.load(Ordering::Relaxed) != 0 {
            self.failures.store(0, Ordering::Relaxed);
        }
    }

    /// Records a failed operation, and returns `true` if that opened the breaker.
    pub(crate) fn record_failure(&self, error: &Error, now: Instant) -> bool {
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
                .counted_at
                .is_some_and(|counted| now.saturating_duration_since(counted) < INCIDENT);
            if is_counted {
                return false;
            }
            state.counted_at = Some(now);
        }
        let failures = self.failures.fetch_add(1, Ordering::Relaxed);
        if weight == Weight::One && failures.saturating_add(1) < self.threshold {
            return false;
        }
        self.open(&mut state, error, now);
        true
    }

    fn open(&self, state: &mut State, error: &Error, now: Instant) {
        let is_stable = state
            .closed_at
            .is_none_or(|closed| now.saturating_duration_since(closed) >= UNSTABLE);
        if is_stable {
            state.doublings = 0;
        }
        state.error = Some(error.clone());
        state.opened_at = Some(now);
        self.transitions.fetch_add(1, Ordering::Release);
    }

    /// Records a probe that found the store still away: the next pause is longer.
    pub(crate) fn record_failed_probe(&self, error: &Error) {
        let mut state = self.lock();
        state.doublings = state.doublings.saturating_add(1);
        state.error = Some(error.clone());
    }

    /// Closes the breaker after a probe that succeeded, and returns how long the store was away; `None` if it was
    /// closed already.
    pub(crate) fn close(&self, now: Instant) -> Option<Duration> {
        let mut state = self.lock();
        self.outage()?;
        self.failures.store(0, Ordering::Relaxed);
        state.error = None;
        state.closed_at = Some(now);
        // The next pauses are longer than these were, if it does not last.
        state.doublings = state.doublings.saturating_add(1);
        self.transitions.fetch_add(1, Ordering::Release);
        let opened = state.opened_at.unwrap_or(now);
        Some(now.saturating_duration_since(opened))
    }

    /// The pause before the next probe: `random` takes off up to a half, so that processes do not come all at once.
    pub(crate) fn next_pause(&self, random: u32) -> Duration {
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
            .checked_pow(state.doublings)
            .map_or(longest, |times| PAUSE.saturating_mul(times).min(longest));
        pause.mul_f64(1.0 - 0.5 * f64::from(random) / f64::from(u32::MAX))
    }

    /// The error of an operation that is not sent: where somebody has to correct something, it says what.
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
