//! Guards.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    mem,
    task::{Context, Poll},
};

use axum::{Router, body::Body, routing::get};
use cached_axum::{BearerToken, Guard, InvalidBearerToken, RequireGuard, admin};
use cached_core::Cache;
use http::{HeaderValue, Method, Request, StatusCode, header, request::Parts};
use tests::CountingLoader;
use tower::ServiceExt as _;
use tower_layer::Layer as _;
use tower_service::Service;

use super::{Answer, SECRET, request, send};

fn bearer() -> BearerToken {
    BearerToken::new(SECRET).unwrap()
}

/// A route that counts who reaches it.
fn guarded(guard: impl Guard) -> (Router, CountingLoader) {
    let reached = CountingLoader::new();
    let counts = reached.clone();
    let handler = async move || counts.load("here you are").await;
    let app = Router::new()
        .route("/", get(handler))
        .route_layer(RequireGuard::new(guard));
    (app, reached)
}

async fn with(app: &Router, authorization: Option<&[u8]>) -> Answer {
    let mut request = Request::new(Body::empty());
    if let Some(value) = authorization {
        let value = HeaderValue::from_bytes(value).unwrap();
        request.headers_mut().insert(header::AUTHORIZATION, value);
    }
    send(app, request).await
}

#[tokio::test]
async fn the_secret_lets_pass() {
    let (app, reached) = guarded(bearer());
    for authorization in [format!("Bearer {SECRET}"), format!("bearer {SECRET}")] {
        let answer = with(&app, Some(authorization.as_bytes())).await;
        assert_eq!(
            (answer.status, &*answer.body),
            (StatusCode::OK, "here you are")
        );
    }
    assert_eq!(reached.runs(), 2);
}

#[tokio::test]
async fn a_wrong_token_does_not() {
    let (app, reached) = guarded(bearer());
    for token in [
        "",
        "wrong",
        &SECRET[..15],
        &format!("{SECRET}x"),
        &"x".repeat(100_000),
    ] {
        let answer = with(&app, Some(format!("Bearer {token}").as_bytes())).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(
            answer.header(&header::WWW_AUTHENTICATE),
            r#"Bearer error="invalid_token""#,
            "{token}"
        );
        assert!(!answer.body.contains(SECRET));
    }
    assert_eq!(reached.runs(), 0);
}

#[tokio::test]
async fn no_token_is_told_what_to_send() {
    let (app, reached) = guarded(bearer());
    let basic = format!("Basic {SECRET}");
    for authorization in [
        None,
        Some(SECRET.as_bytes()),
        Some(basic.as_bytes()),
        Some(b"Bearer \xff"),
    ] {
        let answer = with(&app, authorization).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.header(&header::WWW_AUTHENTICATE), "Bearer");
        assert!(
            answer.body.contains("Authorization: Bearer"),
            "{}",
            answer.body
        );
    }
    assert_eq!(reached.runs(), 0);
}

