//! [`BodyRun`]: what is around a body that runs, and what becomes of what it returns.

use std::{
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{LoadRequest, refresh, request::MissedCall};
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
    why: LoadKind,
    missed: MissedCall,
    /// What was there before; `None` if nothing is kept.
    captured: Option<LoadStart>,
    /// `None`: it is not counted.
    around: Option<Around>,
}

/// The reason for which a body runs; what becomes of its value follows from that.
enum LoadKind {
    /// It is the load that others wait for.
    Lead(Lead),
    /// The same, behind an answer that has been given.
    Behind(Lead),
    /// A load could not be shared. Those who still wait for it take this one, if it can be.
    Lone(Lone),
    /// It replaces what is there, unless that is foreign.
    Refresh { is_foreign: bool },
    /// Nobody waits for it.
    Alone,
}

/// What is around a body.
struct Around {
    began: Instant,
    span: event::LoadSpan,
    scope: context::EnteredContext,
}

/// What becomes of what a body returned.
pub(super) enum BodyOutcome {
    /// It is the answer.
    Answered,
    /// It is an error, and this the answer in its place.
    Stale(Shared),
    /// It is the answer as soon as the store has been told.
    Tell(Pin<Box<dyn Future<Output = ()> + Send>>),
}

impl BodyRun {
    fn new(
        missed: MissedCall,
        why: LoadKind,
        flight: Option<Arc<Flight>>,
        captured: Option<LoadStart>,
    ) -> Box<Self> {
        let around = Some(Around {
            began: clock::instant(),
            span: event::load_span(missed.call.key.function()),
            scope: context::loading(flight),
        });
        Box::new(Self {
            why,
            missed,
            captured,
            around,
        })
    }

    pub(super) fn lead(missed: MissedCall, lead: Lead) -> Box<Self> {
        let (flight, captured) = (Arc::clone(lead.flight()), lead.begin(missed.captures()));
        Self::new(missed, LoadKind::Lead(lead), Some(flight), Some(captured))
    }

    pub(super) fn behind(missed: MissedCall, lead: Lead) -> Box<Self> {
        let (flight, captured) = (Arc::clone(lead.flight()), lead.begin(missed.captures()));
        Self::new(missed, LoadKind::Behind(lead), Some(flight), Some(captured))
    }

    /// Outside a flight, and stored with what this call's own read showed, if that was all of it.
    pub(super) fn beside(missed: MissedCall, lone: Option<Lone>) -> Box<Self> {
        let captured = LoadStart {
            at: missed.call.cache.epochs().now(),
            began: clock::instant(),
            from: missed.captures(),
        };
        let why = lone.map_or(LoadKind::Alone, LoadKind::Lone);
        Self::new(missed, why, None, Some(captured))
    }

    pub(super) fn refresh(missed: MissedCall, captured: LoadStart, is_foreign: bool) -> Box<Self> {
        Self::new(
            missed,
            LoadKind::Refresh { is_foreign },
            None,
            Some(captured),
        )
    }

    /// Counted as a load, and not kept.
    pub(super) fn alone(missed: MissedCall) -> Box<Self> {
        Self::new(missed, LoadKind::Alone, None, None)
    }

    /// No load of its own: part of another, or in place of one that is not for this call.
    pub(super) fn uncounted(missed: MissedCall) -> Box<Self> {
        Box::new(Self {
            why: LoadKind::Alone,
            missed,
            captured: None,
            around: None,
        })
    }

    /// Has the body polled by `poll`.
    pub(super) fn around(&self, poll: &mut dyn FnMut()) {
        match &self.around {
            Some(around) => around.span.within(&mut || around.scope.within(poll)),
            None => poll(),
        }
    }

    /// The body has returned.
    pub(super) fn ended(mut self: Box<Self>, returned: &dyn Returned) -> BodyOutcome {
        // Its span ends here.
        let began = self.around.take().map(|around| around.began);
        let Self { missed, why, .. } = *self;
        if let Some(began) = began {
            let took = clock::instant().saturating_duration_since(began);
            let function = missed.call.key.function();
            missed.call.cache.count_load(function, took);
        }
        let mut kept_for = None;
        if let Some(captured) = &self.captured {
            kept_for = match why {
                LoadKind::Lead(lead) => missed.complete(lead, returned, captured),
                LoadKind::Behind(lead) => {
                    missed.complete(lead, returned, captured);
                    return BodyOutcome::Answered;
                }
                LoadKind::Lone(lone) => {
                    let shared = returned.share();
                    let completed = lone.complete(shared.clone());
                    missed.keep(returned, shared, captured, completed)
                }
                LoadKind::Refresh { is_foreign } => {
                    return refresh::ended(missed.call, returned, captured, is_foreign);
                }
                LoadKind::Alone => missed.keep(returned, returned.share(), captured, None),
            };
        }
        if returned.outcome() == Outcome::Error
            && let Some(shared) = missed.stale()
        {
            return BodyOutcome::Stale(shared);
        }
        missed
            .call
            .show(|observer, caller| observer.loaded(caller, kept_for));
        BodyOutcome::Answered
    }
}

impl MissedCall {
    /// Hands what was `returned` to those who wait for it, and to the store; for how long it is to be kept there.
    fn complete(
        &self,
        lead: Lead,
        returned: &dyn Returned,
        captured: &LoadStart,
    ) -> Option<Duration> {
        let shared = returned.share();
        if captured.from.is_none() {
            // Nobody who comes later could take it.
            drop(lead.complete(shared));
            return None;
        }
        if self.call.backend().local().is_none() {
            let completed = lead.complete(shared.clone());
            return self.keep(returned, shared, captured, completed);
        }
        // First into the store, then out of the flight, so that nobody misses both.
        let kept_for = self.keep(returned, shared.clone(), captured, None);
        drop(lead.complete(shared));
        kept_for
    }

    /// Stores what was `returned` behind the answer, if it is to be kept, and for how long; ends the flight after
    /// that.
    ///
    /// An error takes no place of a value that may still be served. What is no error and not to be kept
    /// says that such a value is no longer right.
    fn keep(
        &self,
        returned: &dyn Returned,
        shared: Option<Shared>,
        captured: &LoadStart,
        completed: Option<Completed>,
    ) -> Option<Duration> {
        let LoadRequest { cache, key, .. } = &*self.call;
        let (is_error, holds) = (returned.outcome() == Outcome::Error, self.holds_stale());
        let write = if is_error && holds {
            event::load_failed(key.function());
            None
        } else {
            self.call.encode_write(returned, shared, captured)
        };
        let is_outdated = holds && !is_error && write.is_none();
        let kept_for = write.as_ref().map(|write| write.ttl);
        if let (Some(completed), Some(ttl)) = (&completed, kept_for) {
            completed.keeps(ttl);
        }
        let backend = self.call.backend();
        cache.store_behind(backend, key, write, completed);
        if is_outdated {
            cache.remove_behind_answer(backend, key);
        }
        kept_for
    }
}
