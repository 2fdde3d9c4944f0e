//! [`Guard`] decides who may call a route; [`RequireGuard`] is the layer that asks it.

use axum::response::IntoResponse;
use http::request::Parts;

mod bearer;
mod require_guard;

pub use bearer::{BearerRejection, BearerToken, InvalidBearerToken};
pub use require_guard::{Guarded, RequireGuard};

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
