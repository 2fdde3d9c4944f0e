//! `Age` and `Cache-Control`.

use std::time::Duration;

use axum::{
    Json, Router,
    http::Method,
    response::{AppendHeaders, IntoResponse},
    routing::get,
};
use cached_axum::{CacheLayer, cached};
use cached_core::{Cache, Clock};
use tests::{RedisServer, Store, every_store, namespace};

use super::fixture::{Answer, app, ask, ask_by, length, routes, stored};

fn kept(answer: &Answer) -> (Option<&str>, Option<&str>) {
    (answer.header("age"), answer.header("cache-control"))
}

#[tokio::test]
async fn hit_says_how_old_it_is_and_how_long_it_may_be_kept() {
    let clock = Clock::manual();
    let cache = Cache::builder().clock(clock.clone()).build().unwrap();
    let app = routes().layer(CacheLayer::new().cache(cache));
    let first = ask(&app, "/words/1", &[]).await;
    assert_eq!(kept(&first), (None, Some("private, max-age=60")));
    clock.advance(Duration::from_secs(12));
    let second = ask(&app, "/words/1", &[]).await;
    assert_eq!(kept(&second), (Some("12"), Some("private, max-age=60")));
    assert_eq!(second.cache_status(), "cached;hit;ttl=48");
}

#[tokio::test]
async fn hit_in_redis_says_the_same() {
    let namespace = namespace("age");
    let cache = Store::Redis.cache(&namespace);
    let app = routes().layer(CacheLayer::new().cache(cache.clone()));
    let first = ask(&app, "/words/1", &[]).await;
    assert_eq!(kept(&first), (None, Some("private, max-age=60")));

    // Another process reads what this one has written.
    cache.shutdown().await;
    let app = routes().layer(CacheLayer::new().cache(Store::Redis.cache(&namespace)));
    let server = RedisServer::shared();
    let [key] = &*server.keys(&format!("{namespace}:word:*")) else {
        panic!("one entry")
    };
    server.command(&["PEXPIRE", key, "48000"]);
    let second = ask(&app, "/words/1", &[]).await;
    assert_eq!(kept(&second), (Some("12"), Some("private, max-age=60")));
    assert!(
        second.cache_status().starts_with("cached;hit;ttl=4"),
        "{}",
        second.cache_status()
    );
}

#[tokio::test]
async fn only_a_response_that_is_one_answer_has_an_age() {
    every_store("one", async |_| {
        let two = async || {
            length("ab").await;
            super::fixture::word(axum::extract::Path(1)).await
        };
        let one = async || length("ab").await.to_string();
        let app = Router::new()
            .route("/two", get(two))
            .route("/one", get(one))
            .layer(CacheLayer::new());
        for uri in ["/two", "/two", "/one", "/one"] {
            let answer = ask(&app, uri, &[]).await;
            assert_eq!(kept(&answer), (None, None), "{uri}");
            assert!(answer.header("etag").is_some());
        }
    })
    .await;
}

#[tokio::test]
async fn errors_and_writes_are_not_to_be_kept() {
    every_store("errors", async |_| {
        let app = app();
        for _ in 0..2 {
            let odd = ask(&app, "/even/1", &[]).await;
            assert_eq!(odd.status, 404);
            assert_eq!(odd.cache_status(), "cached;fwd=miss");
            assert_eq!((kept(&odd), odd.header("etag")), ((None, None), None));
            let posted = ask_by(&Method::POST, &app, "/words/1", &[]).await;
            assert_eq!(posted.status, 200);
            assert_eq!((kept(&posted), posted.header("etag")), ((None, None), None));
        }
        let even = ask(&app, "/even/2", &[]).await;
        assert_eq!(kept(&even), (None, Some("private, max-age=60")));
    })
    .await;
}

#[tokio::test]
async fn head_says_what_get_says() {
    every_store("head", async |cache| {
        let app = app();
        ask(&app, "/pages/a", &[]).await;
        stored(&cache).await;
        let get = ask(&app, "/pages/a", &[]).await;
        let head = ask_by(&Method::HEAD, &app, "/pages/a", &[]).await;
        assert_eq!((&*head.body, head.status.as_u16()), ("", 200));
        for name in [
            "age",
            "cache-control",
            "etag",
            "content-type",
            "content-length",
        ] {
            assert!(get.header(name).is_some(), "{name}");
            assert_eq!(get.header(name), head.header(name), "{name}");
        }
        let etag = get.header("etag").unwrap();
        let again = ask_by(&Method::HEAD, &app, "/pages/a", &[("if-none-match", etag)]).await;
        assert_eq!(again.status, 304);
    })
    .await;
}

