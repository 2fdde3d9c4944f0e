//! [`BodyRun`]: the span and the context around a body that runs, and the way of its value to the store.

use std::{
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{missed_call::MissedCall, refresh, request::LoadRequest};
use crate::{
    clock,
    codec::{Shared, erased::Returned},
    engine::context,
    format::entry::Outcome,
    single_flight::{Completed, Flight, Lead, LoadStart, Lone},
    telemetry::event,
};

/// A body that runs for a call.
pub(super) struct BodyRun {
    // Dropped before all that holds a value of the user's: those who wait for this load do not wait for its `Drop`.
    kind: LoadKind,
    missed: MissedCall,
    /// The state captured before the body began; `None` if nothing is stored.
    captured: Option<LoadStart>,
    /// `None`: it is not counted as a load.
    scope: Option<BodyScope>,
}

/// The reason for which a body runs, which decides what its value is used for.
enum LoadKind {
    /// It is the load that others wait for.
    Lead(Lead),
    /// It is the load that others wait for, in the background of an answer that has been given.
    Revalidate(Lead),
    /// A load could not be shared. Those who still wait for it take this one, if it can be.
    Lone(Lone),
    /// It replaces what is there, unless that is foreign.
    Refresh { is_foreign: bool },
    /// No other call waits for it.
    Unshared,
}

/// The span and the context around a body.
struct BodyScope {
    began: Instant,
    span: event::LoadSpan,
    context: context::EnteredContext,
}

/// The use of what a body returned.
pub(super) enum BodyOutcome {
    /// It is the answer.
    Answered,
    /// It is an error, and this the answer in its place.
    Stale(Shared),
    /// It is the answer as soon as this future, which tells the store, is done.
    AnsweredAfter(Pin<Box<dyn Future<Output = ()> + Send>>),
}

impl BodyRun {
    fn new(
        missed: MissedCall,
        kind: LoadKind,
        flight: Option<Arc<Flight>>,
        captured: Option<LoadStart>,
    ) -> Box<Self> {
        let scope = Some(BodyScope {
            began: clock::instant(),
            span: event::load_span(missed.request.key.function()),
            context: context::enter_load(flight),
        });
        Box::new(Self {
            kind,
            missed,
            captured,
            scope,
        })
    }

    pub(super) fn for_leader(missed: MissedCall, lead: Lead) -> Box<Self> {
        let (flight, captured) = (Arc::clone(lead.flight()), lead.begin(missed.captured()));
        Self::new(missed, LoadKind::Lead(lead), Some(flight), Some(captured))
    }

    pub(super) fn for_revalidation(missed: MissedCall, lead: Lead) -> Box<Self> {
        let (flight, captured) = (Arc::clone(lead.flight()), lead.begin(missed.captured()));
        Self::new(
            missed,
            LoadKind::Revalidate(lead),
            Some(flight),
            Some(captured),
        )
    }

    /// A load outside a flight, stored with what this call's own read showed, if that was all of it.
    pub(super) fn outside_flight(missed: MissedCall, lone: Option<Lone>) -> Box<Self> {
        let captured = LoadStart {
            at: missed.request.cache.epochs().now(),
            began: clock::instant(),
            from: missed.captured(),
        };
        let kind = lone.map_or(LoadKind::Unshared, LoadKind::Lone);
        Self::new(missed, kind, None, Some(captured))
    }

    pub(super) fn for_refresh(
        missed: MissedCall,
        captured: LoadStart,
        is_foreign: bool,
    ) -> Box<Self> {
        Self::new(
            missed,
            LoadKind::Refresh { is_foreign },
            None,
            Some(captured),
        )
    }

    /// A load that is counted, and not stored.
    pub(super) fn return_only(missed: MissedCall) -> Box<Self> {
        Self::new(missed, LoadKind::Unshared, None, None)
    }

    /// No load of its own: a part of another, or in place of one that is not for this call.
    pub(super) fn uncounted(missed: MissedCall) -> Box<Self> {
        Box::new(Self {
            kind: LoadKind::Unshared,
            missed,
            captured: None,
            scope: None,
        })
    }

    /// Calls `poll`, which polls the body, inside its span and context.
    pub(super) fn poll_within(&self, poll: &mut dyn FnMut()) {
        match &self.scope {
            Some(scope) => scope.span.within(&mut || scope.context.poll_inside(poll)),
            None => poll(),
        }
    }

    /// Counts the load, and hands what was `returned` to followers and to the store.
    pub(super) fn finish(mut self: Box<Self>, returned: &dyn Returned) -> BodyOutcome {
        // The span of the body ends here.
        let began = self.scope.take().map(|scope| scope.began);
        let Self { missed, kind, .. } = *self;
        if let Some(began) = began {
            let took = clock::instant().saturating_duration_since(began);
            let function = missed.request.key.function();
            missed.request.cache.count_load(function, took);
        }
        let mut stored_for = None;
        if let Some(captured) = &self.captured {
            stored_for = match kind {
                LoadKind::Lead(lead) => missed.complete_flight(lead, returned, captured),
                LoadKind::Revalidate(lead) => {
                    missed.complete_flight(lead, returned, captured);
                    return BodyOutcome::Answered;
                }
                LoadKind::Lone(lone) => {
                    let shared = returned.share();
                    let completed = lone.complete(shared.clone());
                    missed.store_in_background(returned, shared, captured, completed)
                }
                LoadKind::Refresh { is_foreign } => {
                    return refresh::finish_refresh(missed.request, returned, captured, is_foreign);
                }
                LoadKind::Unshared => {
                    missed.store_in_background(returned, returned.share(), captured, None)
                }
            };
        }
        if returned.outcome() == Outcome::Error
            && let Some(shared) = missed.stale_if_error()
        {
            return BodyOutcome::Stale(shared);
        }
        missed
            .request
            .notify_observer(|observer, caller| observer.loaded(caller, stored_for));
        BodyOutcome::Answered
    }
}

impl MissedCall {
    /// Hands what was `returned` to the followers and to the store; returns for how long it is to be stored.
    fn complete_flight(
        &self,
        lead: Lead,
        returned: &dyn Returned,
        captured: &LoadStart,
    ) -> Option<Duration> {
        let shared = returned.share();
        if captured.from.is_none() {
            // No call that comes later could take it.
            drop(lead.complete(shared));
            return None;
        }
        if self.request.backend().local().is_none() {
            let completed = lead.complete(shared.clone());
            return self.store_in_background(returned, shared, captured, completed);
        }
        // First into the store, then out of the flight, so that no call misses both.
        let stored_for = self.store_in_background(returned, shared.clone(), captured, None);
        drop(lead.complete(shared));
        stored_for
    }

    /// Stores what was `returned` in the background, and then ends the flight; returns for how long it is to be
    /// stored, if it is.
    ///
    /// An error does not replace a value that may still be served. What is no error and is not to be stored says
    /// that such a value is no longer right: it is removed.
    fn store_in_background(
        &self,
        returned: &dyn Returned,
        shared: Option<Shared>,
        captured: &LoadStart,
        completed: Option<Completed>,
    ) -> Option<Duration> {
        let LoadRequest { cache, key, .. } = &*self.request;
        let (is_error, holds) = (
            returned.outcome() == Outcome::Error,
            self.has_servable_stale(),
        );
        let write = if is_error && holds {
            event::load_failed(key.function());
            None
        } else {
            self.request.encode_write(returned, shared, captured)
        };
        let is_outdated = holds && !is_error && write.is_none();
        let stored_for = write.as_ref().map(|write| write.ttl);
        if let (Some(completed), Some(ttl)) = (&completed, stored_for) {
            completed.keeps(ttl);
        }
        let backend = self.request.backend();
        cache.store_in_background(backend, key, write, completed);
        if is_outdated {
            cache.remove_in_background(backend, key);
        }
        stored_for
    }
}
