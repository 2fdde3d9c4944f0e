//! Bytes that an entry takes of memory: `cargo run --release --bin footprint`.
//!
//! A program of its own, since an allocator that counts would slow down what the other one measures. Each figure
//! comes from a fresh process of one thread: all bytes that are allocated and not given back once the entries are
//! there, by what was asked of the allocator, divided by their number.

use std::any::Any;
use std::process::Command;
use std::time::Duration;

use allocation_counter::measure;
use anyhow::{Context as _, bail, ensure};
use cached::macros::concurrent_cached;
use cached_core::{Cache, cached};
use moka::sync::Cache as Moka;
use serde::{Deserialize, Serialize};

/// A table doubles when it is full: one just short of that, and two with more room than they need.
const ENTRIES: [u64; 3] = [70_000, 100_000, 150_000];

const HOUR: Duration = Duration::from_hours(1);

const CONTESTANTS: [&str; 5] = [
    "moka: used directly",
    "cached 4.1: sharded by macro, ttl",
    "cached 4.1: sharded by macro, ttl and bound",
    "ours: cached-core by macro",
    "floor: a list of keys and values",
];

const VALUES: [&str; 2] = ["u64", "six allocations"];

/// The struct of the other program.
#[derive(Clone, Serialize, Deserialize)]
struct Profile {
    id: u64,
    name: String,
    email: String,
    city: String,
    about: String,
    score: u64,
    active: bool,
    tags: Vec<String>,
}

trait Value: Clone + Send + Sync + 'static {
    fn of(id: u64) -> Self;
}

impl Value for u64 {
    fn of(id: u64) -> Self {
        id
    }
}

impl Value for Profile {
    fn of(id: u64) -> Self {
        Self {
            id,
            name: format!("Grace Hopper the {id:06}th")
                .into_boxed_str()
                .into(),
            email: format!("grace.hopper.{id:06}@example.org")
                .into_boxed_str()
                .into(),
            city: "Arlington, Virginia".to_owned(),
            about: "Likes compilers, nanoseconds made of wire, and clocks that run backwards."
                .to_owned(),
            score: id,
            active: true,
            tags: vec!["navy".to_owned()],
        }
    }
}

#[cached(ttl = "1h", prefix = "number:{id}")]
async fn our_number(id: u64) -> u64 {
    Value::of(id)
}

#[cached(ttl = "1h", prefix = "user:{id}:profile")]
async fn our_profile(id: u64) -> Profile {
    Value::of(id)
}

#[concurrent_cached(ttl_secs = 3_600)]
fn their_number(id: u64) -> u64 {
    Value::of(id)
}

#[concurrent_cached(ttl_secs = 3_600)]
fn their_profile(id: u64) -> Profile {
    Value::of(id)
}

#[concurrent_cached(ttl_secs = 3_600, max_size = 200_000)]
fn their_bounded_number(id: u64) -> u64 {
    Value::of(id)
}

#[concurrent_cached(ttl_secs = 3_600, max_size = 200_000)]
fn their_bounded_profile(id: u64) -> Profile {
    Value::of(id)
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => table(),
        [contestant, value, entries] => {
            println!("{}", held(contestant, value, entries.parse()?)?);
            Ok(())
        }
        _ => bail!("takes no arguments"),
    }
}

/// Prints bytes of each contestant, and how many times the first one's they are.
fn table() -> anyhow::Result<()> {
    for value in VALUES {
        println!("\nOne entry in memory, {value} (bytes · ratio)\n");
        let heads = ENTRIES
            .map(|entries| format!(" {entries} entries |"))
            .concat();
        println!(
            "| contestant |{heads}\n|---|{}",
            "--:|".repeat(ENTRIES.len())
        );
        let mut first = None;
        for contestant in CONTESTANTS {
            let bytes = ENTRIES
                .iter()
                .map(|entries| in_a_process(contestant, value, *entries))
                .collect::<anyhow::Result<Vec<f64>>>()?;
            let first = first.get_or_insert_with(|| bytes.clone());
            let cells = bytes.iter().zip(first);
            let cells =
                cells.map(|(bytes, first)| format!(" {bytes:.0} · {:.2} |", bytes / *first));
            println!("| {contestant} |{}", cells.collect::<String>());
        }
    }
    Ok(())
}

/// Bytes of one entry.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn in_a_process(contestant: &str, value: &str, entries: u64) -> anyhow::Result<f64> {
    let output = Command::new(std::env::current_exe()?)
        .args([contestant, value, &entries.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{contestant}`: {said}");
    let bytes: i64 = String::from_utf8(output.stdout)?.trim().parse()?;
    Ok(bytes as f64 / entries as f64)
}

/// Bytes held by a cache of so many entries.
fn held(contestant: &str, value: &str, entries: u64) -> anyhow::Result<i64> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut kept = None;
    let measured = measure(|| {
        kept = Some(runtime.block_on(fill(contestant, value == "u64", entries)));
    });
    let kept = kept.context("nothing was kept")??;
    drop(kept);
    Ok(measured.bytes_current)
}

/// Fills one cache, and returns what keeps it alive; `cached`'s are statics.
async fn fill(contestant: &str, numbers: bool, entries: u64) -> anyhow::Result<Box<dyn Any>> {
    let [moka, sharded, bounded, ours, _] = CONTESTANTS;
    let kept: Box<dyn Any> = match (contestant, numbers) {
        (name, true) if name == moka => Box::new(in_moka::<u64>(entries)),
        (name, false) if name == moka => Box::new(in_moka::<Profile>(entries)),
        (name, true) if name == sharded => Box::new(called(entries, their_number)),
        (name, false) if name == sharded => Box::new(called(entries, their_profile)),
        (name, true) if name == bounded => Box::new(called(entries, their_bounded_number)),
        (name, false) if name == bounded => Box::new(called(entries, their_bounded_profile)),
        (name, true) if name == ours => Box::new(in_ours(entries, our_number).await?),
        (name, false) if name == ours => Box::new(in_ours(entries, our_profile).await?),
        (_, true) => Box::new(listed::<u64>(entries)),
        (_, false) => Box::new(listed::<Profile>(entries)),
    };
    Ok(kept)
}

/// How many calls there were of a function that keeps what it returns.
fn called<V>(entries: u64, function: impl Fn(u64) -> V) -> u64 {
    let mut calls = 0;
    for id in 0..entries {
        function(id);
        calls += 1;
    }
    calls
}

async fn in_ours<V>(entries: u64, function: impl AsyncFn(u64) -> V) -> anyhow::Result<Cache> {
    let cache = Cache::builder().memory_capacity(1 << 30).build()?;
    let calls = async {
        for id in 0..entries {
            function(id).await;
        }
    };
    cache.scope(calls).await;
    while cache.stats().total.stores < entries {
        tokio::task::yield_now().await;
    }
    Ok(cache)
}

fn in_moka<V: Value>(entries: u64) -> Moka<u64, V> {
    let moka = Moka::builder()
        .max_capacity(200_000)
        .time_to_live(HOUR)
        .build();
    for id in 0..entries {
        moka.insert(id, V::of(id));
    }
    moka.run_pending_tasks();
    moka
}

fn listed<V: Value>(entries: u64) -> Box<[(u64, V)]> {
    (0..entries).map(|id| (id, V::of(id))).collect()
}
