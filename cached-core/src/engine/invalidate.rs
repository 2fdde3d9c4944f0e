//! Invalidation: what is sent, what is known of it, and what reads make of that.

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
    /// What a body is going to invalidate.
    pub(crate) fn prepare(&self, targets: Vec<Target>) -> PendingInvalidation {
        PendingInvalidation::new(self, targets)
    }

    /// Deletes `targets`, or has it done at the end of the [`after`](Self::after) around this.
    pub(crate) async fn apply(&self, targets: Vec<Target>) -> Invalidated {
        self.prepare(targets).apply().await
    }

    /// Has `targets` deleted at the end of the [`after`](Self::after) around this, if there is one.
    pub(crate) fn repeat_after(&self, targets: impl FnOnce() -> Vec<Target>) {
        if context::collected(self).is_some()
            && let Some(pending) = self.prepare(targets()).left_to_after()
        {
            pending.discard();
        }
    }

    /// Deletes `targets` now, and says which of them were there. An error says that they are postponed: they
    /// hold in this process, and are sent again.
    pub(crate) async fn carry_out(&self, targets: Vec<Target>) -> Result<Vec<bool>, Error> {
        self.send_now(self.prepare(targets)).await
    }

    async fn send_now(&self, pending: PendingInvalidation) -> Result<Vec<bool>, Error> {
        let there = self.apply_here(pending.targets());
        if self.local().is_some() {
            pending.discard();
            return Ok(there);
        }
        let entered = pending.commit();
        let sending = InFlight {
            cache: self,
            entered,
        };
        sending.send().await
    }

    /// What holds in this process from now on, whatever the store says. Returns what was there in a store
    /// inside the process.
    pub(crate) fn apply_here(&self, targets: &[Target]) -> Vec<bool> {
        self.epochs().advance_groups(targets);
        let there = targets.iter().map(|target| match target {
            Target::Group(_) => false,
            Target::Entry(key) => self.forget(key),
        });
        there.collect()
    }

    /// Whether what the store says of `key` may be taken for true, by a read that is sent after this: not
    /// while an invalidation that covers it is on its way to the store.
    pub(crate) fn trusts(&self, key: &Key) -> bool {
        if !self.0.journal.is_due() {
            return true;
        }
        // Whoever sent before may be gone.
        self.start_resending();
        !self.0.journal.covers(key)
    }

    /// A value that may answer a call which saw `reply`, and that the store does not have yet.
    pub(crate) fn on_its_way(
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
