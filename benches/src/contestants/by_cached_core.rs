//! Ours, by its macro, with the defaults of the cache.

use cached_core::{Cache, cached};

use crate::contestant::Contestant;
use crate::subject::{Profile, load};

#[cached(ttl = "1h", prefix = "user:{id}:profile")]
async fn profile(id: u64) -> Profile {
    load(id).await
}

#[cached(ttl = "1h", prefix = "number:{id}")]
async fn number(id: u64) -> u64 {
    load(id).await
}

#[derive(Clone)]
pub(crate) struct CachedCore {
    cache: Cache,
}

impl CachedCore {
    pub(crate) fn on_redis(url: &str) -> anyhow::Result<Self> {
        let cache = Cache::builder().redis_url(url).namespace("bench").build()?;
        Ok(Self { cache })
    }

    pub(crate) fn in_memory() -> anyhow::Result<Self> {
        Ok(Self {
            cache: Cache::in_memory()?,
        })
    }
}

impl Contestant<Profile> for CachedCore {
    async fn call(&self, id: u64) -> anyhow::Result<Profile> {
        Ok(profile(id).await)
    }

    fn within<F: Future + Send>(&self, work: F) -> impl Future<Output = F::Output> + Send {
        self.cache.scope(work)
    }
}

impl Contestant<u64> for CachedCore {
    async fn call(&self, id: u64) -> anyhow::Result<u64> {
        Ok(number(id).await)
    }

    fn within<F: Future + Send>(&self, work: F) -> impl Future<Output = F::Output> + Send {
        self.cache.scope(work)
    }
}
