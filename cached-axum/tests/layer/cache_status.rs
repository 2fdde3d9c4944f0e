//! `Cache-Status`.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{Json, Router, body::Body, http::Method, response::IntoResponse, routing::get};
use bytes::Bytes;
use cached_axum::CacheLayer;
use cached_core::{Cache, in_current_scope};
use http_body::Frame;
use sfv::{BareItem, List, ListEntry, Parser};
use tests::every_store;

use super::fixture::{app, ask, ask_by, length, routes, stored, word};

#[tokio::test]
async fn miss_hit_and_invalidation_are_told() {
    every_store("status", async |cache| {
        let app = app();
        let first = ask(&app, "/words/1", &[]).await;
        assert_eq!(first.cache_status(), "cached;fwd=miss;stored");
        stored(&cache).await;
        let second = ask(&app, "/words/1", &[]).await;
        assert!(
            second.cache_status().starts_with("cached;hit;ttl="),
            "{}",
            second.cache_status()
        );
        assert_eq!(first.body, second.body);

        let renamed = ask_by(&Method::PUT, &app, "/words/1", &[]).await;
        assert_eq!(renamed.cache_status(), "none");
        let third = ask(&app, "/words/1", &[]).await;
        assert_eq!(third.cache_status(), "cached;fwd=miss;stored");
    })
    .await;
}

#[tokio::test]
async fn several_calls_are_one_member() {
    every_store("several", async |cache| {
        let app = app();
        length("ab").await;
        let first = ask(&app, "/lengths", &[]).await;
        let told = "cached;fwd=miss;stored;detail=\"hits 1, loads 1\"";
        assert_eq!((first.cache_status(), &*first.body), (told, "2 3"));
        stored(&cache).await;
        let second = ask(&app, "/lengths", &[]).await;
        assert!(
            second.cache_status().ends_with(";detail=\"hits 2\""),
            "{}",
            second.cache_status()
        );
        assert!(second.cache_status().starts_with("cached;hit;ttl="));
    })
    .await;
}

#[tokio::test]
async fn response_without_cached_calls_is_left_alone() {
    let answer = ask(&app(), "/plain", &[]).await;
    assert_eq!(answer.body, "plain");
    for name in ["cache-status", "age", "cache-control", "etag"] {
        assert_eq!(answer.header(name), None);
    }
}

#[tokio::test]
async fn cache_that_is_off_is_told_as_a_bypass() {
    let off = Cache::builder().enabled(false).build().unwrap();
    let app = routes().layer(CacheLayer::new().cache(off));
    for _ in 0..2 {
        let answer = ask(&app, "/words/1", &[]).await;
        assert_eq!(answer.cache_status(), "cached;fwd=bypass");
        assert_eq!(answer.header("cache-control"), None);
    }
}

#[tokio::test]
async fn waiting_for_another_request_is_told() {
    let cache = Cache::in_memory().unwrap();
    let slow = Router::new()
        .route("/", get(async || sleepy().await))
        .layer(CacheLayer::new().cache(cache));
    let (one, other) = tokio::join!(ask(&slow, "/", &[]), ask(&slow, "/", &[]));
    assert_eq!(one.cache_status(), "cached;fwd=miss;stored");
    assert_eq!(other.cache_status(), "cached;fwd=miss;collapsed");
}

#[cached_axum::cached]
async fn sleepy() -> String {
    tokio::task::yield_now().await;
    "awake".to_owned()
}

#[tokio::test]
async fn answer_past_its_ttl_is_told_and_not_to_be_kept() {
    let clock = cached_core::Clock::manual();
    let cache = Cache::builder().clock(clock.clone()).build().unwrap();
    let app = Router::new()
        .route("/", get(old))
        .layer(CacheLayer::new().cache(cache.clone()));
    ask(&app, "/", &[]).await;
    clock.advance(std::time::Duration::from_secs(90));
    let answer = ask(&app, "/", &[]).await;
    assert_eq!(answer.cache_status(), "cached;hit;detail=stale");
    assert_eq!(answer.header("age"), Some("90"));
    assert_eq!(answer.header("cache-control"), Some("private, max-age=0"));
}

#[cached_axum::cached(ttl = "1m", stale_while_revalidate = "1h")]
async fn old() -> Json<u8> {
    Json(1)
}

