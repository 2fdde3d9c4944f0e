//! Values of any size: the functions that are cached, by `cached` and by ours, and who takes part.

use std::time::Duration;

use cached::macros::concurrent_cached;
use cached_core::{Cache, cached};

use super::by_cached::Sharded;
use super::by_moka::Moka;
use super::ceiling::Clones;
use super::hand_written::{HandWritten, get_or_load};
use crate::contestant::Contestant;
use crate::rounds::Trial;
use crate::subject::{SharedText, Subject, Text, load};

/// Ours, with room for all of them.
#[derive(Clone)]
pub(crate) struct Ours {
    cache: Cache,
}

impl Ours {
    fn on_redis(url: &str) -> anyhow::Result<Self> {
        let cache = Cache::builder()
            .redis_url(url)
            .namespace("texts")
            // A busy machine must not turn a hit into a miss.
            .op_timeout(Duration::from_secs(10))
            .build()?;
        Ok(Self { cache })
    }

    fn in_memory() -> anyhow::Result<Self> {
        let cache = Cache::builder().memory_capacity(1 << 30).build()?;
        Ok(Self { cache })
    }
}

/// A function for each type, as users write them: a generic one would have to find out its identity in each call.
macro_rules! functions {
    ($($value:ty: $ours:ident, $theirs:ident;)*) => {$(
        #[cached(ttl = "1h", prefix = "text:{id}")]
        async fn $ours(id: u64) -> $value {
            load(id).await
        }

        #[concurrent_cached(ttl_secs = 3_600)]
        async fn $theirs(id: u64) -> $value {
            load(id).await
        }

        impl Contestant<$value> for Ours {
            async fn call(&self, id: u64) -> anyhow::Result<$value> {
                Ok($ours(id).await)
            }

            fn within<F: Future + Send>(&self, work: F) -> impl Future<Output = F::Output> + Send {
                self.cache.scope(work)
            }
        }

        impl Contestant<$value> for Sharded {
            async fn call(&self, id: u64) -> anyhow::Result<$value> {
                Ok($theirs(id).await)
            }
        }
    )*};
}

functions! {
    Text<16>: tiny, their_tiny;
    Text<10_000>: page, their_page;
    Text<200_000>: book, their_book;
    SharedText<16>: shared_tiny, their_shared_tiny;
    SharedText<10_000>: shared_page, their_shared_page;
    SharedText<200_000>: shared_book, their_shared_book;
}

#[derive(Clone)]
struct ByHand(HandWritten);

impl<const BYTES: usize> Contestant<Text<BYTES>> for ByHand {
    async fn call(&self, id: u64) -> anyhow::Result<Text<BYTES>> {
        let mut connection = self.0.connection.clone();
        let key = format!("hand:text:{BYTES}:{id}");
        get_or_load(&mut connection, key, async { load(id).await }).await
    }
}

/// Each once, and the first once more at the end.
pub(crate) async fn on_redis<const BYTES: usize>(url: &str) -> anyhow::Result<Vec<Trial>>
where
    Ours: Contestant<Text<BYTES>>,
{
    let hand_written = ByHand(HandWritten::connect(url).await?);
    Ok(vec![
        Trial::new::<Text<BYTES>, _>("hand-written: GET, serde_json", hand_written.clone()),
        Trial::new::<Text<BYTES>, _>("ours: 4 groups", Ours::on_redis(url)?),
        Trial::new::<Text<BYTES>, _>("noise: hand-written once more", hand_written),
    ])
}

pub(crate) fn in_memory<V: Subject>() -> anyhow::Result<Vec<Trial>>
where
    Ours: Contestant<V>,
    Sharded: Contestant<V>,
{
    Ok(vec![
        Trial::new::<V, _>("cached 4.1: sharded by macro, ttl", Sharded),
        Trial::new("moka: used directly, value cloned", Moka::<V>::new()),
        Trial::new::<V, _>("ours: cached-core by macro", Ours::in_memory()?),
        Trial::new("ceiling: the value's clone alone", Clones::<V>::new()),
        Trial::new::<V, _>("noise: the first once more", Sharded),
    ])
}
