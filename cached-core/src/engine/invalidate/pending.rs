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

/// An invalidation that is not decided. Dropped, it is applied in this process and left to the task that sends again.
#[derive(Debug)]
#[must_use]
pub(crate) struct PendingInvalidation {
    cache: Cache,
    /// Taken by what decides.
    ticket: Option<Prepared>,
}

impl PendingInvalidation {
    pub(super) fn new(cache: &Cache, targets: Vec<Target>) -> Self {
        Self {
            cache: cache.clone(),
            ticket: Some(cache.0.journal.prepare(targets)),
        }
    }

    pub(crate) fn cache(&self) -> &Cache {
        &self.cache
    }

    pub(crate) fn add(&mut self, targets: Vec<Target>) {
        if let Some(ticket) = &mut self.ticket {
            ticket.add(targets);
        }
    }

    pub(super) fn targets(&self) -> &[Target] {
        self.ticket.as_ref().map_or(&[], Prepared::targets)
    }

    pub(super) fn commit(mut self) -> Option<Committed> {
        self.ticket.take().map(Prepared::commit)
    }

    pub(crate) fn discard(mut self) {
        if let Some(ticket) = self.ticket.take() {
            ticket.discard();
        }
    }

    /// Leaves it to the `after` around this; without one it comes back.
    pub(super) fn left_to_after(mut self) -> Option<Self> {
        // One that ends at this moment may have another around it that goes on.
        while let Some(collected) = context::collected(&self.cache) {
            self = collected.add(self)?;
        }
        Some(self)
    }

    /// Carries it out, or leaves it to the `after` around this.
    pub(crate) async fn apply(self) -> Invalidated {
        let (cache, count) = (self.cache.clone(), self.targets().len());
        if count == 0 {
            return Invalidated::Applied;
        }
        let Some(this) = self.left_to_after() else {
            return Invalidated::Postponed;
        };
        let invalidated = match cache.send_now(this).await {
            Ok(_) => Invalidated::Applied,
            Err(_) => Invalidated::Postponed,
        };
        cache.count_invalidated(count, invalidated);
        invalidated
    }
}

impl Drop for PendingInvalidation {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket.take() else {
            return;
        };
        if ticket.targets().is_empty() {
            return;
        }
        // Inside an `after` it is still too early: that one goes on, or is dropped itself.
        let this = Self {
            cache: self.cache.clone(),
            ticket: Some(ticket),
        };
        let Some(ticket) = this.left_to_after().and_then(|mut this| this.ticket.take()) else {
            return;
        };
        let count = ticket.targets().len();
        let invalidated = self.cache.resend_later(ticket);
        self.cache.count_invalidated(count, invalidated);
    }
}

impl Cache {
    /// Invalidates `targets` in this process now, and outside when the store answers.
    pub(crate) fn postpone(&self, targets: Vec<Target>) {
        let _ = self.resend_later(self.0.journal.prepare(targets));
    }

    /// Applies it in this process now, and outside when the store answers.
    fn resend_later(&self, ticket: Prepared) -> Invalidated {
        self.apply_here(ticket.targets());
        if self.local().is_some() {
            ticket.discard();
            return Invalidated::Applied;
        }
        drop(ticket);
        self.start_resending();
        Invalidated::Postponed
    }
}

/// An invalidation that is being sent. Dropped, it is left to the task that sends again.
pub(super) struct InFlight<'a> {
    pub(super) cache: &'a Cache,
    pub(super) entered: Option<Committed>,
}

impl InFlight<'_> {
    pub(super) async fn send(mut self) -> Result<Vec<bool>, Error> {
        let Some(entered) = &self.entered else {
            return Ok(Vec::new());
        };
        let sent = self.cache.store().remove(entered.batch()).await;
        let is_confirmed = sent.is_ok();
        let Some(entered) = self.entered.take() else {
            return sent;
        };
        let count = entered.batch().targets().len();
        let invalidated = entered.settle(std::iter::repeat_n(is_confirmed, count));
        match sent {
            // Another command, sent after this one was entered, has done its work.
            Err(_) if invalidated.is_applied() => Ok(Vec::new()),
            Err(error) => {
                event::postponed(&error, self.cache.is_in_outage());
                self.cache.start_resending();
                Err(error)
            }
            there => {
                // What was postponed where no runtime was, or in one that has ended, goes now.
                self.cache.start_resending();
                there
            }
        }
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if let Some(entered) = self.entered.take() {
            drop(entered);
            self.cache.start_resending();
        }
    }
}

/// The invalidations made inside an `after`, also by tasks that outlive it.
#[derive(Clone, Debug)]
pub(crate) struct Deferred {
    cache: Cache,
    /// `None`: it has ended, and collects nothing any more.
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

    /// Whether it collects what concerns `cache`.
    pub(crate) fn is_for(&self, cache: &Cache) -> bool {
        self.cache.is(cache) && self.lock().is_some()
    }

    /// `pending` comes back if it has ended meanwhile.
    fn add(&self, pending: PendingInvalidation) -> Option<PendingInvalidation> {
        match &mut *self.lock() {
            Some(all) => all.push(pending),
            None => return Some(pending),
        }
        None
    }

    fn end(&self) -> Vec<PendingInvalidation> {
        self.lock().take().unwrap_or_default()
    }
}

/// An `after` that goes on. Dropped, what it has collected is applied.
pub(crate) struct Deferring(Deferred);

impl Drop for Deferring {
    fn drop(&mut self) {
        drop(self.0.end());
    }
}

impl Deferring {
    pub(crate) fn new(cache: &Cache) -> Self {
        Self(Deferred::new(cache))
    }

    pub(crate) fn collected(&self) -> Deferred {
        self.0.clone()
    }

    /// Applies all of it in one go, or forgets it.
    pub(crate) async fn settle(self, is_wanted: bool) {
        let pending = self.0.end();
        if !is_wanted {
            pending.into_iter().for_each(PendingInvalidation::discard);
            return;
        }
        // What was invalidated twice is sent once.
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
