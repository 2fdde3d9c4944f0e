//! Attributes directly on handlers, as a router calls them.
// A test says what is wrong by panicking.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

use axum::{Router, body::Body};
use cached_core::Cache;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde::{Deserialize, Serialize};
use tower::ServiceExt as _;

mod debug_handler;
mod keys;
mod places;
mod requests;
mod returns;
mod writes;

/// The state of each router here: neither serde nor in a key.
#[derive(Clone, Debug)]
struct Db;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct User {
    id: u64,
}

/// The parts of a response.
#[derive(Clone, Debug, PartialEq)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

/// A router, and the cache that its handlers use.
#[derive(Clone)]
struct Service {
    cache: Cache,
    router: Router,
}

impl Service {
    fn new(cache: &Cache, router: Router<Db>) -> Self {
        Self {
            cache: cache.clone(),
            router: router.with_state(Db),
        }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request);
        let (head, body) = self.cache.scope(response).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: head.status,
            headers: head.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    async fn get(&self, uri: &str) -> Answer {
        self.send(get(uri)).await
    }

    fn loads(&self) -> u64 {
        self.cache.stats().total.loads
    }

    /// Sends a request that nobody has sent, and then the same again: that is answered alike, without a load.
    async fn loads_once(&self, request: impl Fn() -> Request<Body>) -> Answer {
        let before = self.loads();
        let first = self.send(request()).await;
        assert_eq!(self.loads(), before + 1, "{first:?}");
        let again = self.send(request()).await;
        assert_eq!(self.loads(), before + 1, "{again:?}");
        assert_eq!(first, again);
        first
    }
}

fn get(uri: &str) -> Request<Body> {
    Request::get(uri).body(Body::empty()).unwrap()
}

fn put(uri: &str) -> Request<Body> {
    Request::put(uri).body(Body::empty()).unwrap()
}

fn json(method: Method, uri: &str, body: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(uri)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_owned()))
        .unwrap()
}
