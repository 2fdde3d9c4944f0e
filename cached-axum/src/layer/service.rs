//! [`CacheService`]: opens a scope for each request.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum_core::{BoxError, body::Body, response::Response};
use bytes::Bytes;
use http::Request;
use tower_service::Service;

use super::{config::Settings, response::Exchange, scope::Around};

/// What [`CacheLayer`](crate::CacheLayer) makes of a service.
#[derive(Clone)]
pub struct CacheService<S> {
    inner: S,
    settings: Arc<Settings>,
}

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl<S> CacheService<S> {
    pub(crate) fn new(inner: S, settings: Arc<Settings>) -> Self {
        Self { inner, settings }
    }
}

impl<S, Q, A> Service<Request<Q>> for CacheService<S>
where
    S: Service<Request<Q>, Response = http::Response<A>>,
    S::Future: Send + 'static,
    S::Error: 'static,
    A: http_body::Body<Data = Bytes> + Send + 'static,
    A::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Boxed<Result<Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        let (head, body) = request.into_parts();
        let exchange = Exchange::new(Arc::clone(&self.settings), &head);
        let answer = self.inner.call(Request::from_parts(head, body));
        Box::pin(exchanged(exchange, answer))
    }
}

/// Runs `answer` as the request wishes, where that is allowed, and writes what happened.
async fn exchanged<F, A, E>(exchange: Exchange, answer: F) -> Result<Response, E>
where
    F: Future<Output = Result<http::Response<A>, E>> + Send + 'static,
    A: http_body::Body<Data = Bytes> + Send + 'static,
    A::Error: Into<BoxError>,
    E: 'static,
{
    let observer = exchange.observer();
    let around = Around::new(&exchange);
    let answer = around.around(observer.scope(answer));
    let answer = if exchange.wishes.only_if_cached {
        tokio::select! {
            biased;
            answer = answer => answer,
            () = observer.refused() => return Ok(exchange.refused()),
        }
    } else {
        answer.await
    };
    let response = answer?.map(|body| around.around_body(Body::new(body)));
    Ok(exchange.finish(response, &observer).await)
}

impl<S: fmt::Debug> fmt::Debug for CacheService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheService")
            .field("inner", &self.inner)
            .field("settings", &self.settings)
            .finish()
    }
}
