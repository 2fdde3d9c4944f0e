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

use super::{config::Config, response::PendingResponse, scope::RequestScope};

/// The service that [`CacheLayer`](crate::CacheLayer) makes of another.
#[derive(Clone)]
pub struct CacheService<S> {
    inner: S,
    config: Arc<Config>,
}

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl<S> CacheService<S> {
    pub(crate) fn new(inner: S, config: Arc<Config>) -> Self {
        Self { inner, config }
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
        let pending = PendingResponse::new(Arc::clone(&self.config), &head);
        let answer = self.inner.call(Request::from_parts(head, body));
        Box::pin(run_request(pending, answer))
    }
}

/// Awaits `answer` as the client asks, where that is allowed, and writes what happened.
async fn run_request<F, A, E>(pending: PendingResponse, answer: F) -> Result<Response, E>
where
    F: Future<Output = Result<http::Response<A>, E>> + Send + 'static,
    A: http_body::Body<Data = Bytes> + Send + 'static,
    A::Error: Into<BoxError>,
    E: 'static,
{
    let observer = pending.observer();
    let scope = RequestScope::new(&pending);
    let answer = scope.wrap(observer.scope(answer));
    let answer = if pending.directives.only_if_cached {
        tokio::select! {
            biased;
            answer = answer => answer,
            () = observer.refused() => return Ok(pending.refuse()),
        }
    } else {
        answer.await
    };
    let response = answer?.map(|body| scope.wrap_body(Body::new(body)));
    Ok(pending.complete(response, &observer).await)
}

impl<S: fmt::Debug> fmt::Debug for CacheService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheService")
            .field("inner", &self.inner)
            .field("config", &self.config)
            .finish()
    }
}
