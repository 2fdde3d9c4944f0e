//! The load of a call that missed: run the body, store what it returns, share it.
//!
//! A call runs its body once at most, so there is a before and an after. [`Run`] alone knows the body, and it is
//! small; its stages know the function's types; all else is compiled once for all functions.

use std::time::{Duration, Instant};

use crate::{codec::Codec, engine::Cache, key::Key};

mod body;
mod future;
mod missed_call;
mod plan;
mod refresh;
mod request;
mod share;

use future::Run;
use request::LoadRequest;

pub(crate) use request::{LoadPlan, PlannedLoad};

/// A miss, on its way to a value.
#[derive(Debug)]
#[must_use]
pub struct Load<R, T> {
    codec: Codec<R, T>,
    /// `None`: the body runs uncached.
    request: Option<Box<LoadRequest>>,
}

impl<R, T> Load<R, T> {
    pub(crate) fn new(
        codec: Codec<R, T>,
        cache: Cache,
        key: Key,
        planned: PlannedLoad,
        began: Instant,
    ) -> Self {
        let erased = codec.erased();
        let request = Some(LoadRequest::new(cache, key, planned, began, erased));
        Self { codec, request }
    }

    pub(crate) fn uncached(codec: Codec<R, T>) -> Self {
        Self {
            codec,
            request: None,
        }
    }

    /// Sets the lifetime of the value that is loaded: `ttl`, or the cache's default.
    pub(crate) fn for_ttl(mut self, ttl: Option<Duration>) -> Self {
        if let Some(request) = &mut self.request {
            request.ttl = ttl;
        }
        self
    }

    /// Runs `body`, or waits for another call that runs its own, and returns the value.
    ///
    /// If this future is dropped, or `body` panics, another call that waits runs its own body.
    pub fn run<F: Future<Output = R>>(self, body: F) -> Run<R, T, F> {
        Run::new(self, body)
    }
}
