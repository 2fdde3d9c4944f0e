//! `hitbox` 0.2, by its macro: on Redis with JSON, and on moka as it comes.

use std::time::Duration;

use hitbox::concurrency::NoopConcurrencyManager;
use hitbox::policy::PolicyConfig;
use hitbox_backend::PassthroughCompressor;
use hitbox_backend::format::JsonFormat;
use hitbox_core::DisabledOffload;
use hitbox_fn::{Cache, cached};
use hitbox_moka::MokaBackend;
use hitbox_redis::{ConnectionMode, RedisBackend};

use crate::contestant::Contestant;
use crate::subject::{Profile, load};

type Built<B> = Cache<B, NoopConcurrencyManager, DisabledOffload>;

#[cached(prefix = "hitbox:user")]
async fn profile(id: u64) -> Profile {
    load(id).await
}

#[cached(prefix = "hitbox:number")]
async fn number(id: u64) -> u64 {
    load(id).await
}

fn policy() -> PolicyConfig {
    PolicyConfig::builder().ttl(Duration::from_hours(1)).build()
}

#[derive(Clone)]
pub(crate) struct OnRedis {
    cache: Built<RedisBackend<JsonFormat, PassthroughCompressor>>,
}

impl OnRedis {
    pub(crate) fn connect(url: &str) -> anyhow::Result<Self> {
        let backend = RedisBackend::builder()
            .connection(ConnectionMode::single(url))
            .value_format(JsonFormat)
            .build()?;
        Ok(Self {
            cache: Cache::builder().backend(backend).policy(policy()).build(),
        })
    }
}

impl Contestant<Profile> for OnRedis {
    async fn call(&self, id: u64) -> anyhow::Result<Profile> {
        Ok(profile(id).cache(&self.cache).await)
    }
}

#[derive(Clone)]
pub(crate) struct OnMoka {
    cache: Built<MokaBackend>,
}

impl OnMoka {
    pub(crate) fn new() -> Self {
        let backend = MokaBackend::builder().max_entries(10_000).build();
        Self {
            cache: Cache::builder().backend(backend).policy(policy()).build(),
        }
    }
}

impl Contestant<Profile> for OnMoka {
    async fn call(&self, id: u64) -> anyhow::Result<Profile> {
        Ok(profile(id).cache(&self.cache).await)
    }
}

impl Contestant<u64> for OnMoka {
    async fn call(&self, id: u64) -> anyhow::Result<u64> {
        Ok(number(id).cache(&self.cache).await)
    }
}
