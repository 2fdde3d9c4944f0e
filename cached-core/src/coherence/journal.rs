//! [`Journal`]: invalidations that the store has not confirmed.
//!
//! An invalidation is entered before it is sent, and stays until a reply says that it was applied: one to a command
//! that was sent after it began, its own or another's. If nobody waits for the reply any more, because the
//! deadline has passed or the caller is gone, it is *postponed*: from then on this process treats what it
//! covers as a miss, and it is sent again until it is confirmed.
//!
//! ```text
//! prepare ──► Prepared ── commit ──► Committed ── settle ──► confirmed: gone
//!               │ discard: gone       │ │
//!               │                     │ └─── settle ──► not confirmed: postponed ──► due ──► acknowledge: gone
//!               └─ dropped ───────────┴─ dropped ─────► postponed
//! ```
//!
//! When there are too many, the namespace takes the place of all: one command, and a miss for everything until then.

use std::{
    hash::BuildHasher,
    sync::{self, Arc},
};

use hashbrown::DefaultHashBuilder;
use smallvec::SmallVec;
use tokio::sync::Notify;

use crate::{
    coherence::outcome::Invalidated,
    key::{Key, group, target::Target},
    telemetry::event,
};

mod ledger;
pub(crate) mod open;

pub(crate) use ledger::TargetBatch;
use ledger::{HashedTarget, Ledger};

/// The open invalidations of one cache in this process. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Journal(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    ledger: Ledger,
    hasher: DefaultHashBuilder,
    emptied: Notify,
}

impl Journal {
    /// Creates a journal of `capacity` targets; more become one, the namespace.
    pub(crate) fn new(capacity: usize) -> Self {
        Self(Arc::new(Inner {
            ledger: Ledger::new(capacity),
            hasher: DefaultHashBuilder::default(),
            emptied: Notify::new(),
        }))
    }

    /// Prepares to invalidate what a body is going to write. It covers nothing yet.
    pub(crate) fn prepare(&self, targets: Vec<Target>) -> Prepared {
        Prepared {
            journal: self.clone(),
            targets,
        }
    }

    /// Enters what is going to be sent now.
    pub(crate) fn enter(&self, targets: Vec<Target>) -> Committed {
        let targets = targets.into_iter().map(|target| self.0.hash(target));
        let mut has_overflowed = false;
        let namespace = || {
            has_overflowed = true;
            self.0.hash(Target::Group(String::from(group::NAMESPACE)))
        };
        let batch = self.0.ledger.enter(targets.collect(), namespace);
        if has_overflowed {
            event::journal_overflowed();
        }
        Committed {
            journal: self.clone(),
            batch,
        }
    }

    /// Returns `true` if a postponed invalidation covers `key`, so that what the store has there must not be used. To be
    /// asked before a read is sent: a reply that comes later may be older than the confirmation.
    pub(crate) fn covers(&self, key: &Key) -> bool {
        self.is_due() && self.0.covers(key)
    }

    /// Returns `true` if anything has to be sent again.
    pub(crate) fn is_due(&self) -> bool {
        self.0.ledger.has_postponed()
    }

    /// Takes what has to be sent again: at most `limit` targets, first those that were not sent for the longest time.
    pub(crate) fn take_due(&self, limit: usize) -> Option<TargetBatch> {
        self.0.ledger.take_due(limit)
    }

    /// Takes out what the replies to `batch` confirm, one for each target in their order. What was entered since stays.
    pub(crate) fn acknowledge(&self, batch: &TargetBatch, replies: impl IntoIterator<Item = bool>) {
        for (target, confirmed) in batch.targets.iter().zip(replies) {
            if confirmed {
                self.0.ledger.acknowledge(batch.number, target);
            }
        }
        if self.is_empty() {
            self.0.emptied.notify_waiters();
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.ledger.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits until everything that was entered is confirmed.
    pub(crate) async fn wait_until_empty(&self) {
        loop {
            // Registered before the journal is looked at, so that the moment is not missed in between.
            let emptied = self.0.emptied.notified();
            tokio::pin!(emptied);
            emptied.as_mut().enable();
            if self.is_empty() {
                return;
            }
            emptied.await;
        }
    }
}

impl Inner {
    fn hash(&self, target: Target) -> HashedTarget {
        let hash = match &target {
            Target::Group(name) => self.hasher.hash_one(name.as_str()),
            Target::Entry(key) => self.hasher.hash_one(key.local()),
        };
        HashedTarget { hash, target }
    }

    /// Compares hashes alone: two names of one hash cost a load.
    fn covers(&self, key: &Key) -> bool {
        let mut hashes: SmallVec<[u64; 8]> = SmallVec::new();
        hashes.push(self.hasher.hash_one(key.local()));
        group::each(key, |name| hashes.push(self.hasher.hash_one(name)));
        self.ledger.covers(&hashes)
    }
}

/// An invalidation around a body that has not returned. Dropped, it is entered and postponed: a caller
/// that went away, or a body that panicked, may have written.
#[derive(Debug)]
#[must_use]
pub(crate) struct Prepared {
    journal: Journal,
    targets: Vec<Target>,
}

impl Prepared {
    pub(crate) fn targets(&self) -> &[Target] {
        &self.targets
    }

    pub(crate) fn add(&mut self, targets: impl IntoIterator<Item = Target>) {
        self.targets.extend(targets);
    }

    /// Enters the invalidation: the body has written.
    pub(crate) fn commit(mut self) -> Committed {
        self.journal.enter(std::mem::take(&mut self.targets))
    }

    /// Forgets the invalidation: the body has written nothing.
    pub(crate) fn discard(mut self) {
        self.targets.clear();
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        if !self.targets.is_empty() {
            drop(self.journal.enter(std::mem::take(&mut self.targets)));
        }
    }
}

/// An invalidation that is being sent. Dropped, it is postponed: its command may have run, or will, or not.
#[derive(Debug)]
#[must_use]
pub(crate) struct Committed {
    journal: Journal,
    batch: TargetBatch,
}

impl Committed {
    pub(crate) fn batch(&self) -> &TargetBatch {
        &self.batch
    }

    /// Takes out what the replies confirm, one for each target in their order, and postpones the rest, unless
    /// another command has done its work.
    pub(crate) fn settle(mut self, replies: impl IntoIterator<Item = bool>) -> Invalidated {
        self.settle_with(replies)
    }

    fn settle_with(&mut self, replies: impl IntoIterator<Item = bool>) -> Invalidated {
        let Inner {
            ledger, emptied, ..
        } = &*self.journal.0;
        let TargetBatch { number, targets } = &mut self.batch;
        let mut replies = replies.into_iter();
        targets.retain(|target| {
            let confirmed = replies.next().unwrap_or(false);
            if confirmed {
                ledger.acknowledge(*number, target);
            }
            !confirmed
        });
        let mut is_open = false;
        for target in targets.drain(..) {
            is_open |= ledger.postpone(*number, &target);
        }
        if ledger.len() == 0 {
            emptied.notify_waiters();
        }
        if is_open {
            Invalidated::Postponed
        } else {
            Invalidated::Applied
        }
    }
}

impl Drop for Committed {
    fn drop(&mut self) {
        let _ = self.settle_with([]);
    }
}

#[cfg(test)]
mod tests;
