//! `Cache-Control` of clients, who get what they ask for if they are allowed to.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use axum::{Json, Router, http::Method, routing::get};
use cached_axum::{CacheLayer, cached};
use cached_core::{Cache, Clock, in_current_scope};
use tests::every_store;

use super::fixture::{ask, ask_by, routes};

const NO_CACHE: &[(&str, &str)] = &[("cache-control", "no-cache")];
const NO_STORE: &[(&str, &str)] = &[("cache-control", "no-store")];
const ONLY_IF_CACHED: &[(&str, &str)] = &[("cache-control", "only-if-cached")];

#[tokio::test]
async fn directives_are_not_followed_by_default() {
    every_store("default", async |cache| {
        let app = routes().layer(CacheLayer::new());
        ask(&app, "/words/1", ONLY_IF_CACHED).await;
        for directive in ["no-cache", "no-store", "max-age=0", "only-if-cached"] {
            let answer = ask(&app, "/words/1", &[("cache-control", directive)]).await;
            assert_eq!(answer.status, 200);
            assert!(
                answer.cache_status().starts_with("cached;hit"),
                "{directive}"
            );
        }
        let total = cache.stats().total;
        assert_eq!((total.loads, total.hits), (1, 4));
    })
    .await;
}

#[tokio::test]
async fn refresh_loads_and_stores_anew() {
    every_store("refresh", async |cache| {
        let app = routes().layer(CacheLayer::new().allow_refresh(true));
        ask(&app, "/words/1", &[]).await;
        let answer = ask(&app, "/words/1", NO_CACHE).await;
        assert_eq!(answer.cache_status(), "cached;fwd=request;stored");
        assert_eq!(answer.header("age"), None);
        assert_eq!(cache.stats().total.loads, 2);
        let answer = ask(&app, "/words/1", NO_STORE).await;
        assert!(answer.cache_status().starts_with("cached;hit"));
    })
    .await;
}

#[tokio::test]
async fn answer_that_is_older_than_asked_for_is_loaded() {
    let clock = Clock::manual();
    let cache = Cache::builder().clock(clock.clone()).build().unwrap();
    let layer = CacheLayer::new().cache(cache.clone()).allow_refresh(true);
    let app = routes().layer(layer);
    ask(&app, "/words/1", &[]).await;
    clock.advance(Duration::from_secs(10));
    let asked = async |seconds: u64| {
        let directive = format!("max-age={seconds}");
        let answer = ask(&app, "/words/1", &[("cache-control", &directive)]).await;
        answer.cache_status().to_owned()
    };
    assert_eq!(asked(11).await, "cached;hit;ttl=50");
    // Something fresh was there, and the client did not want it.
    assert_eq!(asked(9).await, "cached;fwd=request;stored");
    assert_eq!(asked(9).await, "cached;hit;ttl=60");
    assert_eq!(cache.stats().total.loads, 2);
    clock.advance(Duration::from_secs(61));
    assert_eq!(asked(9).await, "cached;fwd=miss;stored");
}

#[tokio::test]
async fn bypass_reads_and_stores_nothing() {
    every_store("bypass", async |cache| {
        let app = routes().layer(CacheLayer::new().allow_bypass(true));
        for _ in 0..2 {
            let answer = ask(&app, "/words/1", NO_STORE).await;
            assert_eq!(answer.cache_status(), "cached;fwd=bypass");
            assert_eq!(answer.header("cache-control"), None);
        }
        assert_eq!(cache.stats().total.stores, 0);
        let answer = ask(&app, "/words/1", NO_CACHE).await;
        assert_eq!(answer.cache_status(), "cached;fwd=miss;stored");
    })
    .await;
}

