//! Ours, by its macro, with the defaults of the cache.

use std::sync::OnceLock;
use std::time::Duration;

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

/// The same with the cache that a program installs, and no scope.
#[derive(Clone)]
pub(crate) struct Installed(());

impl Installed {
    /// The first one installs; no other group of measurements looks at what is installed.
    pub(crate) fn in_memory() -> anyhow::Result<Self> {
        static INSTALLED: OnceLock<()> = OnceLock::new();
        if INSTALLED.set(()).is_ok() {
            Cache::in_memory()?.install()?;
        }
        Ok(Self(()))
    }
}

impl Contestant<Profile> for Installed {
    async fn call(&self, id: u64) -> anyhow::Result<Profile> {
        Ok(profile(id).await)
    }
}

impl Contestant<u64> for Installed {
    async fn call(&self, id: u64) -> anyhow::Result<u64> {
        Ok(number(id).await)
    }
}

/// Ours with this many groups: the namespace, the function, each beginning of the prefix, each tag.
#[derive(Clone)]
pub(crate) struct Grouped<const GROUPS: usize> {
    ours: CachedCore,
}

/// The namespace and the function, which is all of its prefix.
#[cached(ttl = "1h", id = "grouped")]
async fn in_two_groups(id: u64) -> Profile {
    load(id).await
}

/// With `user` and `user:7` as well.
#[cached(ttl = "1h", prefix = "user:{id}")]
async fn in_four_groups(id: u64) -> Profile {
    load(id).await
}

/// With `user:7:profile` and a tag as well.
#[cached(ttl = "1h", prefix = "user:{id}:profile", tags = ["city:{id}"])]
async fn in_six_groups(id: u64) -> Profile {
    load(id).await
}

impl<const GROUPS: usize> Grouped<GROUPS> {
    pub(crate) fn on_redis(url: &str) -> anyhow::Result<Self> {
        let cache = Cache::builder()
            .redis_url(url)
            .namespace("groups")
            // A busy machine must not turn a hit into a miss.
            .op_timeout(Duration::from_secs(10))
            .build()?;
        let ours = CachedCore { cache };
        Ok(Self { ours })
    }
}

impl<const GROUPS: usize> Contestant<Profile> for Grouped<GROUPS> {
    async fn call(&self, id: u64) -> anyhow::Result<Profile> {
        Ok(match GROUPS {
            2 => in_two_groups(id).await,
            4 => in_four_groups(id).await,
            _ => in_six_groups(id).await,
        })
    }

    fn within<F: Future + Send>(&self, work: F) -> impl Future<Output = F::Output> + Send {
        self.ours.cache.scope(work)
    }
}
