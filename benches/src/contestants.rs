//! Who takes part, in the order of the tables. The first of each list is what ratios are to.

mod by_cached;
mod by_cached_core;
mod by_hitbox;
mod by_moka;
mod ceiling;
mod deadpool;
pub(crate) mod hand_written;
pub(crate) mod texts;

use by_cached::{Sharded, ShardedAndBounded};
use by_cached_core::{CachedCore, Installed};
use by_hitbox::OnMoka;
use by_moka::Moka;
use ceiling::Clones;

use crate::contestant::Contestant;
use crate::rounds::Trial;
use crate::subject::{Profile, Subject};

/// Each once, and the first once more at the end: what the two differ by is noise.
pub(crate) async fn on_redis(url: &str) -> anyhow::Result<Vec<Trial>> {
    let hand_written = hand_written::HandWritten::connect(url).await?;
    Ok(vec![
        Trial::new(
            "hand-written: one redis-rs connection, GET, serde_json",
            hand_written.clone(),
        ),
        Trial::new(
            "deadpool-redis: a checkout per operation",
            deadpool::Checkout::connect(url)?,
        ),
        Trial::new(
            "cached 4.1: AsyncRedisCache by macro, MessagePack",
            by_cached::OnRedis::connect(url)?,
        ),
        Trial::new(
            "hitbox 0.2: by macro, JSON",
            by_hitbox::OnRedis::connect(url)?,
        ),
        Trial::new::<Profile, _>(
            "ours: cached-core by macro, JSON",
            CachedCore::on_redis(url)?,
        ),
        Trial::new(
            "ceiling: the same connection, GET, bytes not parsed",
            ceiling::Bytes::connect(url).await?,
        ),
        Trial::new("noise: hand-written once more", hand_written),
    ])
}

/// What the markers of a hit cost: the same value with more and more groups.
pub(crate) async fn by_groups(url: &str) -> anyhow::Result<Vec<Trial>> {
    let hand_written = hand_written::HandWritten::connect(url).await?;
    let marked = async |markers| hand_written::Marked::connect(url, markers).await;
    Ok(vec![
        Trial::new("hand-written: GET", hand_written.clone()),
        Trial::new("hand-written: MGET with 2 markers", marked(2).await?),
        Trial::new("hand-written: MGET with 4 markers", marked(4).await?),
        Trial::new("hand-written: MGET with 6 markers", marked(6).await?),
        Trial::new(
            "ours: 2 groups",
            by_cached_core::Grouped::<2>::on_redis(url)?,
        ),
        Trial::new(
            "ours: 4 groups",
            by_cached_core::Grouped::<4>::on_redis(url)?,
        ),
        Trial::new(
            "ours: 6 groups",
            by_cached_core::Grouped::<6>::on_redis(url)?,
        ),
        Trial::new("noise: hand-written once more", hand_written),
    ])
}

/// The same list for every value that all of them can cache.
pub(crate) fn in_memory<V: Subject>() -> anyhow::Result<Vec<Trial>>
where
    Sharded: Contestant<V>,
    ShardedAndBounded: Contestant<V>,
    OnMoka: Contestant<V>,
    CachedCore: Contestant<V>,
    Installed: Contestant<V>,
{
    Ok(vec![
        Trial::new("cached 4.1: sharded by macro, ttl", Sharded),
        Trial::new(
            "cached 4.1: sharded by macro, ttl and bound",
            ShardedAndBounded,
        ),
        Trial::new("moka: used directly, value cloned", Moka::<V>::new()),
        Trial::new("hitbox 0.2: on moka, by macro", OnMoka::new()),
        Trial::new("ours: cached-core by macro", CachedCore::in_memory()?),
        Trial::new(
            "ours: the installed cache, no scope",
            Installed::in_memory()?,
        ),
        Trial::new("ceiling: the value's clone alone", Clones::<V>::new()),
        Trial::new("noise: the first once more", Sharded),
    ])
}
