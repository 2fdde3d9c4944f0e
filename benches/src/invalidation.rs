//! What it takes to invalidate one group, by the number of keys there are; and what a group takes of the server.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use cached_core::{Cache, cached};
use deadpool_redis::redis::{self, AsyncCommands as _, AsyncIter, aio::MultiplexedConnection};

use crate::options::Options;
use crate::rounds::{Cell, Row, median};
use crate::server::Server;
use crate::subject::{Profile, Subject as _, load};
use crate::table;

/// How often a group is invalidated on each server in one round.
const TIMES: u32 = 200;

/// Entries of ours among the keys, to see that they are gone.
const ENTRIES: u64 = 100;

#[cached(ttl = "1h", prefix = "user:42:item", tags = ["shop"])]
async fn item(id: u64) -> Profile {
    load(id).await
}

/// A server with this many keys in the group.
struct Field {
    keys: u32,
    cache: Cache,
    connection: MultiplexedConnection,
    _server: Server,
}

impl Field {
    async fn sow(keys: u32) -> anyhow::Result<Self> {
        let server = Server::start()?;
        let cache = Cache::builder()
            .redis_url(server.url())
            .namespace("bench")
            .op_timeout(Duration::from_secs(10))
            .build()?;
        let connection = redis::Client::open(server.url())?
            .get_multiplexed_async_connection_with_config(
                &redis::AsyncConnectionConfig::new().set_response_timeout(None),
            )
            .await?;
        let mut field = Self {
            keys,
            cache,
            connection,
            _server: server,
        };
        field.fill().await?;
        Ok(field)
    }

    /// Keys of the form and the size that ours have, written in bulk: their number is what matters.
    async fn fill(&mut self) -> anyhow::Result<()> {
        const BULK: u32 = 10_000;
        let value = serde_json::to_vec(&Profile::of(7))?;
        let value = [vec![b'x'; 300], value].concat();
        for first in (0..self.keys).step_by(BULK as usize) {
            let mut bulk = redis::pipe();
            for key in first..self.keys.min(first + BULK) {
                let key = format!("bench:user:42:item:{key:032x}");
                bulk.set_ex(key, &value, 3_600).ignore();
            }
            bulk.query_async::<()>(&mut self.connection).await?;
        }
        Ok(())
    }

    /// Nanoseconds of one invalidation of ours; the entries are gone afterwards.
    async fn invalidate(&self) -> anyhow::Result<f64> {
        self.cache
            .scope(async {
                for id in 0..ENTRIES {
                    item(id).await;
                }
                let mut times = Vec::new();
                for _ in 0..TIMES {
                    // A marker to delete.
                    item(0).await;
                    let begun = Instant::now();
                    let invalidated = self.cache.invalidate("user:42:*").await?;
                    times.push(nanoseconds(begun.elapsed()));
                    ensure!(invalidated.is_applied(), "the server did not answer");
                }
                for id in 0..ENTRIES {
                    ensure!(item::peek(id).await.is_none(), "entry {id} is still there");
                }
                Ok(median(times))
            })
            .await
    }

    /// Nanoseconds of what people write by hand: all keys are walked over, and those that match deleted.
    async fn scan_and_unlink(&mut self) -> anyhow::Result<f64> {
        const BATCH: usize = 1_000;
        let begun = Instant::now();
        let mut walker = self.connection.clone();
        let options = redis::ScanOptions::default()
            .with_pattern("bench:user:42:*")
            .with_count(BATCH);
        let mut found: AsyncIter<'_, String> = walker.scan_options(options).await?;
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(key) = found.next_item().await {
            batch.push(key?);
            if batch.len() == BATCH {
                self.connection.unlink::<_, ()>(&batch).await?;
                batch.clear();
            }
        }
        if !batch.is_empty() {
            self.connection.unlink::<_, ()>(&batch).await?;
        }
        let time = nanoseconds(begun.elapsed());
        let left: u64 = redis::cmd("DBSIZE")
            .query_async(&mut self.connection)
            .await?;
        ensure!(left < 10, "{left} keys are left");
        self.fill().await?;
        Ok(time)
    }
}

