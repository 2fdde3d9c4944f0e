//! Who makes callers share a load: maps by hand, moka, and ours.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use cached_core::{Cache, cached};
use tokio::runtime::Runtime;
use tokio::sync::{OnceCell, watch};

use super::{Load, Waits, stampede};
use crate::options::Named;
use crate::subject::{Profile, Subject};

/// A contestant under its name, with its type forgotten.
pub(super) struct Way {
    name: &'static str,
    pub(super) run: Box<Run>,
}

type Run = dyn Fn(&Runtime) -> anyhow::Result<Waits>;

impl Way {
    fn new<V: Subject>(name: &'static str, contestant: impl Answers<V>) -> Self {
        Self {
            name,
            run: Box::new(move |runtime| stampede(&contestant, runtime)),
        }
    }
}

impl Named for Way {
    fn name(&self) -> &'static str {
        self.name
    }
}

/// One way to let callers share a load.
pub(super) trait Answers<V>: Clone + Send + Sync + 'static {
    fn answer(&self, id: u64, load: &Load) -> impl Future<Output = anyhow::Result<V>> + Send;

    /// Wraps what one caller does.
    fn within<F: Future + Send>(&self, work: F) -> impl Future<Output = F::Output> + Send {
        work
    }
}

/// The first is what ratios are to; and it is the last, once more.
pub(super) async fn all<V: Subject>(url: &str) -> anyhow::Result<Vec<Way>>
where
    Ours: Answers<V>,
{
    let cells = Cells::<V>::default();
    Ok(vec![
        Way::new(
            "hand-written: a map of `tokio::sync::OnceCell`",
            cells.clone(),
        ),
        Way::new(
            "hand-written: a map of `tokio::sync::watch`",
            Watches::<V>::default(),
        ),
        Way::new("moka: `get_with`", Moka::<V>::new()),
        Way::new("ours: in memory", Ours::in_memory()?),
        Way::new("ours: on Redis", Ours::on_redis(url).await?),
        Way::new("noise: the first once more", cells),
    ])
}

#[derive(Clone)]
struct Cells<V> {
    cells: Arc<Mutex<HashMap<u64, Arc<OnceCell<V>>>>>,
}

impl<V> Default for Cells<V> {
    fn default() -> Self {
        let cells = Arc::default();
        Self { cells }
    }
}

impl<V: Subject> Answers<V> for Cells<V> {
    async fn answer(&self, id: u64, load: &Load) -> anyhow::Result<V> {
        let cell = {
            let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(cells.entry(id).or_default())
        };
        Ok(cell.get_or_init(|| load.run(id)).await.clone())
    }
}

#[derive(Clone)]
struct Watches<V> {
    receivers: Arc<Mutex<HashMap<u64, watch::Receiver<Option<V>>>>>,
}

impl<V> Default for Watches<V> {
    fn default() -> Self {
        let receivers = Arc::default();
        Self { receivers }
    }
}

impl<V: Subject> Answers<V> for Watches<V> {
    async fn answer(&self, id: u64, load: &Load) -> anyhow::Result<V> {
        let (sender, mut receiver) = {
            let mut receivers = self
                .receivers
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(receiver) = receivers.get(&id) {
                (None, receiver.clone())
            } else {
                let (sender, receiver) = watch::channel(None);
                receivers.insert(id, receiver.clone());
                (Some(sender), receiver)
            }
        };
        if let Some(sender) = sender {
            let value: V = load.run(id).await;
            sender.send_replace(Some(value.clone()));
            return Ok(value);
        }
        let value = receiver.wait_for(Option::is_some).await?;
        value.clone().context("there is one")
    }
}

#[derive(Clone)]
struct Moka<V: Subject> {
    cache: moka::future::Cache<u64, V>,
}

impl<V: Subject> Moka<V> {
    fn new() -> Self {
        let cache = moka::future::Cache::builder()
            .max_capacity(10_000)
            .time_to_live(Duration::from_hours(1))
            .build();
        Self { cache }
    }
}

impl<V: Subject> Answers<V> for Moka<V> {
    async fn answer(&self, id: u64, load: &Load) -> anyhow::Result<V> {
        Ok(self.cache.get_with(id, load.run(id)).await)
    }
}

#[derive(Clone)]
pub(super) struct Ours {
    cache: Cache,
}

#[cached(ttl = "1h", prefix = "number:{id}")]
async fn number(id: u64, #[cached(skip)] load: &Load) -> u64 {
    load.run(id).await
}

#[cached(ttl = "1h", prefix = "user:{id}:profile")]
async fn profile(id: u64, #[cached(skip)] load: &Load) -> Profile {
    load.run(id).await
}

impl Ours {
    fn in_memory() -> anyhow::Result<Self> {
        let cache = Cache::in_memory()?;
        Ok(Self { cache })
    }

    async fn on_redis(url: &str) -> anyhow::Result<Self> {
        let cache = Cache::builder()
            .redis_url(url)
            .namespace("stampede")
            .build()?;
        cache.ready(Duration::from_secs(10)).await?;
        Ok(Self { cache })
    }
}

impl Answers<u64> for Ours {
    async fn answer(&self, id: u64, load: &Load) -> anyhow::Result<u64> {
        Ok(number(id, load).await)
    }

    fn within<F: Future + Send>(&self, work: F) -> impl Future<Output = F::Output> + Send {
        self.cache.scope(work)
    }
}

impl Answers<Profile> for Ours {
    async fn answer(&self, id: u64, load: &Load) -> anyhow::Result<Profile> {
        Ok(profile(id, load).await)
    }

    fn within<F: Future + Send>(&self, work: F) -> impl Future<Output = F::Output> + Send {
        self.cache.scope(work)
    }
}