#[tokio::test]
async fn of_two_tokens_none_counts() {
    let (app, reached) = guarded(bearer());
    for second in [SECRET, "wrong"] {
        let mut request = request(Method::GET, "/", "");
        let second = HeaderValue::from_str(&format!("Bearer {second}")).unwrap();
        request.headers_mut().append(header::AUTHORIZATION, second);
        assert_eq!(send(&app, request).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(reached.runs(), 0);
}

#[test]
fn a_secret_that_can_be_guessed_or_not_be_sent_is_refused() {
    let refused = |secret: &str| BearerToken::new(secret).unwrap_err();
    assert_eq!(refused(""), InvalidBearerToken::Empty);
    assert_eq!(refused(&SECRET[..15]), InvalidBearerToken::TooShort);
    assert_eq!(
        refused(&format!("a{}", "=".repeat(40))),
        InvalidBearerToken::TooShort
    );
    assert_eq!(refused(&"a".repeat(4097)), InvalidBearerToken::TooLong);
    for secret in [
        "  ",
        "====",
        "a secret with spaces in it",
        "Vq3mRz8K=xP0aT5yD",
        "geheimes-Wörtchen",
    ] {
        assert_eq!(
            refused(secret),
            InvalidBearerToken::InvalidCharacters,
            "{secret}"
        );
    }
    assert!(BearerToken::new("Vq3mRz8KxP0aT5yD-._~+/==").is_ok());
    assert!(refused("").to_string().contains("empty"));
}

#[test]
fn the_secret_is_never_shown() {
    assert_eq!(format!("{:?}", bearer()), "BearerToken { .. }");
    assert!(!format!("{:?}", RequireGuard::new(bearer())).contains(SECRET));
}

#[tokio::test]
async fn a_closure_is_a_guard_and_answers_as_it_likes() {
    let (app, reached) = guarded(|head: &Parts| match head.headers.get("x-group") {
        Some(group) if group == "operators" => Ok(()),
        _ => Err((StatusCode::FORBIDDEN, "operators only")),
    });
    let answer = with(&app, None).await;
    assert_eq!(
        (answer.status, &*answer.body),
        (StatusCode::FORBIDDEN, "operators only")
    );
    let mut request = request(Method::GET, "/", "");
    request
        .headers_mut()
        .insert("x-group", HeaderValue::from_static("operators"));
    assert_eq!(send(&app, request).await.status, StatusCode::OK);
    assert_eq!(reached.runs(), 1);
}

/// A guard that has to wait before it knows.
#[derive(Clone)]
struct Sessions;

impl Guard for Sessions {
    type Rejection = StatusCode;

    async fn check(&self, head: &Parts) -> Result<(), StatusCode> {
        tokio::task::yield_now().await;
        let session = head.headers.get("x-session");
        session.map(drop).ok_or(StatusCode::UNAUTHORIZED)
    }
}

#[tokio::test]
async fn a_guard_may_wait() {
    let (app, reached) = guarded(Sessions);
    assert_eq!(with(&app, None).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(reached.runs(), 0);
}

/// A service with a limit: a clone has to be asked anew whether it is ready.
#[derive(Debug, Default)]
struct Limited {
    is_ready: bool,
}

impl Clone for Limited {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Service<Request<Body>> for Limited {
    type Response = &'static str;
    type Error = Infallible;
    type Future = Ready<Result<&'static str, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        assert!(mem::take(&mut self.is_ready), "called before it was ready");
        ready(Ok("here you are"))
    }
}

#[tokio::test]
async fn what_was_ready_is_called() {
    let mut service = RequireGuard::new(bearer()).layer(Limited::default());
    for _ in 0..2 {
        let service = service.ready().await.unwrap();
        let answer = service.call(request(Method::GET, "/", "")).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn each_admin_route_is_guarded_and_no_other_one() {
    let cache = Cache::in_memory().unwrap();
    let admin = admin::router(cache.clone(), bearer());
    let app: Router = Router::new()
        .route("/", get(async || "for everybody"))
        .merge(admin)
        .nest("/admin", admin::router(cache.clone(), bearer()));
    for path in [
        "/stats",
        "/health",
        "/server",
        "/test",
        "/invalidate",
        "/purge",
        "/clear",
    ] {
        for method in [Method::GET, Method::POST, Method::HEAD] {
            for path in [path.to_owned(), format!("/admin{path}")] {
                let mut request = request(method.clone(), &path, "{}");
                request.headers_mut().remove(header::AUTHORIZATION);
                let answer = send(&app, request).await;
                let refused = [StatusCode::UNAUTHORIZED, StatusCode::METHOD_NOT_ALLOWED];
                assert!(
                    refused.contains(&answer.status),
                    "{method} {path}: {answer:?}"
                );
            }
        }
    }
    assert_eq!(cache.stats().total.invalidations, 0);
    assert_eq!(with(&app, None).await.status, StatusCode::OK);
    let elsewhere = Request::get("/elsewhere").body(Body::empty());
    assert_eq!(
        send(&app, elsewhere.unwrap()).await.status,
        StatusCode::NOT_FOUND
    );
}