/// Measures both ways on servers of every size in turn, and prints a table and what a group takes.
pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let mut fields = Vec::new();
    for &keys in &options.keys {
        eprintln!("Invalidation: {keys} keys");
        fields.push(Field::sow(keys).await.context("filling a server")?);
    }
    let mut runs = Vec::new();
    for _ in 0..options.runs {
        let mut ours = vec![Vec::new(); fields.len()];
        let mut by_hand = ours.clone();
        for _ in 0..options.rounds {
            for (field, times) in fields.iter().zip(&mut ours) {
                times.push(field.invalidate().await?);
            }
        }
        for (field, times) in fields.iter_mut().zip(&mut by_hand) {
            // It takes its time, and the difference is no matter of rounds.
            for _ in 0..options.rounds.min(3) {
                times.push(field.scan_and_unlink().await?);
            }
        }
        runs.push(vec![
            row("ours: `invalidate(\"user:42:*\")`", ours),
            row("by hand: SCAN and UNLINK", by_hand),
        ]);
    }
    print!(
        "{}",
        table::times("Invalidating one group", &options.keys, &runs)
    );
    let field = fields.first_mut().context("no number of keys was given")?;
    println!(
        "\n{}",
        footprint(&mut field.connection, &field.cache).await?
    );
    Ok(())
}

/// Medians, and how many times the first one each is.
fn row(name: &'static str, times: Vec<Vec<f64>>) -> Row {
    let values: Vec<f64> = times.into_iter().map(median).collect();
    let first = values.first().copied().unwrap_or(f64::NAN);
    let cells = values
        .into_iter()
        .map(|value| Cell {
            value,
            ratio: value / first,
        })
        .collect();
    Row { name, cells }
}

#[cached(ttl = "1h", prefix = "u:{id}")]
async fn in_a_group_of_its_own(id: u64) -> u64 {
    load(id).await
}

#[cached(ttl = "1h", prefix = "v")]
async fn in_shared_groups(id: u64) -> u64 {
    load(id).await
}

/// Bytes that one more group takes of the server: its marker, and the token in each entry.
async fn footprint(
    connection: &mut MultiplexedConnection,
    cache: &Cache,
) -> anyhow::Result<String> {
    const MANY: u64 = 20_000;
    let used = async |connection: &mut MultiplexedConnection| -> anyhow::Result<u64> {
        let info: String = redis::cmd("INFO")
            .arg("memory")
            .query_async(connection)
            .await?;
        let line = info
            .lines()
            .find_map(|line| line.strip_prefix("used_memory:"));
        Ok(line.context("no used_memory")?.trim().parse()?)
    };
    let grown = async |connection: &mut MultiplexedConnection, own: bool| -> anyhow::Result<u64> {
        redis::cmd("FLUSHALL").query_async::<()>(connection).await?;
        let before = used(connection).await?;
        let stores = cache.stats().total.stores;
        cache
            .scope(async {
                for id in 0..MANY {
                    if own {
                        in_a_group_of_its_own(id).await;
                    } else {
                        in_shared_groups(id).await;
                    }
                }
            })
            .await;
        while cache.stats().total.stores < stores + MANY {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok((used(connection).await? - before) / MANY)
    };
    let (shared, own) = (
        grown(connection, false).await?,
        grown(connection, true).await?,
    );
    let marker: u64 = redis::cmd("MEMORY")
        .arg("USAGE")
        .arg("bench:%g:u")
        .query_async(connection)
        .await?;
    Ok(format!(
        "A group takes {marker} bytes for its marker (MEMORY USAGE). An entry with a group of its own more takes \
         {} bytes more, marker included ({own} for {shared}).",
        own.saturating_sub(shared)
    ))
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn nanoseconds(time: Duration) -> f64 {
    time.as_nanos() as f64
}
