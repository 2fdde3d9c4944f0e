//! [`Feedback`]: what operations tell of the server, to the breaker and as events.

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

#[derive(Debug)]
pub(super) struct Feedback {
    breaker: Arc<Breaker>,
    /// Whether it takes no writes, and whether it refuses a command: told once.
    is_full: AtomicBool,
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

    pub(super) fn is_open(&self) -> bool {
        self.breaker.outage().is_some()
    }

    /// Why nothing is sent, if the breaker is open.
    pub(super) fn refusal(&self) -> Option<Error> {
        self.is_open().then(|| self.breaker.refusal())
    }

    /// An operation has ended.
    pub(super) fn ended<T>(&self, result: &Result<T, Error>) {
        match result {
            Ok(_) => self.breaker.succeeded(),
            Err(error) => self.failed(error),
        }
    }

    pub(super) fn failed(&self, error: &Error) {
        if self.breaker.failed(error, clock::instant()) {
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

    /// Something has been written.
    pub(super) fn has_room(&self) {
        if self.is_full.load(Ordering::Relaxed) && self.is_full.swap(false, Ordering::Relaxed) {
            event::store_has_room();
        }
    }
}
