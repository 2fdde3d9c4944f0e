//! Sessions through the layer of `tower-sessions`, as a browser sees them, on every store.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{Request, Response, StatusCode, header},
    routing::get,
};
use cached_axum::sessions::CacheStore;
use cached_core::Cache;
use http_body_util::BodyExt as _;
use tests::{RedisServer, every_store, namespace};
use time::{Duration, OffsetDateTime};
use tokio::sync::Notify;
use tower::ServiceExt as _;
use tower_sessions::{
    Expiry, Session, SessionManagerLayer,
    cookie::{Cookie, SameSite},
    session::Error,
};

type Answer = Result<String, StatusCode>;

fn away(_: Error) -> StatusCode {
    StatusCode::SERVICE_UNAVAILABLE
}

fn app(cache: &Cache, expiry: Expiry) -> Router {
    let insert = |session: Session| async move { session.insert("foo", 42).await.map_err(away) };
    let read = |session: Session| async move {
        let found = session.get::<u32>("foo").await.map_err(away)?;
        Answer::Ok(format!("{found:?}"))
    };
    let remove = |session: Session| async move {
        session.remove::<u32>("foo").await.map(drop).map_err(away)
    };
    let until_tomorrow = |session: Session| async move {
        let tomorrow = OffsetDateTime::now_utc().saturating_add(Duration::days(1));
        session.set_expiry(Some(Expiry::AtDateTime(tomorrow)));
    };
    let layer = SessionManagerLayer::new(CacheStore::new(cache.clone()))
        .with_domain("localhost")
        .with_expiry(expiry);
    Router::new()
        .route("/", get(|_: Session| async { "hello" }))
        .route("/insert", get(insert))
        .route("/get", get(read))
        .route("/remove", get(remove))
        .route(
            "/cycle",
            get(|session: Session| async move { session.cycle_id().await.map_err(away) }),
        )
        .route(
            "/flush",
            get(|session: Session| async move { session.flush().await.map_err(away) }),
        )
        .route("/tomorrow", get(until_tomorrow))
        .route(
            "/forget",
            get(|session: Session| async move { session.set_expiry(Some(Expiry::OnSessionEnd)) }),
        )
        .layer(layer)
}

/// An hour without a request.
fn idle() -> Expiry {
    Expiry::OnInactivity(Duration::hours(1))
}

async fn ask(app: &Router, path: &str, id: Option<&str>) -> Response<Body> {
    let mut request = Request::get(path);
    if let Some(id) = id {
        request = request.header(header::COOKIE, Cookie::new("id", id).encoded().to_string());
    }
    let request = request.body(Body::empty()).unwrap();
    app.clone().oneshot(request).await.unwrap()
}

/// The cookie that an answer sets.
fn cookie(answer: &Response<Body>) -> Option<Cookie<'static>> {
    let set = answer.headers().get(header::SET_COOKIE)?;
    Some(Cookie::parse_encoded(set.to_str().unwrap().to_owned()).unwrap())
}

