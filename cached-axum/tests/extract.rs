//! Extractors: the cache, and the `Cache-Control` of a request.
// A test says what is wrong by panicking.
#![allow(clippy::unwrap_used)]

use axum::{
    Router,
    body::Body,
    extract::{FromRef, Path},
    http::{Request, StatusCode, header::CACHE_CONTROL},
    response::IntoResponse,
    routing::get,
};
use cached_axum::{CacheDisabled, ClientCacheControl, InvalidCacheControl, UseCache};
use cached_core::Cache;
use http_body_util::BodyExt as _;
use tests::every_store;
use tower::ServiceExt as _;

async fn ask(app: &Router, uri: &str, cache_control: Option<&str>) -> (StatusCode, String) {
    let mut request = Request::builder().uri(uri);
    if let Some(directives) = cache_control {
        request = request.header(CACHE_CONTROL, directives);
    }
    let request = request.body(Body::empty()).unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// A counter by key.
async fn count(UseCache(cache): UseCache, Path(name): Path<String>) -> Result<String, StatusCode> {
    let failed = |_| StatusCode::BAD_GATEWAY;
    let count = cache
        .get::<u64>(&name)
        .await
        .map_err(failed)?
        .map_or(1, |count| count.saturating_add(1));
    cache.set(&name, &count, None).await.map_err(failed)?;
    Ok(count.to_string())
}

async fn is_there(cache: Option<UseCache>) -> String {
    cache.is_some_and(|cache| cache.is_on()).to_string()
}

fn routes<S: Clone + Send + Sync + 'static>(state: S) -> Router
where
    Cache: FromRef<S>,
{
    Router::new()
        .route("/count/{name}", get(count))
        .route("/there", get(is_there))
        .with_state(state)
}

#[derive(Clone, FromRef)]
struct App {
    cache: Cache,
    greeting: &'static str,
}

#[derive(Clone)]
struct Installed;

impl FromRef<Installed> for Cache {
    fn from_ref(_: &Installed) -> Self {
        Self::current()
    }
}

#[tokio::test]
async fn cache_comes_from_any_state_that_has_one() {
    every_store("extract", async |cache| {
        let app = App {
            cache: cache.clone(),
            greeting: "hello",
        };
        assert_eq!(app.greeting, "hello");
        for (app, count) in [
            (routes(cache.clone()), "1"),
            (routes(app), "2"),
            (routes(Installed), "3"),
        ] {
            assert_eq!(
                ask(&app, "/count/a", None).await,
                (StatusCode::OK, count.to_owned())
            );
            assert_eq!(ask(&app, "/there", None).await.1, "true");
        }
    })
    .await;
}

#[tokio::test]
async fn cache_that_is_off_is_a_rejection_or_none() {
    let off = Cache::builder().enabled(false).build().unwrap();
    let ended = Cache::in_memory().unwrap();
    ended.shutdown().await;
    for cache in [off, ended] {
        let app = routes(cache);
        let expected = (
            CacheDisabled::default().status(),
            CacheDisabled::default().body_text(),
        );
        assert_eq!(expected.0, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(ask(&app, "/count/a", None).await, expected);
        assert_eq!(
            ask(&app, "/there", None).await,
            (StatusCode::OK, "false".to_owned())
        );
    }
}

async fn asked(asked: ClientCacheControl) -> String {
    format!("{asked:?}")
}

/// A handler may answer a rejection itself.
async fn perhaps(asked: Result<Option<ClientCacheControl>, InvalidCacheControl>) -> String {
    match asked {
        Ok(Some(asked)) => format!("{:?}", asked.max_age),
        Ok(None) => "nothing".to_owned(),
        Err(rejection) => rejection.to_string(),
    }
}

#[tokio::test]
async fn client_directives_are_read_or_rejected() {
    let app = Router::new()
        .route("/", get(asked))
        .route("/perhaps", get(perhaps));
    let (status, text) = ask(&app, "/", None).await;
    let nothing = format!("{:?}", ClientCacheControl::default());
    assert_eq!((status, text), (StatusCode::OK, nothing));
    let (_, text) = ask(&app, "/", Some("no-cache, max-age=5")).await;
    assert!(
        text.contains("no_cache: true") && text.contains("Some(5s)"),
        "{text}"
    );

    let rejected = (
        StatusCode::BAD_REQUEST,
        InvalidCacheControl::default().body_text(),
    );
    assert_eq!(ask(&app, "/", Some("max-age=-1")).await, rejected);
    assert_eq!(ask(&app, "/", Some(&"x".repeat(1 << 20))).await, rejected);

    assert_eq!(ask(&app, "/perhaps", None).await.1, "nothing");
    assert_eq!(ask(&app, "/perhaps", Some("max-age=5")).await.1, "Some(5s)");
    assert_eq!(
        ask(&app, "/perhaps", Some("max-age=-1")).await.1,
        rejected.1
    );
}

#[tokio::test]
async fn rejection_is_its_status_and_text() {
    let response = InvalidCacheControl::default().into_response();
    assert_eq!(response.status(), InvalidCacheControl::default().status());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, InvalidCacheControl::default().body_text());
}
