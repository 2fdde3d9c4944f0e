//! The loops: many tasks for a while, or one thread alone.
//!
//! What calls a contestant is compiled for each of them, so that it is inlined as far as it is in a user's program;
//! what runs these loops is compiled once.

use std::hint::black_box;
use std::pin::Pin;
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

/// How often all keys are called until none is a miss: a cache may store in the background.
const PASSES: u32 = 50;

/// Calls between two looks at the clock, which takes as long as a hit in memory.
const CALLS: u32 = 1_000;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = anyhow::Result<T>> + Send + 'a>>;

/// A contestant and its value, with their types forgotten.
pub(crate) trait Measured: Send + Sync {
    /// Fills the cache, then makes sure that every key is a hit with the value that the body gives.
    fn warm(&self) -> Boxed<'_, ()>;

    /// One of many tasks: calls in turns until told to stop; how many.
    fn task(&self, stop: Arc<AtomicBool>, number: u64) -> Boxed<'static, u64>;

    /// So many hits, and nothing else.
    fn hits(&self, calls: u32) -> Boxed<'_, ()>;

    /// One hit, in nanoseconds.
    fn hit(&self, turn: u64) -> Boxed<'_, f64>;
}

struct Typed<V, C> {
    contestant: C,
    value: std::marker::PhantomData<fn() -> V>,
}

pub(crate) fn measured<V: Subject, C: Contestant<V>>(contestant: C) -> Box<dyn Measured> {
    Box::new(Typed {
        contestant,
        value: std::marker::PhantomData::<fn() -> V>,
    })
}

impl<V: Subject, C: Contestant<V>> Measured for Typed<V, C> {
    fn warm(&self) -> Boxed<'_, ()> {
        Box::pin(self.contestant.within(fill(&self.contestant)))
    }

    fn task(&self, stop: Arc<AtomicBool>, number: u64) -> Boxed<'static, u64> {
        Box::pin(run(self.contestant.clone(), stop, number))
    }

    fn hits(&self, calls: u32) -> Boxed<'_, ()> {
        Box::pin(self.contestant.within(hits(&self.contestant, calls)))
    }

    fn hit(&self, turn: u64) -> Boxed<'_, f64> {
        Box::pin(self.contestant.within(hit(&self.contestant, turn)))
    }
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

async fn hits<V: Subject, C: Contestant<V>>(contestant: &C, calls: u32) -> anyhow::Result<()> {
    let mut id = 0;
    for _ in 0..calls {
        black_box(contestant.call(black_box(id)).await?);
        id = (id + STRIDE) % V::KEYS;
    }
    Ok(())
}

async fn hit<V: Subject, C: Contestant<V>>(contestant: &C, turn: u64) -> anyhow::Result<f64> {
    let id = turn.wrapping_mul(STRIDE) % V::KEYS;
    let begun = Instant::now();
    black_box(contestant.call(black_box(id)).await?);
    Ok(begun.elapsed().as_secs_f64() * 1e9)
}

/// Hits per second of `tasks` tasks together, for as long as `span`.
pub(crate) fn throughput(
    measured: &dyn Measured,
    runtime: &Runtime,
    tasks: u32,
    span: Duration,
) -> anyhow::Result<f64> {
    let stop = Arc::new(AtomicBool::new(false));
    let loaded = loads();
    let begun = Instant::now();
    let running: Vec<_> = (0..tasks)
        .map(|task| runtime.spawn(measured.task(Arc::clone(&stop), u64::from(task))))
        .collect();
    std::thread::sleep(span);
    stop.store(true, Ordering::Relaxed);
    let elapsed = begun.elapsed();
    let mut calls = 0;
    for task in running {
        calls += runtime.block_on(task).context("a task panicked")??;
    }
    none_loaded_since(loaded)?;
    Ok(per_second(calls, elapsed))
}

/// Nanoseconds per hit of one thread alone, over about `span`.
pub(crate) fn latency(
    measured: &dyn Measured,
    runtime: &Runtime,
    span: Duration,
) -> anyhow::Result<f64> {
    let loaded = loads();
    let begun = Instant::now();
    let mut calls = 0;
    loop {
        runtime.block_on(measured.hits(CALLS))?;
        calls += u64::from(CALLS);
        let elapsed = begun.elapsed();
        if elapsed >= span {
            none_loaded_since(loaded)?;
            return Ok(1e9 / per_second(calls, elapsed));
        }
    }
}

/// Nanoseconds of one hit.
pub(crate) fn call(measured: &dyn Measured, runtime: &Runtime, turn: u64) -> anyhow::Result<f64> {
    let loaded = loads();
    let time = runtime.block_on(measured.hit(turn))?;
    none_loaded_since(loaded)?;
    Ok(time)
}

fn none_loaded_since(loaded: u64) -> anyhow::Result<()> {
    ensure!(loads() == loaded, "{} hits were misses", loads() - loaded);
    Ok(())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a count of calls is far below 2^52"
)]
fn per_second(calls: u64, elapsed: Duration) -> f64 {
    calls as f64 / elapsed.as_secs_f64()
}
