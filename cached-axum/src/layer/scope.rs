//! [`RequestScope`]: the cache that a request uses, and how, until the last piece of its body.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use axum_core::body::Body;
use bytes::Bytes;
use cached_core::{Cache, integration};
use http_body::{Body as _, Frame, SizeHint};

use super::response::PendingResponse;

/// The cache and the mode of everything that is done for a request.
#[derive(Clone)]
pub(crate) struct RequestScope {
    /// The cache of the layer, if it has one.
    cache: Option<Cache>,
    mode: Option<Mode>,
}

/// A use of a cache that the client has asked for.
#[derive(Clone)]
enum Mode {
    Bypass(Cache),
    Refresh(Cache),
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl RequestScope {
    pub(crate) fn new(pending: &PendingResponse) -> Self {
        let cache = pending.config.cache.clone();
        let used = || cache.clone().unwrap_or_else(Cache::current);
        let mode = if pending.directives.bypass {
            Some(Mode::Bypass(used()))
        } else if pending.directives.refresh {
            Some(Mode::Refresh(used()))
        } else {
            None
        };
        Self { cache, mode }
    }

    /// Runs `future` in this scope.
    pub(crate) fn wrap<'a, F>(&self, future: F) -> Boxed<'a, F::Output>
    where
        F: Future + Send + 'a,
    {
        let mut future: Boxed<'a, F::Output> = Box::pin(future);
        match &self.mode {
            Some(Mode::Bypass(cache)) => {
                future = Box::pin(integration::bypass_functions(cache, future));
            }
            Some(Mode::Refresh(cache)) => {
                future = Box::pin(integration::refresh_functions(cache, future));
            }
            None => {}
        }
        match &self.cache {
            Some(cache) => Box::pin(cache.scope(future)),
            None => future,
        }
    }

    /// Wraps a body that is made after the handler has returned: a stream. One that knows its size is there already.
    pub(crate) fn wrap_body(self, body: Body) -> Body {
        let is_plain = self.cache.is_none() && self.mode.is_none();
        if is_plain || body.size_hint().exact().is_some() {
            return body;
        }
        Body::new(ScopedBody { scope: self, body })
    }
}

/// A body whose pieces are made in the scope of its handler.
struct ScopedBody {
    scope: RequestScope,
    body: Body,
}

impl http_body::Body for ScopedBody {
    type Data = Bytes;
    type Error = axum_core::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Self { scope, body } = &mut *self;
        let polled = poll_fn(|context| Pin::new(&mut *body).poll_frame(context));
        pin!(scope.wrap(polled)).poll(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
