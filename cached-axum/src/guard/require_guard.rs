//! [`RequireGuard`]: the layer that asks a guard.

use std::{
    fmt, mem,
    pin::Pin,
    task::{Context, Poll},
};

use axum::response::{IntoResponse, Response};
use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use super::Guard;

/// A layer that lets only those requests reach its routes that a [`Guard`] lets pass.
///
/// Put it on routes with [`Router::route_layer`](axum::Router::route_layer): with `layer`, it would also guard the
/// response to paths that do not exist. A request that may not pass reaches neither the handler nor its extractors, and
/// its body is not read.
///
/// # Examples
///
/// ```
/// use axum::{Router, routing::post};
/// use cached_axum::{BearerToken, RequireGuard, invalidates};
///
/// #[invalidates("scenario:*")]
/// async fn forget_scenarios() {}
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let secret = "Vq3mRz8KxP0aT5yD";
/// let admin: Router = Router::new()
///     .route("/scenarios/forget", post(forget_scenarios))
///     .route_layer(RequireGuard::new(BearerToken::new(secret)?));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RequireGuard<G>(G);

impl<G: Guard> RequireGuard<G> {
    /// Creates a layer that asks `guard` before each request.
    pub fn new(guard: G) -> Self {
        Self(guard)
    }
}

impl<G> fmt::Debug for RequireGuard<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequireGuard").finish_non_exhaustive()
    }
}

impl<G: Guard, S> Layer<S> for RequireGuard<G> {
    type Service = Guarded<G, S>;

    fn layer(&self, inner: S) -> Guarded<G, S> {
        let guard = self.0.clone();
        Guarded { guard, inner }
    }
}

/// The service that [`RequireGuard`] makes of another.
#[derive(Clone)]
pub struct Guarded<G, S> {
    guard: G,
    inner: S,
}

impl<G, S> fmt::Debug for Guarded<G, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").finish_non_exhaustive()
    }
}

impl<G, S, B> Service<Request<B>> for Guarded<G, S>
where
    G: Guard,
    S: Service<Request<B>> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let guard = self.guard.clone();
        // The one that is ready answers, not its clone.
        let next = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, next);
        Box::pin(async move {
            let (head, body) = request.into_parts();
            if let Err(rejection) = guard.check(&head).await {
                return Ok(rejection.into_response());
            }
            let response = inner.call(Request::from_parts(head, body)).await?;
            Ok(response.into_response())
        })
    }
}
