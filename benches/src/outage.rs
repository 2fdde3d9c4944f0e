//! What a call costs while Redis is not asked, by what the cache does then.

use std::hint::black_box;
use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use cached_core::{Cache, Error, Outage, cached};

use crate::options::Options;
use crate::rounds::{self, Row, median};
use crate::subject::{Profile, load};
use crate::table;

/// Calls a round, each with an id of its own where it is to load.
const CALLS: u64 = 20_000;

#[cached(ttl = "1h", prefix = "user:{id}:profile")]
async fn profile(id: u64) -> Result<Profile, Error> {
    Ok(load(id).await)
}

#[derive(Clone, Copy)]
enum Way {
    Body,
    Fails,
    Origin,
    Loads,
    Hits,
}

impl Way {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Body, "the body alone"),
        (Self::Origin, "ours, `Origin`: the body"),
        (Self::Loads, "ours, `Memory`: the body, kept"),
        (Self::Hits, "ours, `Memory`: a hit"),
        (Self::Fails, "ours, `Fail`: an error"),
    ];

    fn outage(self) -> Outage {
        match self {
            Self::Origin => Outage::Origin,
            Self::Fails => Outage::Fail,
            Self::Body | Self::Loads | Self::Hits => Outage::Memory,
        }
    }
}

/// Prints the median of one call each way, and how much more than the body that is.
pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    eprintln!("Outage: a few seconds");
    let mut caches = Vec::new();
    for (way, _) in Way::ALL {
        caches.push(without_redis(way.outage()).await?);
    }
    let mut runs = Vec::new();
    let mut first = 0;
    for _ in 0..options.runs {
        let mut rounds = Vec::new();
        for _ in 0..options.rounds {
            let mut times = Vec::new();
            for ((way, _), cache) in Way::ALL.iter().zip(&caches) {
                times.push(cache.scope(calls(*way, first)).await?);
            }
            rounds.push(times);
            first += CALLS;
        }
        let mut rows = rounds::rows(Way::ALL.iter().map(|(_, name)| *name));
        rounds::add_column(&mut rows, &rounds);
        runs.push(rows);
    }
    print!("{}", table::latency("One call while Redis is away", &runs));
    let values = |row: &Row| row.cells.first().map_or(f64::NAN, |cell| cell.value);
    let medians: Vec<f64> = runs.iter().flatten().map(values).collect();
    let body = *medians.first().context("nothing was measured")?;
    let most = medians.iter().fold(0.0_f64, |most, &time| most.max(time));
    println!(
        "\nAt most {:.1} µs more than the body.",
        (most - body) / 1e3
    );
    Ok(())
}

/// A cache that has given up a server which is not there.
async fn without_redis(outage: Outage) -> anyhow::Result<Cache> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    drop(listener);
    let cache = Cache::builder()
        .redis_url(format!("redis://{address}"))
        .outage(outage)
        .build()?;
    for _ in 0..100 {
        let _ = cache.get::<u64>("any").await;
    }
    let errors = cache.stats().total.errors;
    ensure!(errors >= 5, "the server answers, or is still asked");
    Ok(cache)
}

/// The median time of a call in nanoseconds.
async fn calls(way: Way, first: u64) -> anyhow::Result<f64> {
    if matches!(way, Way::Hits) {
        profile(0).await?;
    }
    let mut times = Vec::new();
    for id in first..first + CALLS {
        let id = if matches!(way, Way::Hits) { 0 } else { id };
        let begun = Instant::now();
        let value = match way {
            Way::Body => Ok(load::<Profile>(black_box(id)).await),
            _ => profile(black_box(id)).await,
        };
        let time = begun.elapsed();
        ensure!(
            black_box(value).is_err() == matches!(way, Way::Fails),
            "it did something else"
        );
        times.push(nanoseconds(time));
    }
    Ok(median(times))
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn nanoseconds(time: Duration) -> f64 {
    time.as_nanos() as f64
}
