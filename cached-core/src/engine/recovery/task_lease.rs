//! [`TaskLease`]: whose turn it is to do what one task at a time does in the background.

use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

// The standard library's; under the scheduler of `interleavings`, its own.
use super::sync::{Mutex, MutexGuard};

/// Whose turn it is. One task at a time has it; one that was not heard of for too long, because its
/// runtime idles or has ended, loses its turn to the next that is asked for.
#[derive(Debug, Default)]
pub(crate) struct TaskLease(pub(super) Mutex<Turn>);

#[derive(Debug, Default)]
pub(super) struct Turn {
    number: u64,
    pub(super) busy_until: Option<Instant>,
}

impl TaskLease {
    /// The number of a new turn, unless somebody has one.
    pub(crate) fn begin(&self, now: Instant, lasts: Duration) -> Option<u64> {
        let mut turn = self.lock();
        if turn.busy_until.is_some_and(|until| now < until) {
            return None;
        }
        turn.number = turn.number.wrapping_add(1);
        turn.busy_until = now.checked_add(lasts);
        Some(turn.number)
    }

    /// Whether somebody has a turn.
    pub(crate) fn is_taken(&self, now: Instant) -> bool {
        self.lock().busy_until.is_some_and(|until| now < until)
    }

    /// Whether the turn of this number goes on, for another while.
    pub(crate) fn go_on(&self, number: u64, now: Instant, lasts: Duration) -> bool {
        let mut turn = self.lock();
        let is_mine = turn.number == number;
        if is_mine {
            turn.busy_until = now.checked_add(lasts);
        }
        is_mine
    }

    pub(crate) fn end(&self, number: u64) {
        let mut turn = self.lock();
        if turn.number == number {
            turn.busy_until = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Turn> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