#[tokio::test]
async fn what_a_handler_keeps_by_key_is_no_business_of_clients() {
    async fn begin() -> Json<bool> {
        let kept = Cache::current().set("login:1", &1_u64, None).await;
        Json(kept.is_ok())
    }
    async fn end() -> Json<bool> {
        let cache = Cache::current();
        let is_there = cache.get::<u64>("login:1").await.unwrap() == Some(1);
        Json(is_there && cache.take::<u64>("login:1").await.unwrap() == Some(1))
    }
    every_store("by-key", async |cache| {
        let layer = CacheLayer::new().allow_refresh(true).allow_bypass(true);
        let app = Router::new().route("/login", get(begin).post(end));
        let app = app.layer(layer.cache(cache.clone()));
        for directive in [NO_CACHE, NO_STORE] {
            assert_eq!(ask(&app, "/login", directive).await.body, "true");
            assert_eq!(
                ask_by(&Method::POST, &app, "/login", directive).await.body,
                "true"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn only_what_is_stored_or_504() {
    every_store("only", async |cache| {
        let app = routes().layer(CacheLayer::new().allow_only_if_cached(true));
        for (method, body) in [
            (Method::GET, "only-if-cached: the answer is not stored"),
            (Method::HEAD, ""),
        ] {
            let answer = ask_by(&method, &app, "/words/1", ONLY_IF_CACHED).await;
            assert_eq!((answer.status.as_u16(), &*answer.body), (504, body));
            assert_eq!(answer.cache_status(), "cached;detail=only-if-cached");
        }
        assert_eq!(cache.stats().total.loads, 0);
        ask(&app, "/words/1", &[]).await;
        let answer = ask(&app, "/words/1", ONLY_IF_CACHED).await;
        assert_eq!(answer.status, 200);
        assert!(answer.cache_status().starts_with("cached;hit"));
        let plain = ask(&app, "/plain", ONLY_IF_CACHED).await;
        assert_eq!(plain.status, 200);
    })
    .await;
}

#[tokio::test]
async fn directives_add_up() {
    let clock = Clock::manual();
    let cache = Cache::builder().clock(clock.clone()).build().unwrap();
    let layer = CacheLayer::new()
        .cache(cache.clone())
        .allow_refresh(true)
        .allow_only_if_cached(true);
    let app = routes().layer(layer);
    ask(&app, "/words/1", &[]).await;
    clock.advance(Duration::from_secs(10));
    for (directives, status) in [
        ("only-if-cached, max-age=11", 200),
        ("only-if-cached, max-age=9", 504),
        ("only-if-cached, no-cache", 504),
    ] {
        let answer = ask(&app, "/words/1", &[("cache-control", directives)]).await;
        assert_eq!(answer.status, status, "{directives}");
    }
    assert_eq!(cache.stats().total.loads, 1);
}

static SLOW_LOADS: AtomicU32 = AtomicU32::new(0);

#[cached(prefix = "slow")]
async fn slow() -> Json<u32> {
    Json(SLOW_LOADS.fetch_add(1, Ordering::Relaxed))
}

#[tokio::test]
async fn refused_call_in_a_task_ends_the_request_too() {
    let cache = Cache::in_memory().unwrap();
    let spawning = async || {
        let inside = async { slow().await };
        tokio::spawn(in_current_scope(inside)).await.unwrap()
    };
    let layer = CacheLayer::new().cache(cache).allow_only_if_cached(true);
    let app = Router::new().route("/", get(spawning)).layer(layer);
    let answer = ask(&app, "/", ONLY_IF_CACHED).await;
    assert_eq!(answer.status, 504);
    assert_eq!(SLOW_LOADS.load(Ordering::Relaxed), 0);
    assert_eq!(ask(&app, "/", &[]).await.body, "0");
}

#[tokio::test]
async fn permission_may_depend_on_the_request() {
    every_store("allow_if", async |_| {
        let operators = |request: &axum::http::request::Parts| {
            request
                .headers
                .get("authorization")
                .is_some_and(|token| token == "Bearer operator")
        };
        let layer = CacheLayer::new().allow_refresh(true).allow_if(operators);
        let app = routes().layer(layer);
        ask(&app, "/words/1", &[]).await;
        let answer = ask(&app, "/words/1", NO_CACHE).await;
        assert!(answer.cache_status().starts_with("cached;hit"));
        let operator = [NO_CACHE[0], ("authorization", "Bearer operator")];
        let answer = ask(&app, "/words/1", &operator).await;
        assert_eq!(answer.cache_status(), "cached;fwd=request;stored");
    })
    .await;
}

#[tokio::test]
async fn of_two_layers_each_allows_what_it_follows() {
    let cache = Cache::in_memory().unwrap();
    let asked = async |outer: bool, directive: &str| {
        let allowing = |allows| {
            let layer = CacheLayer::new().cache(cache.clone()).allow_refresh(allows);
            layer.allow_bypass(allows).allow_only_if_cached(allows)
        };
        let app = routes().layer(allowing(!outer)).layer(allowing(outer));
        ask(&app, "/words/1", &[]).await;
        let answer = ask(&app, "/words/1", &[("cache-control", directive)]).await;
        cache.clear().await.unwrap();
        let cold = ask(&app, "/words/1", &[("cache-control", directive)]).await;
        (answer.cache_status().to_owned(), cold.status.as_u16())
    };
    for outer in [true, false] {
        assert_eq!(asked(outer, "no-store").await.0, "cached;fwd=bypass");
        let (refreshed, _) = asked(outer, "no-cache").await;
        assert!(refreshed.starts_with("cached;fwd="), "{refreshed}");
    }
    assert_eq!(asked(true, "only-if-cached").await.1, 200);
    assert_eq!(asked(false, "only-if-cached").await.1, 504);
}
