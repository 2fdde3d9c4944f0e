//! [`OperationGuard`]: reports the outcome of an operation to its lane, also when the caller drops it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use super::{lane::Lane, lanes::Lanes};
use crate::error::Error;

/// An operation under way. One that ends reports its outcome; a caller that waits for less than the deadline drops it
/// instead, and may be the only kind of caller there is.
pub(super) struct OperationGuard<'a> {
    lanes: &'a Lanes,
    lane: Option<Arc<Lane>>,
}

impl<'a> OperationGuard<'a> {
    pub(super) fn new(lanes: &'a Lanes, lane: Option<Arc<Lane>>) -> Self {
        Self { lanes, lane }
    }

    /// Names the lane that the operation goes over.
    pub(super) fn set_lane(&mut self, lane: &Arc<Lane>) {
        self.lane = Some(Arc::clone(lane));
    }

    /// Reports how the operation ended: a lane that broke, or has gone silent, is given up.
    pub(super) fn report_outcome<T>(mut self, result: &Result<T, Error>) {
        if let (Some(lane), Err(error)) = (self.lane.take(), result) {
            self.lanes.retire_if_lost(&lane, error);
        }
    }
}

impl Drop for OperationGuard<'_> {
    fn drop(&mut self) {
        if let Some(lane) = &self.lane {
            self.lanes.check_abandoned(lane);
        }
    }
}

/// The deadlines that an attempt to connect has missed: counted once each, however many callers wait for it, and
/// however short each of them waits.
#[derive(Clone, Debug, Default)]
pub(super) struct MissedDeadlines(Arc<AtomicU32>);

impl MissedDeadlines {
    /// Counts the deadlines missed after `took`, and returns `true` if one more was missed.
    pub(super) fn count_missed(&self, took: Duration, deadline: Duration) -> bool {
        let whole = took.as_nanos().checked_div(deadline.as_nanos());
        let whole = whole.map_or(0, |whole| u32::try_from(whole).unwrap_or(u32::MAX));
        self.0.fetch_max(whole, Ordering::Relaxed) < whole
    }
}
