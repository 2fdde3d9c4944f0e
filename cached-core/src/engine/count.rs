//! Counts and events: every outcome is counted and reported in one step.

use std::time::Duration;

use super::Cache;
use crate::{
    coherence::outcome::Invalidated,
    engine::hit_test::MissReason,
    error::Error,
    format::json::Unstorable,
    key::function::Function,
    store::StoreOutcome,
    telemetry::{
        event::{self, StoreKind},
        stats::Counters,
    },
};

/// The function that was called; `None` for a call by key.
type Callee = Option<&'static Function>;

impl Cache {
    pub(crate) fn counters(&self, function: Callee) -> &Counters {
        self.0.table.of(function)
    }

    #[inline]
    pub(crate) fn count_hit(&self, function: Callee, store: StoreKind) {
        self.0.table.count_hit(function);
        event::hit(function, store);
    }

    pub(crate) fn count_stale_hit(&self, function: Callee, store: StoreKind) {
        self.0.table.count_hit(function);
        self.counters(function).stale.count();
        event::stale(function, store);
    }

    pub(crate) fn count_stale_if_error(&self, function: Callee) {
        self.counters(function).stale.count();
        event::stale_if_error(function, self.store().kind());
    }

    pub(crate) fn count_refresh(&self, function: Callee) {
        self.counters(function).refreshes.count();
    }

    pub(crate) fn count_unrefreshed(&self, function: Callee) {
        if self.counters(function).refreshes_skipped.count() == 0 {
            event::refresh_skipped(function);
        }
    }

    pub(crate) fn count_crowded(&self, function: Callee) {
        if self.counters(function).crowded.count() == 0 {
            event::crowded(function);
        }
    }

    pub(crate) fn count_miss(&self, function: Callee, store: StoreKind, why: MissReason) {
        let counters = self.counters(function);
        counters.misses.count();
        match why {
            MissReason::Absent => event::miss(function, store),
            MissReason::Undecodable | MissReason::Foreign => {
                counters.undecodable.count();
                event::undecodable(function, store);
            }
            MissReason::TooLarge => {
                counters.too_large.count();
                event::undecodable(function, store);
            }
        }
    }

    pub(crate) fn count_foreign(&self, function: Callee) {
        self.counters(function).undecodable.count();
        event::foreign(function, self.store().kind());
    }

    pub(crate) fn count_shared(&self, function: Callee) {
        self.counters(function).shared.count();
        event::shared(function);
    }

    pub(crate) fn count_load(&self, function: Callee, took: Duration) {
        self.counters(function).count_load(took);
        event::loaded(function, took);
    }

    pub(crate) fn count_outcome(
        &self,
        function: Callee,
        store: StoreKind,
        outcome: StoreOutcome,
        bytes: usize,
        ttl: Duration,
    ) {
        let counters = self.counters(function);
        match outcome {
            StoreOutcome::Stored => {
                counters.stores.count();
                event::stored(function, store, bytes, ttl);
            }
            StoreOutcome::Rejected(_) => {
                counters.stores_rejected.count();
                event::store_rejected(function, store);
            }
        }
    }

    pub(crate) fn count_invalidated(&self, targets: usize, invalidated: Invalidated) {
        let (counters, store) = (self.counters(None), self.store().kind());
        counters.invalidations.count();
        if !invalidated.is_applied() {
            counters.postponed.count();
        }
        event::invalidated(store, targets, invalidated.is_applied());
    }

    pub(crate) fn count_read_error(&self, function: Callee, error: &Error) {
        self.counters(function).errors.count();
        event::read_failed(function, self.store().kind(), error);
        self.probe_if_in_outage();
    }

    pub(crate) fn count_store_error(&self, function: Callee, error: &Error) {
        self.counters(function).errors.count();
        event::store_failed(function, self.store().kind(), error);
        self.probe_if_in_outage();
    }

    pub(crate) fn count_skipped(&self, function: Callee) {
        self.counters(function).skipped.count();
        event::store_skipped(function, self.store().kind());
    }

    /// Counts a value that cannot be stored. The reason is reported once: it does not change from call to call.
    pub(crate) fn count_unstorable(&self, function: Callee, why: &Unstorable) {
        let counters = self.counters(function);
        let counter = match why {
            Unstorable::TooLarge { .. } => &counters.too_large,
            _ => &counters.unstorable,
        };
        if counter.count() == 0 {
            event::unstorable(function, why);
        }
    }

    pub(crate) fn count_unkeyable(&self, function: Callee) {
        if self.counters(function).unkeyable.count() == 0 {
            event::unkeyable(function);
        }
    }
}
