//! A thousand callers ask for one thing at the same moment. It is loaded once.
//!
//! ```text
//! cargo run -p examples --bin stampede
//! ```
//!
//! It needs no server (`REDIS_URL` is used if set) and prints something like
//!
//! ```text
//! 1000 callers, 1 run of the body
//! everybody got [6, 28, 496, 8128], the slowest after 280ms
//! hits 0, misses 1000, loads 1, shared 999
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use cached_core::{Cache, cached};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

const CALLERS: u32 = 1000;

static RUNS: AtomicU32 = AtomicU32::new(0);

/// Takes a while, on a thread of its own, so that every caller arrives before the first answer is there.
#[cached(ttl = "5s", prefix = "perfect:{below}")]
async fn perfect_numbers(below: u32) -> Vec<u32> {
    RUNS.fetch_add(1, Ordering::Relaxed);
    let search = move || {
        (2..below)
            .filter(|n| (1..*n).filter(|d| n % d == 0).sum::<u32>() == *n)
            .collect()
    };
    tokio::task::spawn_blocking(search)
        .await
        .unwrap_or_default()
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cache = Cache::from_env()?;
    cache.install()?;

    let barrier = Arc::new(Barrier::new(CALLERS as usize));
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let barrier = Arc::clone(&barrier);
        callers.spawn(async move {
            barrier.wait().await;
            let started = Instant::now();
            (perfect_numbers(9000).await, started.elapsed())
        });
    }
    let mut answers: Vec<Vec<u32>> = Vec::new();
    let mut slowest = Duration::ZERO;
    while let Some(answer) = callers.join_next().await {
        let (answer, took) = answer?;
        answers.push(answer);
        slowest = slowest.max(took);
    }
    answers.dedup();
    anyhow::ensure!(
        answers.len() == 1,
        "the callers got different answers: {answers:?}"
    );

    let stats = cache.stats().total;
    println!(
        "{CALLERS} callers, {} run of the body",
        RUNS.load(Ordering::Relaxed)
    );
    println!(
        "everybody got {:?}, the slowest after {slowest:.0?}",
        answers.concat()
    );
    println!(
        "hits {}, misses {}, loads {}, shared {}",
        stats.hits, stats.misses, stats.loads, stats.shared
    );
    cache.shutdown().await;
    Ok(())
}
