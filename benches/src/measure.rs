//! The loops: many tasks for a while, or one thread alone.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use tokio::runtime::Runtime;

use crate::contestant::Contestant;
use crate::subject::{Subject, loads};

/// Calls between two looks at the other tasks: a hit in memory never yields by itself.
const TURN: u32 = 128;

/// The walk over the keys: a stride prime to the number of keys, so that every key is met and neighbours are not.
const STRIDE: u64 = 617;

/// How often all keys are called until none is a miss: a cache may store behind the answer.
const PASSES: u32 = 50;

/// Fills the cache, then makes sure that every key is a hit with the value that the body gives.
pub(crate) async fn warm<V: Subject, C: Contestant<V>>(contestant: &C) -> anyhow::Result<()> {
    contestant.within(fill(contestant)).await
}

async fn fill<V: Subject, C: Contestant<V>>(contestant: &C) -> anyhow::Result<()> {
    for _ in 0..PASSES {
        let loaded = loads();
        for id in 0..V::KEYS {
            let value = contestant.call(id).await?;
            ensure!(value == V::of(id), "key {id} came back as {value:?}");
        }
        if loads() == loaded {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("some keys are misses after {PASSES} calls")
}

/// Hits per second of `tasks` tasks together, for as long as `span`.
pub(crate) fn throughput<V: Subject, C: Contestant<V>>(
    contestant: &C,
    runtime: &Runtime,
    tasks: u32,
    span: Duration,
) -> anyhow::Result<f64> {
    let stop = Arc::new(AtomicBool::new(false));
    let loaded = loads();
    let begun = Instant::now();
    let running: Vec<_> = (0..tasks)
        .map(|task| runtime.spawn(run(contestant.clone(), Arc::clone(&stop), u64::from(task))))
        .collect();
    std::thread::sleep(span);
    stop.store(true, Ordering::Relaxed);
    let elapsed = begun.elapsed();
    let mut calls = 0;
    for task in running {
        calls += runtime.block_on(task).context("a task panicked")??;
    }
    ensure!(loads() == loaded, "{} hits were misses", loads() - loaded);
    Ok(per_second(calls, elapsed))
}

/// One task: calls in turns until told to stop; returns how many.
async fn run<V: Subject, C: Contestant<V>>(
    contestant: C,
    stop: Arc<AtomicBool>,
    task: u64,
) -> anyhow::Result<u64> {
    contestant
        .within(async {
            let mut id = task % V::KEYS;
            let mut calls = 0;
            loop {
                for _ in 0..TURN {
                    black_box(contestant.call(black_box(id)).await?);
                    id = (id + STRIDE) % V::KEYS;
                    calls += 1;
                    if stop.load(Ordering::Relaxed) {
                        return Ok(calls);
                    }
                }
                tokio::task::yield_now().await;
            }
        })
        .await
}

/// Nanoseconds per hit of one thread alone, over about `span`.
pub(crate) fn latency<V: Subject, C: Contestant<V>>(
    contestant: &C,
    span: Duration,
) -> anyhow::Result<f64> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let loaded = loads();
    let (calls, elapsed) = runtime.block_on(contestant.within(alone(contestant, span)))?;
    ensure!(loads() == loaded, "{} hits were misses", loads() - loaded);
    Ok(1e9 / per_second(calls, elapsed))
}

async fn alone<V: Subject, C: Contestant<V>>(
    contestant: &C,
    span: Duration,
) -> anyhow::Result<(u64, Duration)> {
    let begun = Instant::now();
    let (mut id, mut calls) = (0, 0);
    loop {
        // A clock read costs as much as a hit, so one serves a whole round of the keys.
        for _ in 0..V::KEYS {
            black_box(contestant.call(black_box(id)).await?);
            id = (id + STRIDE) % V::KEYS;
        }
        calls += V::KEYS;
        let elapsed = begun.elapsed();
        if elapsed >= span {
            return Ok((calls, elapsed));
        }
    }
}

/// So many hits, and nothing else.
pub(crate) async fn hits<V: Subject, C: Contestant<V>>(
    contestant: &C,
    calls: u32,
) -> anyhow::Result<()> {
    let loaded = loads();
    let work = async {
        let mut id = 0;
        for _ in 0..calls {
            black_box(contestant.call(black_box(id)).await?);
            id = (id + STRIDE) % V::KEYS;
        }
        anyhow::Ok(())
    };
    contestant.within(work).await?;
    ensure!(loads() == loaded, "{} hits were misses", loads() - loaded);
    Ok(())
}

/// Nanoseconds of one hit.
pub(crate) async fn call<V: Subject, C: Contestant<V>>(
    contestant: &C,
    turn: u64,
) -> anyhow::Result<f64> {
    let id = turn.wrapping_mul(STRIDE) % V::KEYS;
    let loaded = loads();
    let timed = contestant.within(async {
        let begun = Instant::now();
        black_box(contestant.call(black_box(id)).await?);
        anyhow::Ok(begun.elapsed())
    });
    let time = timed.await?;
    ensure!(loads() == loaded, "a hit was a miss");
    Ok(time.as_secs_f64() * 1e9)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a count of calls is far below 2^52"
)]
fn per_second(calls: u64, elapsed: Duration) -> f64 {
    calls as f64 / elapsed.as_secs_f64()
}
