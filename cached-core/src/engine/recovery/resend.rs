//! Sends postponed invalidations again, until the store confirms them.

use std::time::Duration;

use tokio::runtime::Handle;

use super::super::{Cache, state::Inner};
use crate::{clock, coherence::journal::Batch, error::Error, telemetry::event};

/// How many invalidations go in one pipeline.
const BATCH: usize = 256;

/// The pause after a failure; each one doubles it, up to the longest.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

impl Cache {
    /// Sees to it that what is postponed is batch, if there is a runtime for it.
    pub(in crate::engine) fn start_resending(&self) {
        if !self.0.journal.is_due() {
            return;
        }
        if self.is_in_outage() {
            // What finds the store sends first of all.
            return self.probe_store();
        }
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        if !clock::has_timer() {
            return;
        }
        if let Some(number) = self.0.resending.begin(clock::instant(), self.turn_lasts()) {
            let mine = ResendTask {
                cache: self.clone(),
                number,
            };
            runtime.spawn(mine.carry());
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

    /// Waits for the writes under way and for the store to confirm every invalidation, which are batch now.
    pub(crate) async fn finish_pending(&self) {
        let confirmed = async {
            let _ = self.flush(usize::MAX).await;
            self.0.journal.emptied().await;
        };
        tokio::join!(self.0.write_budget.idle(), confirmed);
    }

    /// Sends what is postponed, at most about this many, now, also to a store that is not asked for anything else.
    pub(super) async fn flush(&self, mut most: usize) -> Result<(), Error> {
        while most > 0
            && let Some(batch) = self.0.journal.due(BATCH)
        {
            most = most.saturating_sub(batch.targets().len());
            let replies = self.store().remove_in_outage(&batch).await;
            self.is_confirmed(&batch, replies.is_ok());
            replies?;
        }
        Ok(())
    }

    async fn send(&self, batch: &Batch) -> bool {
        let replies = self.store().remove(batch).await;
        self.is_confirmed(batch, replies.is_ok())
    }

    fn is_confirmed(&self, batch: &Batch, is_confirmed: bool) -> bool {
        self.0
            .journal
            .acknowledge(batch, batch.targets().map(|_| is_confirmed));
        is_confirmed
    }
}

/// A turn. It ends when this is dropped, also with its runtime.
struct ResendTask {
    cache: Cache,
    number: u64,
}

impl ResendTask {
    async fn carry(self) {
        let Inner {
            journal, resending, ..
        } = &*self.cache.0;
        let lasts = self.cache.turn_lasts();
        let mut pause = PAUSE;
        let mut confirmed: u64 = 0;
        while let Some(batch) = journal.due(BATCH) {
            if self.cache.send(&batch).await {
                confirmed = confirmed.saturating_add(batch.targets().len() as u64);
                pause = PAUSE;
            } else if self.cache.is_in_outage() {
                return self.cache.probe_store();
            } else {
                tokio::time::sleep(pause).await;
                pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
            }
            if !resending.go_on(self.number, clock::instant(), lasts) {
                return;
            }
        }
        event::caught_up(confirmed);
        let cache = self.cache.clone();
        drop(self);
        // Something may have been postponed after the last look, and found this turn still there.
        cache.start_resending();
    }
}

impl Drop for ResendTask {
    fn drop(&mut self) {
        self.cache.0.resending.end(self.number);
    }
}
