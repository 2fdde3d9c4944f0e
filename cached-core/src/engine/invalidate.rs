//! Invalidation: sent to the store, in force in this process at once, and minded by reads until it is confirmed.

use std::time::Instant;

use super::Cache;
use crate::{
    codec::Shared,
    coherence::outcome::Invalidated,
    engine::context,
    error::Error,
    format::freshness::Lifetime,
    key::{Key, target::Target},
    single_flight::LoadCaller,
    store::Reply,
};

mod pending;

use pending::InFlight;
pub(crate) use pending::{Deferred, Deferring, PendingInvalidation};

impl Cache {
    /// Prepares the invalidation of `targets`, which is not decided yet.
    pub(crate) fn prepare_invalidation(&self, targets: Vec<Target>) -> PendingInvalidation {
        PendingInvalidation::new(self, targets)
    }

    /// Invalidates `targets`, now or at the end of the [`after`](Self::after) around this.
    pub(crate) async fn apply_invalidation(&self, targets: Vec<Target>) -> Invalidated {
        self.prepare_invalidation(targets).apply().await
    }

    /// Leaves `targets` to the [`after`](Self::after) around this, if there is one, which invalidates them at its end.
    pub(crate) fn repeat_after(&self, targets: impl FnOnce() -> Vec<Target>) {
        if context::find_deferred(self).is_some()
            && let Some(pending) = self.prepare_invalidation(targets()).leave_to_after()
        {
            pending.discard();
        }
    }

    /// Invalidates `targets` now, and returns which of them were there. An error says that they are postponed: they
    /// hold in this process, and are sent again.
    pub(crate) async fn invalidate_now(&self, targets: Vec<Target>) -> Result<Vec<bool>, Error> {
        self.send_invalidation(self.prepare_invalidation(targets))
            .await
    }

    async fn send_invalidation(&self, pending: PendingInvalidation) -> Result<Vec<bool>, Error> {
        let there = self.invalidate_here(pending.targets());
        if self.local().is_some() {
            pending.discard();
            return Ok(there);
        }
        let committed = pending.commit();
        let in_flight = InFlight {
            cache: self,
            committed,
        };
        in_flight.send().await
    }

    /// Invalidates `targets` in this process, whatever the store says, and returns which of them were there in a store
    /// inside the process.
    pub(crate) fn invalidate_here(&self, targets: &[Target]) -> Vec<bool> {
        self.epochs().advance_groups(targets);
        let there = targets.iter().map(|target| match target {
            Target::Group(_) => false,
            Target::Entry(key) => self.invalidate_entry(key),
        });
        there.collect()
    }

    /// Returns `true` if a read of `key` that is sent after this may be a hit: not while an invalidation that covers it
    /// is on its way to the store.
    pub(crate) fn trusts(&self, key: &Key) -> bool {
        if !self.0.journal.is_due() {
            return true;
        }
        // The task that sent before may be gone.
        self.start_resending();
        !self.0.journal.covers(key)
    }

    /// A value that may answer a call which saw `reply`, and that the store does not have yet.
    pub(crate) fn find_unstored(
        &self,
        key: &Key,
        began: Instant,
        reply: &Reply,
    ) -> Option<(Shared, Lifetime)> {
        let view = reply.view();
        self.flights().completed(LoadCaller {
            key,
            began,
            saw: Some(&view),
        })
    }
}
