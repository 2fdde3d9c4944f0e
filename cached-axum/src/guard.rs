//! [`Guard`] decides who may call a route; [`RequireGuard`] is the layer that asks it.

use std::{
    fmt, mem,
    pin::Pin,
    task::{Context, Poll},
};

use axum::response::{IntoResponse, Response};
use http::{Request, request::Parts};
use tower_layer::Layer;
use tower_service::Service;

mod bearer;

pub use bearer::{BearerRejection, BearerToken, InvalidBearerToken};

/// Decides which requests may pass.
///
/// A [`BearerToken`] is one, and so is a closure over the head of a request that returns a `Result`, whose error is the
/// response. A guard that has to wait, for a session say, implements the trait; its `check` can be an `async fn`.
///
/// # Examples
///
/// ```
/// use axum::{Router, http::{StatusCode, request::Parts}, routing::get};
/// use cached_axum::{Guard, RequireGuard};
///
/// /// Those whom the proxy in front of this service has let through.
/// fn colleagues(request: &Parts) -> Result<(), StatusCode> {
///     match request.headers.get("x-verified-group") {
///         Some(group) if group == "operators" => Ok(()),
///         _ => Err(StatusCode::FORBIDDEN),
///     }
/// }
///
/// /// Those whom a database knows.
/// #[derive(Clone)]
/// struct Known;
///
/// impl Guard for Known {
///     type Rejection = StatusCode;
///
///     async fn check(&self, request: &Parts) -> Result<(), StatusCode> {
///         let name = request.headers.get("x-name").ok_or(StatusCode::UNAUTHORIZED)?;
///         # async fn is_known(name: &[u8]) -> bool { name == b"Ada" }
///         if is_known(name.as_bytes()).await { Ok(()) } else { Err(StatusCode::FORBIDDEN) }
///     }
/// }
///
/// let app: Router = Router::new()
///     .route("/report", get(async || "for operators"))
///     .route_layer(RequireGuard::new(colleagues))
///     .route("/chat", get(async || "for everybody who is known"))
///     .route_layer(RequireGuard::new(Known));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say who may pass",
    label = "needs to be a `Guard`",
    note = "pass a `BearerToken`, or a closure: `|request: &http::request::Parts| -> Result<(), StatusCode> {{ … }}`"
)]
pub trait Guard: Clone + Send + Sync + 'static {
    /// The response to a request that may not pass.
    type Rejection: IntoResponse;

    /// Checks the head of a request, whose body has not been read; `Ok` if it may pass.
    fn check(&self, request: &Parts) -> impl Future<Output = Result<(), Self::Rejection>> + Send;
}

#[diagnostic::do_not_recommend]
impl<F, R> Guard for F
where
    F: Fn(&Parts) -> Result<(), R> + Clone + Send + Sync + 'static,
    R: IntoResponse + Send,
{
    type Rejection = R;

    async fn check(&self, request: &Parts) -> Result<(), R> {
        self(request)
    }
}

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
