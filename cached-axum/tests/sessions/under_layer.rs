//! Sessions and one-time state under the cache's own layer, which obeys its clients here.

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, Request, StatusCode, header},
    routing::get,
};
use cached_axum::{CacheLayer, UseCache, cached, sessions::CacheStore};
use cached_core::Cache;
use http_body_util::BodyExt as _;
use tests::every_store;
use tower::ServiceExt as _;
use tower_sessions::{Session, SessionManagerLayer};

/// The `Cache-Control` of clients.
const DIRECTIVES: [&str; 4] = ["no-cache", "no-store", "max-age=0", "no-cache, no-store"];

#[cached(ttl = "1h", prefix = "news")]
async fn news() -> String {
    "news".to_owned()
}

async fn visit(session: Session) -> Result<String, StatusCode> {
    let away = |_| StatusCode::SERVICE_UNAVAILABLE;
    let visits: u32 = session.get("visits").await.map_err(away)?.unwrap_or(0);
    session.insert("visits", visits + 1).await.map_err(away)?;
    Ok(format!("{} {visits}", news().await))
}

async fn look(session: Session) -> Result<String, StatusCode> {
    let visits: Result<Option<u32>, _> = session.get("visits").await;
    let visits = visits.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(format!("{} {visits:?}", news().await))
}

async fn callback(UseCache(cache): UseCache, Path(state): Path<String>) -> StatusCode {
    match cache.take::<u64>(format!("oauth:{state}")).await {
        Ok(Some(_)) => StatusCode::OK,
        Ok(None) => StatusCode::FORBIDDEN,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn begin(State(cache): State<Cache>, Path(state): Path<String>) {
    let minute = std::time::Duration::from_secs(60);
    cache
        .set(format!("oauth:{state}"), &7_u64, minute)
        .await
        .unwrap();
}

fn app(cache: &Cache) -> Router {
    let obedient = CacheLayer::new().cache(cache.clone()).allow_refresh(true);
    Router::new()
        .route("/visit", get(visit))
        .route("/look", get(look))
        .route("/callback/{state}", get(callback))
        .route("/begin/{state}", get(begin))
        .with_state(cache.clone())
        .layer(SessionManagerLayer::new(CacheStore::new(cache.clone())))
        .layer(obedient.allow_bypass(true).allow_only_if_cached(true))
}

async fn ask(
    app: &Router,
    path: &str,
    cookie: &str,
    directives: &str,
) -> (StatusCode, HeaderMap, String) {
    let request = Request::get(path)
        .header(header::COOKIE, cookie)
        .header(header::CACHE_CONTROL, directives)
        .body(Body::empty())
        .unwrap();
    let answer = app.clone().oneshot(request).await.unwrap();
    let (head, body) = answer.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8(body.to_vec()).unwrap();
    (head.status, head.headers, text)
}

/// The cookie of a new session, as a browser sends it back.
async fn visitor(app: &Router) -> String {
    let (_, headers, _) = ask(app, "/visit", "", "max-age=60").await;
    let set = headers[header::SET_COOKIE].to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn answer_with_a_session_cookie_is_nobody_elses() {
    every_store("cookie", async |cache| {
        let app = app(&cache);
        news().await;
        let (_, headers, text) = ask(&app, "/visit", "", "max-age=60").await;
        assert_eq!(text, "news 0");
        assert!(headers.contains_key(header::SET_COOKIE));
        for name in [header::CACHE_CONTROL, header::ETAG, header::AGE] {
            assert!(!headers.contains_key(&name), "{headers:?}");
        }
        let cookie = visitor(&app).await;
        let (_, headers, text) = ask(&app, "/look", &cookie, "max-age=60").await;
        assert_eq!(text, "news Some(1)");
        assert!(!headers.contains_key(header::SET_COOKIE));
        assert!(headers.contains_key("cache-status"), "{headers:?}");
    })
    .await;
}

#[tokio::test]
async fn nobody_is_logged_out_by_what_a_client_asks_of_the_cache() {
    every_store("directives", async |cache| {
        let app = app(&cache);
        let cookie = visitor(&app).await;
        for (turn, directives) in DIRECTIVES.iter().enumerate() {
            let (_, _, text) = ask(&app, "/visit", &cookie, directives).await;
            assert_eq!(text, format!("news {}", turn + 1), "{directives}");
            let (_, headers, text) = ask(&app, "/look", &cookie, directives).await;
            assert_eq!(text, format!("news Some({})", turn + 2), "{directives}");
            assert!(!headers.contains_key(header::SET_COOKIE), "{directives}");
        }
    })
    .await;
}

#[tokio::test]
async fn login_of_a_client_that_wants_no_kept_answer_goes_well() {
    every_store("login", async |cache| {
        let app = app(&cache);
        for directives in ["no-cache", "max-age=0", "no-store"] {
            assert_eq!(
                ask(&app, "/begin/a", "", directives).await.0,
                StatusCode::OK
            );
            assert_eq!(
                ask(&app, "/callback/a", "", directives).await.0,
                StatusCode::OK,
                "{directives}"
            );
            assert_eq!(
                ask(&app, "/callback/a", "", directives).await.0,
                StatusCode::FORBIDDEN
            );
        }
    })
    .await;
}