async fn text(answer: Response<Body>) -> String {
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The id of a new session with something in it.
async fn session(app: &Router) -> String {
    let answer = ask(app, "/insert", None).await;
    cookie(&answer).unwrap().value().to_owned()
}

async fn found(app: &Router, id: &str) -> String {
    text(ask(app, "/get", Some(id)).await).await
}

fn is_about(age: Option<Duration>, expected: Duration) -> bool {
    age.is_some_and(|age| (age - expected).abs() <= Duration::seconds(5))
}

#[tokio::test]
async fn session_that_nobody_touches_sets_no_cookie() {
    every_store("untouched", async |cache| {
        let app = app(&cache, idle());
        assert_eq!(cookie(&ask(&app, "/", None).await), None);
        assert_eq!(text(ask(&app, "/get", None).await).await, "None");
        assert_eq!(cache.stats().total.stores, 0);
    })
    .await;
}

#[tokio::test]
async fn new_session_sets_a_cookie_that_finds_it() {
    every_store("new", async |cache| {
        let app = app(&cache, idle());
        let answer = ask(&app, "/insert", None).await;
        let set = cookie(&answer).unwrap();
        assert_eq!(
            (set.name(), set.path(), set.domain()),
            ("id", Some("/"), Some("localhost"))
        );
        assert_eq!((set.http_only(), set.secure()), (Some(true), Some(true)));
        assert_eq!(set.same_site(), Some(SameSite::Strict));
        assert!(is_about(set.max_age(), Duration::hours(1)), "{set}");
        assert_eq!(found(&app, set.value()).await, "Some(42)");
    })
    .await;
}

#[tokio::test]
async fn id_that_was_never_issued_is_not_taken_over() {
    const CHOSEN: &str = "AAAAAAAAAAAAAAAAAAAAAA";
    every_store("never-issued", async |cache| {
        let app = app(&cache, idle());
        let answer = ask(&app, "/insert", Some(CHOSEN)).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let issued = cookie(&answer).unwrap();
        assert_ne!(issued.value(), CHOSEN);
        assert_eq!(found(&app, issued.value()).await, "Some(42)");
        assert_eq!(found(&app, CHOSEN).await, "None");
    })
    .await;
}

#[tokio::test]
async fn malformed_id_is_taken_back() {
    every_store("malformed", async |cache| {
        let app = app(&cache, idle());
        for malformed in ["malformed", "", "*", "../../etc", &"A".repeat(10_000)] {
            let answer = ask(&app, "/", Some(malformed)).await;
            assert_eq!(answer.status(), StatusCode::OK);
            assert_eq!(cookie(&answer).unwrap().value(), "");
        }
    })
    .await;
}

#[tokio::test]
async fn removed_value_is_gone() {
    every_store("removed", async |cache| {
        let app = app(&cache, idle());
        let id = session(&app).await;
        ask(&app, "/remove", Some(&id)).await;
        assert_eq!(found(&app, &id).await, "None");
    })
    .await;
}

#[tokio::test]
async fn cycled_session_has_another_id_and_the_old_one_is_nobodys() {
    every_store("cycled", async |cache| {
        let app = app(&cache, idle());
        let old = session(&app).await;
        let answer = ask(&app, "/cycle", Some(&old)).await;
        let new = cookie(&answer).unwrap().value().to_owned();
        assert_ne!(new, old);
        assert_eq!(found(&app, &new).await, "Some(42)");
        assert_eq!(found(&app, &old).await, "None");
    })
    .await;
}

#[tokio::test]
async fn flushed_session_is_gone_and_its_cookie_too() {
    every_store("flushed", async |cache| {
        let app = app(&cache, idle());
        let id = session(&app).await;
        let answer = ask(&app, "/flush", Some(&id)).await;
        let removed = cookie(&answer).unwrap();
        assert_eq!(
            (removed.value(), removed.max_age()),
            ("", Some(Duration::ZERO))
        );
        assert_eq!(
            (removed.path(), removed.domain()),
            (Some("/"), Some("localhost"))
        );
        assert_eq!(found(&app, &id).await, "None");
    })
    .await;
}

/// A request that has read the session when its user logs out, and changes it afterwards.
#[tokio::test]
async fn request_under_way_does_not_undo_a_logout() {
    every_store("under-way", async |cache| {
        let (read, logged_out) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let slow = {
            let (read, logged_out) = (Arc::clone(&read), Arc::clone(&logged_out));
            async move |session: Session| {
                session.get::<u32>("foo").await.map_err(away)?;
                read.notify_one();
                logged_out.notified().await;
                session.insert("foo", 43).await.map_err(away)
            }
        };
        let layer = SessionManagerLayer::new(CacheStore::new(cache.clone()));
        let slow = Router::new().route("/slow", get(slow)).layer(layer);
        let app = app(&cache, idle());
        let id = session(&app).await;
        let (late, ()) = tokio::join!(ask(&slow, "/slow", Some(&id)), async {
            read.notified().await;
            ask(&app, "/flush", Some(&id)).await;
            logged_out.notify_one();
        });
        assert_eq!(late.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(cookie(&late), None);
        assert_eq!(found(&app, &id).await, "None");
    })
    .await;
}

#[tokio::test]
async fn expiry_can_be_set_and_removed() {
    every_store("set-expiry", async |cache| {
        let app = app(&cache, idle());
        let id = session(&app).await;
        let until = cookie(&ask(&app, "/tomorrow", Some(&id)).await).unwrap();
        assert!(is_about(until.max_age(), Duration::days(1)), "{until}");
        let plain = cookie(&ask(&app, "/forget", Some(&id)).await).unwrap();
        assert_eq!(plain.max_age(), None);
        assert_eq!(found(&app, &id).await, "Some(42)");
    })
    .await;
}

#[tokio::test]
async fn session_that_idles_too_long_is_over() {
    every_store("idle", async |cache| {
        let app = app(&cache, Expiry::OnInactivity(Duration::seconds(1)));
        let id = session(&app).await;
        assert_eq!(found(&app, &id).await, "Some(42)");
        tokio::time::sleep(std::time::Duration::from_millis(1_050)).await;
        assert_eq!(found(&app, &id).await, "None");
    })
    .await;
}

#[tokio::test]
async fn nobody_is_logged_out_by_an_outage() {
    let server = RedisServer::start();
    let cache = Cache::builder()
        .redis_url(server.url())
        .namespace(namespace("outage"))
        .build()
        .unwrap();
    let app = app(&cache, idle());
    let id = session(&app).await;
    server.freeze();
    for _ in 0..10 {
        let read = ask(&app, "/get", Some(&id)).await;
        assert_eq!(
            (read.status(), cookie(&read)),
            (StatusCode::SERVICE_UNAVAILABLE, None)
        );
        // A session that could not be stored is none.
        let new = ask(&app, "/insert", None).await;
        assert_eq!(
            (new.status(), cookie(&new)),
            (StatusCode::INTERNAL_SERVER_ERROR, None)
        );
    }
    server.thaw();
    cache
        .ready(std::time::Duration::from_secs(30))
        .await
        .unwrap();
    let mut answer = ask(&app, "/get", Some(&id)).await;
    // The breaker may need one more look.
    for _ in 0..100 {
        if answer.status() == StatusCode::OK {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        answer = ask(&app, "/get", Some(&id)).await;
    }
    assert_eq!(text(answer).await, "Some(42)");
}
