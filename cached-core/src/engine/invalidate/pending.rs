//! Invalidations on their way: none is lost when a caller is dropped.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    coherence::{
        journal::{Committed, Prepared},
        outcome::Invalidated,
    },
    engine::{Cache, context},
    error::Error,
    key::target::Target,
    telemetry::event,
};

/// An invalidation that is not decided. Dropped, it is applied in this process and left to the task that resends.
#[derive(Debug)]
#[must_use]
pub(crate) struct PendingInvalidation {
    cache: Cache,
    /// `None` once it is decided.
    prepared: Option<Prepared>,
}

impl PendingInvalidation {
    pub(super) fn new(cache: &Cache, targets: Vec<Target>) -> Self {
        Self {
            cache: cache.clone(),
            prepared: Some(cache.0.journal.prepare(targets)),
        }
    }

    pub(crate) fn cache(&self) -> &Cache {
        &self.cache
    }

    pub(crate) fn add(&mut self, targets: Vec<Target>) {
        if let Some(prepared) = &mut self.prepared {
            prepared.add(targets);
        }
    }

    pub(super) fn targets(&self) -> &[Target] {
        self.prepared.as_ref().map_or(&[], Prepared::targets)
    }

    pub(super) fn commit(mut self) -> Option<Committed> {
        self.prepared.take().map(Prepared::commit)
    }

    pub(crate) fn discard(mut self) {
        if let Some(prepared) = self.prepared.take() {
            prepared.discard();
        }
    }

    /// Leaves it to the `after` around this; without one, returns it.
    pub(super) fn leave_to_after(mut self) -> Option<Self> {
        // An `after` that ends at this moment may have another around it that goes on.
        while let Some(deferred) = context::find_deferred(&self.cache) {
            self = deferred.add(self)?;
        }
        Some(self)
    }

    /// Sends it, or leaves it to the `after` around this.
    pub(crate) async fn apply(self) -> Invalidated {
        let (cache, count) = (self.cache.clone(), self.targets().len());
        if count == 0 {
            return Invalidated::Applied;
        }
        let Some(this) = self.leave_to_after() else {
            return Invalidated::Postponed;
        };
        let invalidated = match cache.send_invalidation(this).await {
            Ok(_) => Invalidated::Applied,
            Err(_) => Invalidated::Postponed,
        };
        cache.count_invalidated(count, invalidated);
        invalidated
    }
}

impl Drop for PendingInvalidation {
    fn drop(&mut self) {
        let Some(prepared) = self.prepared.take() else {
            return;
        };
        if prepared.targets().is_empty() {
            return;
        }
        // Inside an `after` it is still too early: the `after` goes on, or is dropped itself.
        let this = Self {
            cache: self.cache.clone(),
            prepared: Some(prepared),
        };
        let Some(prepared) = this
            .leave_to_after()
            .and_then(|mut this| this.prepared.take())
        else {
            return;
        };
        let count = prepared.targets().len();
        let invalidated = self.cache.postpone_prepared(prepared);
        self.cache.count_invalidated(count, invalidated);
    }
}

impl Cache {
    /// Invalidates `targets` in this process now, and outside when the store answers.
    pub(crate) fn postpone(&self, targets: Vec<Target>) {
        let _ = self.postpone_prepared(self.0.journal.prepare(targets));
    }

    /// Invalidates what was `prepared` in this process now, and outside when the store answers.
    fn postpone_prepared(&self, prepared: Prepared) -> Invalidated {
        self.invalidate_here(prepared.targets());
        if self.local().is_some() {
            prepared.discard();
            return Invalidated::Applied;
        }
        drop(prepared);
        self.start_resending();
        Invalidated::Postponed
    }
}

/// An invalidation that is being sent. Dropped, it is left to the task that resends.
pub(super) struct InFlight<'a> {
    pub(super) cache: &'a Cache,
    pub(super) committed: Option<Committed>,
}

impl InFlight<'_> {
    /// Sends the invalidation, and acknowledges it if the store confirms.
    pub(super) async fn send(mut self) -> Result<Vec<bool>, Error> {
        let Some(committed) = &self.committed else {
            return Ok(Vec::new());
        };
        let sent = self.cache.store().remove(committed.batch()).await;
        let is_confirmed = sent.is_ok();
        let Some(committed) = self.committed.take() else {
            return sent;
        };
        let count = committed.batch().targets().len();
        let invalidated = committed.settle(std::iter::repeat_n(is_confirmed, count));
        match sent {
            // Another command, sent after this one was entered in the journal, has done its work.
            Err(_) if invalidated.is_applied() => Ok(Vec::new()),
            Err(error) => {
                event::postponed(&error, self.cache.is_in_outage());
                self.cache.start_resending();
                Err(error)
            }
            there => {
                // Something may have been postponed where no runtime was, or in one that has ended: it goes now.
                self.cache.start_resending();
                there
            }
        }
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if let Some(committed) = self.committed.take() {
            drop(committed);
            self.cache.start_resending();
        }
    }
}

/// The invalidations made inside an `after`, also by tasks that outlive it.
#[derive(Clone, Debug)]
pub(crate) struct Deferred {
    cache: Cache,
    /// `None` once it has ended, and collects nothing any more.
    pending: Arc<Mutex<Option<Vec<PendingInvalidation>>>>,
}

impl Deferred {
    fn new(cache: &Cache) -> Self {
        Self {
            cache: cache.clone(),
            pending: Arc::new(Mutex::new(Some(Vec::new()))),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<PendingInvalidation>>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns `true` if it collects the invalidations of `cache`.
    pub(crate) fn is_for(&self, cache: &Cache) -> bool {
        self.cache.is(cache) && self.lock().is_some()
    }

    /// Adds `pending`, or returns it if the `after` has ended meanwhile.
    fn add(&self, pending: PendingInvalidation) -> Option<PendingInvalidation> {
        match &mut *self.lock() {
            Some(all) => all.push(pending),
            None => return Some(pending),
        }
        None
    }

    /// Ends the collection, and returns all of it.
    fn take_all(&self) -> Vec<PendingInvalidation> {
        self.lock().take().unwrap_or_default()
    }
}

/// An `after` that goes on. Dropped, what it has collected is applied.
pub(crate) struct Deferring(Deferred);

impl Drop for Deferring {
    fn drop(&mut self) {
        drop(self.0.take_all());
    }
}

impl Deferring {
    pub(crate) fn new(cache: &Cache) -> Self {
        Self(Deferred::new(cache))
    }

    pub(crate) fn deferred(&self) -> Deferred {
        self.0.clone()
    }

    /// Applies all that was collected in one step, or discards it.
    pub(crate) async fn settle(self, is_wanted: bool) {
        let pending = self.0.take_all();
        if !is_wanted {
            pending.into_iter().for_each(PendingInvalidation::discard);
            return;
        }
        // A target that was invalidated twice is sent once.
        #[allow(
            clippy::mutable_key_type,
            reason = "what can change in a function is no part of a key"
        )]
        let each: HashSet<Target> = pending
            .iter()
            .flat_map(|one| one.targets().iter().cloned())
            .collect();
        let all = PendingInvalidation::new(&self.0.cache, each.into_iter().collect());
        pending.into_iter().for_each(PendingInvalidation::discard);
        if !all.targets().is_empty() {
            let _ = all.apply().await;
        }
    }
}