/// Every member is what RFC 9211 says, in the order of the caches.
#[tokio::test]
async fn what_caches_behind_wrote_comes_first() {
    let cache = Cache::in_memory().unwrap();
    let handler = async || {
        length("ab").await;
        ([("cache-status", "Inner; fwd=uri-miss; stored")], "ab").into_response()
    };
    let app = Router::new()
        .route("/", get(handler))
        .layer(CacheLayer::new().cache(cache).name("my service\n"));
    let answer = ask_all(&app).await;
    let list: List = Parser::new(&answer).parse().unwrap();
    let [ListEntry::Item(inner), ListEntry::Item(ours)] = &*list else {
        panic!("{answer}")
    };
    assert_eq!(
        inner.bare_item,
        BareItem::Token("Inner".to_owned().try_into().unwrap())
    );
    assert_eq!(
        ours.bare_item,
        BareItem::String("my service".to_owned().try_into().unwrap())
    );
    let forwarded = ours.params.get("fwd").unwrap();
    assert_eq!(
        *forwarded,
        BareItem::Token("miss".to_owned().try_into().unwrap())
    );
    assert_eq!(ours.params.get("stored"), Some(&BareItem::Boolean(true)));
}

async fn ask_all(app: &Router) -> String {
    let answer = ask(app, "/", &[]).await;
    let lines = answer.response.headers().get_all("cache-status");
    let lines: Vec<&str> = lines.iter().map(|line| line.to_str().unwrap()).collect();
    lines.join(", ")
}

#[tokio::test]
async fn task_in_the_scope_of_the_request_counts() {
    every_store("spawned", async |cache| {
        let spawning = async || {
            let inside = async { word(axum::extract::Path(7)).await };
            tokio::spawn(in_current_scope(inside)).await.unwrap()
        };
        let app = Router::new()
            .route("/", get(spawning))
            .layer(CacheLayer::new());
        let first = ask(&app, "/", &[]).await;
        assert_eq!(first.cache_status(), "cached;fwd=miss;stored");
        stored(&cache).await;
        let second = ask(&app, "/", &[]).await;
        assert!(
            second.cache_status().starts_with("cached;hit"),
            "{}",
            second.cache_status()
        );
        assert_eq!(second.header("age"), Some("0"));
    })
    .await;
}

#[tokio::test]
async fn cache_of_the_layer_is_used_inside() {
    let (outer, inner) = (Cache::in_memory().unwrap(), Cache::in_memory().unwrap());
    let app = routes().layer(CacheLayer::new().cache(inner.clone()));
    outer.scope(ask(&app, "/words/1", &[])).await;
    assert_eq!(
        (outer.stats().total.loads, inner.stats().total.loads),
        (0, 1)
    );
}

/// A body that makes its only piece when it is asked for it.
struct Late(Pin<Box<dyn Future<Output = String> + Send>>, bool);

impl Late {
    fn body() -> Body {
        let text = async { length("late").await.to_string() };
        Body::new(Self(Box::pin(text), false))
    }
}

impl http_body::Body for Late {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.1 {
            return Poll::Ready(None);
        }
        let text = ready!(self.0.as_mut().poll(context));
        self.1 = true;
        Poll::Ready(Some(Ok(Frame::data(text.into()))))
    }
}

/// Otherwise what one tenant streams would come from the cache of all.
#[tokio::test]
async fn body_that_streams_uses_the_cache_of_the_layer() {
    let (outer, inner) = (Cache::in_memory().unwrap(), Cache::in_memory().unwrap());
    let layer = CacheLayer::new().cache(inner.clone()).allow_bypass(true);
    let app = Router::new()
        .route("/", get(async || Late::body()))
        .layer(layer);
    for (headers, loads) in [(NO_STORE, 0), (&[], 1), (&[], 1)] {
        let answer = outer.scope(ask(&app, "/", headers)).await;
        assert_eq!((&*answer.body, answer.cache_status()), ("4", "none"));
        let total = (outer.stats().total.loads, inner.stats().total.loads);
        assert_eq!(total, (0, loads));
    }
}

const NO_STORE: &[(&str, &str)] = &[("cache-control", "no-store")];

#[tokio::test]
async fn inner_one_of_two_layers_writes() {
    let cache = Cache::in_memory().unwrap();
    let app = routes()
        .layer(CacheLayer::new().cache(cache.clone()).name("inner"))
        .layer(CacheLayer::new().cache(cache).name("outer"));
    let answer = ask(&app, "/words/1", &[]).await;
    assert_eq!(answer.cache_status(), "inner;fwd=miss;stored");
}
