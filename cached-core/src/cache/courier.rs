//! Sends postponed invalidations again, until the store confirms them.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::runtime::Handle;

use super::Cache;
use crate::{clock, event, journal::Sent};

/// How many invalidations go in one pipeline.
const BATCH: usize = 256;

/// The pause after a failure; each one doubles it, up to the longest.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Whose turn it is to send. One task at a time does; one that was not heard of for too long, because its
/// runtime idles or has ended, loses its turn to the next that is asked for.
#[derive(Debug, Default)]
pub(super) struct Courier(Mutex<Turn>);

#[derive(Debug, Default)]
struct Turn {
    number: u64,
    busy_until: Option<Instant>,
}

impl Courier {
    /// The number of a new turn, unless somebody is at it.
    fn begin(&self, lasts: Duration) -> Option<u64> {
        let mut turn = self.lock();
        let now = clock::instant();
        if turn.busy_until.is_some_and(|until| now < until) {
            return None;
        }
        turn.number = turn.number.wrapping_add(1);
        turn.busy_until = now.checked_add(lasts);
        Some(turn.number)
    }

    /// Whether the turn of this number goes on, for another while.
    fn go_on(&self, number: u64, lasts: Duration) -> bool {
        let mut turn = self.lock();
        let is_mine = turn.number == number;
        if is_mine {
            turn.busy_until = clock::instant().checked_add(lasts);
        }
        is_mine
    }

    fn end(&self, number: u64) {
        let mut turn = self.lock();
        if turn.number == number {
            turn.busy_until = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Turn> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cache {
    /// Sees to it that what is postponed is sent, if there is a runtime for it.
    pub(super) fn send_for_courier(&self) {
        if !self.0.journal.is_due() {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        if !clock::has_timer() {
            return;
        }
        if let Some(number) = self.0.courier.begin(self.turn_lasts()) {
            runtime.spawn(self.clone().carry(number));
        }
    }

    /// One failing attempt and the pause after it, twice.
    fn turn_lasts(&self) -> Duration {
        self.0
            .config
            .op_timeout
            .saturating_add(LONGEST_PAUSE)
            .saturating_mul(2)
    }

    async fn carry(self, number: u64) {
        let mut pause = PAUSE;
        let mut confirmed: u64 = 0;
        while let Some(sent) = self.0.journal.due(BATCH) {
            if self.send(&sent).await {
                confirmed = confirmed.saturating_add(sent.targets().len() as u64);
                pause = PAUSE;
            } else {
                tokio::time::sleep(pause).await;
                pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
            }
            if !self.0.courier.go_on(number, self.turn_lasts()) {
                return;
            }
        }
        event::caught_up(confirmed);
        self.0.courier.end(number);
        // Something may have been postponed after the last look, and found this turn still there.
        self.send_for_courier();
    }

    /// Sends what is postponed, now, until the store fails.
    pub(super) async fn flush(&self) {
        while let Some(sent) = self.0.journal.due(BATCH) {
            if !self.send(&sent).await {
                return;
            }
        }
    }

    async fn send(&self, sent: &Sent) -> bool {
        let replies = self.store().remove(sent.targets().collect()).await;
        let is_confirmed = replies.is_ok();
        self.0
            .journal
            .acknowledge(sent, sent.targets().map(|_| is_confirmed));
        is_confirmed
    }
}
