//! The resending of postponed invalidations, until the store confirms them.

use std::time::Duration;

use tokio::runtime::Handle;

use super::super::{Cache, state::Inner};
use crate::{clock, coherence::journal::TargetBatch, error::Error, telemetry::event};

/// The most invalidations that go in one pipeline.
const TARGETS_PER_PIPELINE: usize = 256;

/// The pause after a failure; each one doubles it, up to the longest.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

impl Cache {
    /// Starts a task that resends what is postponed, if there is a runtime for it and no other task does so.
    pub(in crate::engine) fn start_resending(&self) {
        if !self.0.journal.is_due() {
            return;
        }
        if self.is_in_outage() {
            // The probe that reaches the store sends the journal first of all.
            return self.probe_store();
        }
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        if !clock::has_timer() {
            return;
        }
        if let Some(number) = self
            .0
            .resending
            .acquire(clock::instant(), self.claim_duration())
        {
            let task = ResendTask {
                cache: self.clone(),
                number,
            };
            runtime.spawn(task.run());
        }
    }

    /// The duration of a claim: one failing attempt and the pause after it, twice.
    fn claim_duration(&self) -> Duration {
        self.0
            .config
            .op_timeout
            .saturating_add(LONGEST_PAUSE)
            .saturating_mul(2)
    }

    /// Sends every postponed invalidation now, and waits for the store to confirm them and for the writes under way.
    pub(crate) async fn finish_pending(&self) {
        let confirmed = async {
            let _ = self.flush_journal(usize::MAX).await;
            self.0.journal.wait_until_empty().await;
        };
        tokio::join!(self.0.write_budget.wait_until_idle(), confirmed);
    }

    /// Sends what is postponed, about `limit` at the most, also to a store that is not asked for anything else.
    pub(super) async fn flush_journal(&self, mut limit: usize) -> Result<(), Error> {
        while limit > 0
            && let Some(batch) = self.0.journal.take_due(TARGETS_PER_PIPELINE)
        {
            limit = limit.saturating_sub(batch.targets().len());
            let replies = self.store().remove_in_outage(&batch).await;
            self.acknowledge_batch(&batch, replies.is_ok());
            replies?;
        }
        Ok(())
    }

    async fn send_batch(&self, batch: &TargetBatch) -> bool {
        let replies = self.store().remove(batch).await;
        self.acknowledge_batch(batch, replies.is_ok())
    }

    fn acknowledge_batch(&self, batch: &TargetBatch, is_confirmed: bool) -> bool {
        self.0
            .journal
            .acknowledge(batch, batch.targets().map(|_| is_confirmed));
        is_confirmed
    }
}

/// The task that resends, with its claim, which is released when this is dropped, also with its runtime.
struct ResendTask {
    cache: Cache,
    number: u64,
}

impl ResendTask {
    async fn run(self) {
        let Inner {
            journal, resending, ..
        } = &*self.cache.0;
        let duration = self.cache.claim_duration();
        let mut pause = PAUSE;
        let mut confirmed: u64 = 0;
        while let Some(batch) = journal.take_due(TARGETS_PER_PIPELINE) {
            if self.cache.send_batch(&batch).await {
                confirmed = confirmed.saturating_add(batch.targets().len() as u64);
                pause = PAUSE;
            } else if self.cache.is_in_outage() {
                return self.cache.probe_store();
            } else {
                tokio::time::sleep(pause).await;
                pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
            }
            if !resending.renew(self.number, clock::instant(), duration) {
                return;
            }
        }
        event::caught_up(confirmed);
        let cache = self.cache.clone();
        drop(self);
        // Something may have been postponed after the journal was last read, and found this claim still held.
        cache.start_resending();
    }
}

impl Drop for ResendTask {
    fn drop(&mut self) {
        self.cache.0.resending.release(self.number);
    }
}
