//! Who misses: hand-written code, with and without markers, and ours.

use std::time::Duration;

use anyhow::bail;
use cached_core::{Cache, cached};
use deadpool_redis::redis;
use tokio::runtime::Runtime;

use super::{Body, Load, Outcome, misses};
use crate::contestants::hand_written::{HandWritten, Marked, get_or_load};
use crate::options::Named;
use crate::subject::Profile;

/// A contestant under its name, with its type forgotten.
pub(super) struct Way {
    name: &'static str,
    pub(super) run: Box<Run>,
}

type Run = dyn Fn(&Runtime, Load, Duration) -> anyhow::Result<Outcome>;

impl Way {
    fn new(name: &'static str, contestant: impl Miss) -> Self {
        let run = move |runtime: &Runtime, load, span| misses(&contestant, runtime, load, span);
        Self {
            name,
            run: Box::new(run),
        }
    }
}

impl Named for Way {
    fn name(&self) -> &'static str {
        self.name
    }
}

/// One way to answer for an id that is not in the cache.
pub(super) trait Miss: Clone + Send + Sync + 'static {
    fn miss(&self, id: u64, body: &Body) -> impl Future<Output = anyhow::Result<Profile>> + Send;

    /// Wraps all the calls of one task.
    fn within<F: Future + Send>(&self, work: F) -> impl Future<Output = F::Output> + Send {
        work
    }

    /// Ends when everything that was answered is stored, too.
    fn settled(&self) -> impl Future<Output = anyhow::Result<()>> + Send {
        std::future::ready(Ok(()))
    }
}

/// The first is what ratios are to; and it is the last, once more.
pub(super) async fn all(url: &str) -> anyhow::Result<Vec<Way>> {
    let hand_written = HandWritten::connect(url).await?;
    Ok(vec![
        Way::new("hand-written: GET, body, SET", hand_written.clone()),
        Way::new(
            "hand-written: MGET with 4 markers, body, SETs",
            Marked::connect(url, 4).await?,
        ),
        Way::new("ours: 2 groups", Ours::<2>::connect(url)?),
        Way::new("ours: 4 groups", Ours::<4>::connect(url)?),
        Way::new("noise: hand-written once more", hand_written),
    ])
}

/// Makes room on the server.
pub(super) async fn forget(url: &str) -> anyhow::Result<()> {
    let HandWritten { mut connection } = HandWritten::connect(url).await?;
    redis::cmd("FLUSHALL")
        .query_async::<()>(&mut connection)
        .await?;
    Ok(())
}

impl Miss for HandWritten {
    async fn miss(&self, id: u64, body: &Body) -> anyhow::Result<Profile> {
        let mut connection = self.connection.clone();
        let key = format!("hand:user:{id}:profile");
        get_or_load(&mut connection, key, body.load(id)).await
    }
}

impl Miss for Marked {
    async fn miss(&self, id: u64, body: &Body) -> anyhow::Result<Profile> {
        self.get_or_load(id, body.load(id)).await
    }
}

/// Ours with this many groups, of which one is new with each id if there are four.
#[derive(Clone)]
struct Ours<const GROUPS: usize> {
    cache: Cache,
}

#[cached(ttl = "1h", id = "missed")]
async fn in_two_groups(id: u64, #[cached(skip)] body: &Body) -> Profile {
    body.load(id).await
}

#[cached(ttl = "1h", prefix = "user:{id}")]
async fn in_four_groups(id: u64, #[cached(skip)] body: &Body) -> Profile {
    body.load(id).await
}

impl<const GROUPS: usize> Ours<GROUPS> {
    fn connect(url: &str) -> anyhow::Result<Self> {
        let cache = Cache::builder()
            .redis_url(url)
            .namespace(format!("miss-{GROUPS}"))
            // A busy machine must not turn a miss into an outage.
            .op_timeout(Duration::from_secs(10))
            .build()?;
        Ok(Self { cache })
    }
}

impl<const GROUPS: usize> Miss for Ours<GROUPS> {
    async fn miss(&self, id: u64, body: &Body) -> anyhow::Result<Profile> {
        Ok(match GROUPS {
            2 => in_two_groups(id, body).await,
            _ => in_four_groups(id, body).await,
        })
    }

    fn within<F: Future + Send>(&self, work: F) -> impl Future<Output = F::Output> + Send {
        self.cache.scope(work)
    }

    async fn settled(&self) -> anyhow::Result<()> {
        for _ in 0..10_000 {
            let total = self.cache.stats().total;
            if total.stores >= total.loads {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        bail!("not all was stored: {:?}", self.cache.stats().total)
    }
}
