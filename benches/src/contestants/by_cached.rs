//! `cached` 4.1, by its macro: `AsyncRedisCache`, and the sharded tables it takes in memory.

use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use cached::AsyncRedisCache;
use cached::macros::concurrent_cached;

use crate::contestant::Contestant;
use crate::subject::{Profile, load};

static URL: OnceLock<String> = OnceLock::new();

#[concurrent_cached(
    map_error = |error| anyhow!("{error}"),
    ty = "AsyncRedisCache<u64, Profile>",
    create = { connect().await }
)]
async fn redis_profile(id: u64) -> anyhow::Result<Profile> {
    Ok(load(id).await)
}

/// The macro wants a cache, not a `Result`: that is how its users build one, too.
#[expect(clippy::expect_used, reason = "the peer leaves no other way")]
async fn connect() -> AsyncRedisCache<u64, Profile> {
    AsyncRedisCache::builder("cached:user")
        .ttl(Duration::from_hours(1))
        .connection_string(URL.get().map_or("", String::as_str))
        .build()
        .await
        .expect("the server was just started")
}

#[concurrent_cached(ttl_secs = 3_600)]
async fn profile(id: u64) -> Profile {
    load(id).await
}

#[concurrent_cached(ttl_secs = 3_600)]
async fn number(id: u64) -> u64 {
    load(id).await
}

#[concurrent_cached(ttl_secs = 3_600, max_size = 10_000)]
async fn bounded_profile(id: u64) -> Profile {
    load(id).await
}

#[concurrent_cached(ttl_secs = 3_600, max_size = 10_000)]
async fn bounded_number(id: u64) -> u64 {
    load(id).await
}

#[derive(Clone)]
pub(crate) struct OnRedis(());

impl OnRedis {
    pub(crate) fn connect(url: &str) -> anyhow::Result<Self> {
        URL.set(url.to_owned())
            .ok()
            .context("this cache is a static: one server for each process")?;
        Ok(Self(()))
    }
}

impl Contestant<Profile> for OnRedis {
    async fn call(&self, id: u64) -> anyhow::Result<Profile> {
        redis_profile(id).await
    }
}

/// Unbounded, with a ttl for all: the fastest of its stores that forgets at all.
#[derive(Clone)]
pub(crate) struct Sharded;

impl Contestant<Profile> for Sharded {
    async fn call(&self, id: u64) -> anyhow::Result<Profile> {
        Ok(profile(id).await)
    }
}

impl Contestant<u64> for Sharded {
    async fn call(&self, id: u64) -> anyhow::Result<u64> {
        Ok(number(id).await)
    }
}

/// Bounded, least recently used out first: what a service can leave running.
#[derive(Clone)]
pub(crate) struct ShardedAndBounded;

impl Contestant<Profile> for ShardedAndBounded {
    async fn call(&self, id: u64) -> anyhow::Result<Profile> {
        Ok(bounded_profile(id).await)
    }
}

impl Contestant<u64> for ShardedAndBounded {
    async fn call(&self, id: u64) -> anyhow::Result<u64> {
        Ok(bounded_number(id).await)
    }
}
