//! Sends postponed invalidations again, until the store confirms them.

use std::{sync, time::Duration};

use tokio::runtime::Handle;

use super::Cache;
use crate::{clock, event, journal::Sent};

mod turn;

pub(super) use turn::Courier;

/// How many invalidations go in one pipeline.
const BATCH: usize = 256;

/// The pause after a failure; each one doubles it, up to the longest.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

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
        if let Some(number) = self.0.courier.begin(clock::instant(), self.turn_lasts()) {
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
            if !self
                .0
                .courier
                .go_on(number, clock::instant(), self.turn_lasts())
            {
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
