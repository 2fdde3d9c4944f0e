//! Runtimes that end, or idle, while it is their turn to look for Redis.

use cached_core::Outage;
use tests::RedisServer;
use tokio::runtime::Runtime;

use super::{cache, call, until_back, until_open};
use crate::load_generator::PATIENCE;

fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

/// What looked for Redis ends with its runtime; the next call that finds no Redis looks again.
#[test]
fn redis_is_found_when_the_runtime_that_looked_for_it_has_ended() {
    let server = RedisServer::start();
    let cache = cache(&server.url(), Outage::Memory);
    runtime().block_on(until_back(&cache));
    server.kill();
    for _ in 0..3 {
        runtime().block_on(until_open(&cache));
    }
    server.restart();
    let took = runtime().block_on(until_back(&cache));
    assert!(took < PATIENCE / 2, "{took:?}");
}

/// It was its turn to look, and it never does.
#[test]
fn redis_is_found_while_the_runtime_that_looked_for_it_idles() {
    let server = RedisServer::start();
    let cache = cache(&server.url(), Outage::Memory);
    let (idle, busy) = (runtime(), runtime());
    idle.block_on(until_back(&cache));
    server.kill();
    idle.block_on(until_open(&cache));
    server.restart();
    let took = busy.block_on(until_back(&cache));
    assert!(took < PATIENCE / 2, "{took:?}");
}

/// A runtime that ends with a connection on it is no failure of Redis: the next call replaces the connection.
#[test]
fn runtimes_that_end_open_nothing() {
    let server = RedisServer::start();
    let cache = cache(&server.url(), Outage::Origin);
    runtime().block_on(until_back(&cache));
    let before = cache.stats().total.hits;
    for _ in 0..20 {
        runtime().block_on(call(&cache, 0));
    }
    // Every second one at the least; nothing looks for a Redis in runtimes as short as these.
    let hits = cache.stats().total.hits - before;
    assert!(hits >= 8, "{:?}", cache.stats().total);
}