/// Outside the router the body of a response to `HEAD` is gone.
#[tokio::test]
async fn head_has_no_tag_of_a_body_that_is_gone() {
    let cache = Cache::in_memory().unwrap();
    let outside = tower::Layer::layer(&CacheLayer::new().cache(cache), routes());
    let outside = Router::new().fallback_service(outside);
    let get = ask(&outside, "/pages/a", &[]).await;
    let head = ask_by(&Method::HEAD, &outside, "/pages/a", &[]).await;
    assert!(get.header("etag").is_some());
    assert_eq!(head.header("etag"), None);
    assert_eq!(head.header("content-length"), get.header("content-length"));
}

#[cached(ttl = "1m", prefix = "news")]
async fn news() -> Json<u8> {
    Json(1)
}

#[tokio::test]
async fn what_the_handler_says_is_not_changed() {
    let own = async || {
        let headers = [
            ("cache-control", "no-store"),
            ("age", "7"),
            ("vary", "accept-language"),
        ];
        (headers, news().await)
    };
    let cache = Cache::in_memory().unwrap();
    let app = Router::new()
        .route("/", get(own))
        .layer(CacheLayer::new().cache(cache));
    for _ in 0..2 {
        let answer = ask(&app, "/", &[]).await;
        assert_eq!(kept(&answer), (Some("7"), Some("no-store")));
        assert_eq!(answer.header("vary"), Some("accept-language"));
        assert_eq!(answer.header("etag"), None);
        assert!(answer.cache_status().starts_with("cached;"));
    }
}

#[tokio::test]
async fn response_that_sets_a_cookie_is_left_alone() {
    let with_cookie = async || {
        let cookies = AppendHeaders([("set-cookie", "a=1"), ("set-cookie", "b=2")]);
        (cookies, news().await).into_response()
    };
    let cache = Cache::in_memory().unwrap();
    let app = Router::new()
        .route("/", get(with_cookie))
        .layer(CacheLayer::new().cache(cache).shared_with_authorization());
    for _ in 0..2 {
        let answer = ask(&app, "/", &[("if-none-match", "*")]).await;
        assert_eq!((answer.status.as_u16(), &*answer.body), (200, "1"));
        assert_eq!((kept(&answer), answer.header("etag")), ((None, None), None));
        assert_eq!(answer.cache_status(), "none");
        let cookies = answer.response.headers().get_all("set-cookie");
        assert_eq!(cookies.iter().count(), 2);
    }
}

#[tokio::test]
async fn shared_answers_are_public_but_for_personal_requests() {
    let cache = Cache::in_memory().unwrap();
    let shared = routes().layer(CacheLayer::new().cache(cache.clone()).shared());
    let all = CacheLayer::new().cache(cache).shared_with_authorization();
    let all = routes().layer(all);
    let public = Some("public, max-age=60");
    let private = Some("private, max-age=60");
    let control = async |app: &Router, headers: &[(&str, &str)]| {
        let answer = ask(app, "/words/1", headers).await;
        answer.header("cache-control").map(ToOwned::to_owned)
    };
    assert_eq!(control(&shared, &[]).await.as_deref(), public);
    for personal in [("authorization", "Bearer x"), ("cookie", "a=1")] {
        assert_eq!(control(&shared, &[personal]).await.as_deref(), private);
        assert_eq!(control(&all, &[personal]).await.as_deref(), public);
    }
}

/// One browser, two users: what it keeps for one it must not show to the other.
#[tokio::test]
async fn answer_kept_for_one_user_is_not_for_the_next() {
    let cache = Cache::in_memory().unwrap();
    let app = routes().layer(CacheLayer::new().cache(cache.clone()));
    for _ in 0..2 {
        for (name, value) in [("cookie", "id=Ada"), ("authorization", "Bearer Grace")] {
            let answer = ask(&app, "/words/1", &[(name, value)]).await;
            assert_eq!(answer.header("cache-control"), Some("private, max-age=60"));
            assert_eq!(answer.header("vary"), Some(name));
            let asked = [(name, value), ("if-none-match", "*")];
            let again = ask(&app, "/words/1", &asked).await;
            assert_eq!(
                (again.status.as_u16(), again.header("vary")),
                (304, Some(name))
            );
        }
        assert_eq!(ask(&app, "/words/1", &[]).await.header("vary"), None);
    }
    let all = routes().layer(CacheLayer::new().cache(cache).shared_with_authorization());
    let answer = ask(&all, "/words/1", &[("cookie", "id=Ada")]).await;
    assert_eq!(answer.header("vary"), None);
}

#[tokio::test]
async fn clients_may_be_made_to_ask_each_time() {
    let cache = Cache::in_memory().unwrap();
    let app = routes().layer(CacheLayer::new().cache(cache).revalidate());
    let answer = ask(&app, "/words/1", &[]).await;
    assert_eq!(kept(&answer), (None, Some("no-cache, private")));
    let etag = answer.header("etag").unwrap();
    let again = ask(&app, "/words/1", &[("if-none-match", etag)]).await;
    assert_eq!(again.status, 304);
    assert_eq!(again.header("cache-control"), Some("no-cache, private"));
}
