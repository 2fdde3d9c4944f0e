//! [`TaskClaim`]: the right to do what one task at a time does in the background.

use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

// The standard library's; in `loom_tests`, which compiles this file again, the scheduler's.
use super::sync::{Mutex, MutexGuard};

/// A claim for one task at a time. A task that does not renew it for too long, because its runtime idles or has ended,
/// loses it to the next that is started.
#[derive(Debug, Default)]
pub(crate) struct TaskClaim(pub(super) Mutex<Holder>);

/// The holder of the claim: the task that took it last.
#[derive(Debug, Default)]
pub(super) struct Holder {
    number: u64,
    pub(super) held_until: Option<Instant>,
}

impl TaskClaim {
    /// Takes the claim for `duration`, and returns the number of its new holder, unless a task holds it.
    pub(crate) fn acquire(&self, now: Instant, duration: Duration) -> Option<u64> {
        let mut holder = self.lock();
        if holder.held_until.is_some_and(|until| now < until) {
            return None;
        }
        holder.number = holder.number.wrapping_add(1);
        holder.held_until = now.checked_add(duration);
        Some(holder.number)
    }

    /// Returns `true` if a task holds the claim.
    pub(crate) fn is_held(&self, now: Instant) -> bool {
        self.lock().held_until.is_some_and(|until| now < until)
    }

    /// Renews the claim of this holder for `duration`; `false` if another has taken it.
    pub(crate) fn renew(&self, number: u64, now: Instant, duration: Duration) -> bool {
        let mut holder = self.lock();
        let is_mine = holder.number == number;
        if is_mine {
            holder.held_until = now.checked_add(duration);
        }
        is_mine
    }

    /// Releases the claim, if it is still this holder's.
    pub(crate) fn release(&self, number: u64) {
        let mut holder = self.lock();
        if holder.number == number {
            holder.held_until = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Holder> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
