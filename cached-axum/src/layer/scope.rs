//! [`Around`]: which cache a request uses, and how; until the last piece of its body.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use axum_core::body::Body;
use bytes::Bytes;
use cached_core::{Cache, integration};
use http_body::{Body as _, Frame, SizeHint};

use super::response::Exchange;

/// What is around everything that is done for a request.
#[derive(Clone)]
pub(crate) struct Around {
    /// That of the layer.
    cache: Option<Cache>,
    wish: Option<Wish>,
}

/// What is done with a cache, because the client asks for it.
#[derive(Clone)]
enum Wish {
    Bypass(Cache),
    Refresh(Cache),
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl Around {
    pub(crate) fn new(exchange: &Exchange) -> Self {
        let cache = exchange.settings.cache.clone();
        let used = || cache.clone().unwrap_or_else(Cache::current);
        let wish = if exchange.wishes.bypass {
            Some(Wish::Bypass(used()))
        } else if exchange.wishes.refresh {
            Some(Wish::Refresh(used()))
        } else {
            None
        };
        Self { cache, wish }
    }

    pub(crate) fn around<'a, F>(&self, future: F) -> Boxed<'a, F::Output>
    where
        F: Future + Send + 'a,
    {
        let mut future: Boxed<'a, F::Output> = Box::pin(future);
        match &self.wish {
            Some(Wish::Bypass(cache)) => {
                future = Box::pin(integration::bypass_functions(cache, future));
            }
            Some(Wish::Refresh(cache)) => {
                future = Box::pin(integration::refresh_functions(cache, future));
            }
            None => {}
        }
        match &self.cache {
            Some(cache) => Box::pin(cache.scope(future)),
            None => future,
        }
    }

    /// What streams is made when the handler has returned. A body that knows its size is there.
    pub(crate) fn around_body(self, body: Body) -> Body {
        let is_plain = self.cache.is_none() && self.wish.is_none();
        if is_plain || body.size_hint().exact().is_some() {
            return body;
        }
        Body::new(Inside { around: self, body })
    }
}

/// A body whose pieces are made with everything around that was around its handler.
struct Inside {
    around: Around,
    body: Body,
}

impl http_body::Body for Inside {
    type Data = Bytes;
    type Error = axum_core::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Self { around, body } = &mut *self;
        let polled = poll_fn(|context| Pin::new(&mut *body).poll_frame(context));
        pin!(around.around(polled)).poll(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
