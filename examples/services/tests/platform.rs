//! The platform: Redis or nothing.

mod answers;
mod login;
mod outage;
mod sessions;
mod start;

use reqwest::Method;
use serde_json::Value;
use tests::RedisServer;

use crate::harness::{Answer, Service, Settings, send};

const TOKEN: &str = "a-token-for-tests-0123456789";

/// Describes the service without a Redis: it has to be given one.
fn unconnected() -> Settings {
    Service::of(env!("CARGO_BIN_EXE_platform"))
        .env("ADMIN_TOKEN", TOKEN)
        .env("MODEL_LATENCY", "5ms")
        .env("MODEL_PRICE", "0.5")
}

fn platform(redis: &RedisServer) -> Settings {
    unconnected().redis(redis)
}

/// Starts two processes that share a Redis.
async fn two_platforms(redis: &RedisServer) -> (Service, Service) {
    let one = platform(redis).start().await;
    (one, platform(redis).start().await)
}

/// Asks one of the routes for those who have the token.
async fn admin(service: &Service, method: Method, path: &str) -> Answer {
    send(service.request(method, path).bearer_auth(TOKEN)).await
}

async fn put(service: &Service, path: &str, body: &Value) -> Answer {
    send(service.request(Method::PUT, path).json(body)).await
}

async fn stats(service: &Service) -> Value {
    admin(service, Method::GET, "/api/cache/stats").await.ok()
}

/// Counts the runs of the body of the function whose name ends so.
async fn loads(service: &Service, function: &str) -> u64 {
    let stats = stats(service).await;
    let functions = stats["functions"].as_object().expect("functions");
    let found = functions.iter().find(|(name, _)| name.ends_with(function));
    let (_, counts) = found.unwrap_or_else(|| panic!("no {function} in {functions:?}"));
    counts["loads"].as_u64().expect("a number")
}
