//! Invalidations on their way: none is lost when a caller is dropped.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    coherence::{
        journal::{Entered, Ticket},
        outcome::Invalidated,
    },
    engine::{Cache, context},
    error::Error,
    key::target::Target,
    telemetry::event,
};

/// An invalidation that is not decided. Dropped, it is applied in this process and left to the courier.
#[derive(Debug)]
#[must_use]
pub(crate) struct Pending {
    cache: Cache,
    /// Taken by what decides.
    ticket: Option<Ticket>,
}

impl Pending {
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
        self.ticket.as_ref().map_or(&[], Ticket::targets)
    }

    pub(super) fn commit(mut self) -> Option<Entered> {
        self.ticket.take().map(Ticket::commit)
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

impl Drop for Pending {
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
        let invalidated = self.cache.leave_to_courier(ticket);
        self.cache.count_invalidated(count, invalidated);
    }
}

impl Cache {
    /// Invalidates `targets` in this process now, and outside when the store answers.
    pub(crate) fn postpone(&self, targets: Vec<Target>) {
        let _ = self.leave_to_courier(self.0.journal.prepare(targets));
    }

    /// Applies it in this process now, and outside when the store answers.
    fn leave_to_courier(&self, ticket: Ticket) -> Invalidated {
        self.apply_here(ticket.targets());
        if !self.store().waits() {
            ticket.discard();
            return Invalidated::Applied;
        }
        drop(ticket);
        self.send_for_courier();
        Invalidated::Postponed
    }
}

/// An invalidation that is being sent. Dropped, it is left to the courier.
pub(super) struct Sending<'a> {
    pub(super) cache: &'a Cache,
    pub(super) entered: Option<Entered>,
}

impl Sending<'_> {
    pub(super) async fn send(mut self) -> Result<Vec<bool>, Error> {
        let Some(entered) = &self.entered else {
            return Ok(Vec::new());
        };
        let sent = self.cache.store().remove(entered.targets().collect()).await;
        let is_confirmed = sent.is_ok();
        let Some(entered) = self.entered.take() else {
            return sent;
        };
        let count = entered.targets().len();
        let invalidated = entered.settle(std::iter::repeat_n(is_confirmed, count));
        match sent {
            // Another command, sent after this one was entered, has done its work.
            Err(_) if invalidated.is_applied() => Ok(Vec::new()),
            Err(error) => {
                event::postponed(&error, self.cache.is_in_outage());
                self.cache.send_for_courier();
                Err(error)
            }
            there => {
                // What was postponed where no runtime was, or in one that has ended, goes now.
                self.cache.send_for_courier();
                there
            }
        }
    }
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        if let Some(entered) = self.entered.take() {
            drop(entered);
            self.cache.send_for_courier();
        }
    }
}

/// The invalidations made inside an `after`, also by tasks that outlive it.
#[derive(Clone, Debug)]
pub(crate) struct Collected {
    cache: Cache,
    /// `None`: it has ended, and collects nothing any more.
    pending: Arc<Mutex<Option<Vec<Pending>>>>,
}

impl Collected {
    fn new(cache: &Cache) -> Self {
        Self {
            cache: cache.clone(),
            pending: Arc::new(Mutex::new(Some(Vec::new()))),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<Pending>>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it collects what concerns `cache`.
    pub(crate) fn is_for(&self, cache: &Cache) -> bool {
        self.cache.is(cache) && self.lock().is_some()
    }

    /// `pending` comes back if it has ended meanwhile.
    fn add(&self, pending: Pending) -> Option<Pending> {
        match &mut *self.lock() {
            Some(all) => all.push(pending),
            None => return Some(pending),
        }
        None
    }

    fn end(&self) -> Vec<Pending> {
        self.lock().take().unwrap_or_default()
    }
}

/// An `after` that goes on. Dropped, what it has collected is applied.
pub(crate) struct Collecting(Collected);

impl Drop for Collecting {
    fn drop(&mut self) {
        drop(self.0.end());
    }
}

impl Collecting {
    pub(crate) fn new(cache: &Cache) -> Self {
        Self(Collected::new(cache))
    }

    pub(crate) fn collected(&self) -> Collected {
        self.0.clone()
    }

    /// Applies all of it in one go, or forgets it.
    pub(crate) async fn settle(self, is_wanted: bool) {
        let pending = self.0.end();
        if !is_wanted {
            pending.into_iter().for_each(Pending::discard);
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
        let all = Pending::new(&self.0.cache, each.into_iter().collect());
        pending.into_iter().for_each(Pending::discard);
        if !all.targets().is_empty() {
            let _ = all.apply().await;
        }
    }
}
