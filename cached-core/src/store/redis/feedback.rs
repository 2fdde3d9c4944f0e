//! [`Feedback`]: tells the breaker how operations end, and reports the server's state as events.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::{
    clock,
    error::{Class, Error, ErrorKind},
    store::breaker::Breaker,
    telemetry::event,
};

/// The outcomes of operations, on their way to the breaker and to events.
#[derive(Debug)]
pub(super) struct Feedback {
    breaker: Arc<Breaker>,
    /// True if the server takes no writes: reported once.
    is_full: AtomicBool,
    /// True if the server refuses a command: reported once.
    is_refusing: AtomicBool,
}

impl Feedback {
    pub(super) fn new(breaker: Arc<Breaker>) -> Self {
        Self {
            breaker,
            is_full: AtomicBool::new(false),
            is_refusing: AtomicBool::new(false),
        }
    }

    pub(super) fn is_breaker_open(&self) -> bool {
        self.breaker.outage().is_some()
    }

    /// The error of an operation that is not sent, if the breaker is open.
    pub(super) fn refusal(&self) -> Option<Error> {
        self.breaker.outage().map(|_| self.breaker.refusal())
    }

    /// Records how an operation has ended.
    pub(super) fn record_outcome<T>(&self, result: &Result<T, Error>) {
        match result {
            Ok(_) => self.breaker.record_success(),
            Err(error) => self.record_failure(error),
        }
    }

    pub(super) fn record_failure(&self, error: &Error) {
        if self.breaker.record_failure(error, clock::instant()) {
            event::breaker_opened(error);
        }
        let is_full = error.class() == Class::Full;
        if is_full && !self.is_full.swap(true, Ordering::Relaxed) {
            event::store_full(error);
        }
        let is_refused = error.kind() == ErrorKind::Refused && error.class() == Class::Other;
        if is_refused && !self.is_refusing.swap(true, Ordering::Relaxed) {
            event::command_refused(error);
        }
    }

    /// Records that something has been written, so that the server has room.
    pub(super) fn record_room(&self) {
        if self.is_full.load(Ordering::Relaxed) && self.is_full.swap(false, Ordering::Relaxed) {
            event::store_has_room();
        }
    }
}
