//! Two processes share one Redis: what the first one computed, the second one finds.
//!
//! ```text
//! REDIS_URL=redis://127.0.0.1 cargo run -p examples --bin two_processes
//! ```
//!
//! The program starts itself a second time and prints something like
//!
//! ```text
//!  first process, miss: 77031 takes 350 steps, after 310.4ms
//! second process,  hit: 77031 takes 350 steps, after 0.4ms
//! ```
//!
//! Run again within a minute, the first process hits too. Look at what is stored:
//!
//! ```text
//! redis-cli --scan --pattern 'cached:chains:*'
//! ```

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context;
use cached_core::{Cache, cached};
use serde::{Deserialize, Serialize};

/// The number below the limit that takes longest to fall to one (Collatz).
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Chain {
    start: u64,
    steps: usize,
}

#[cached(ttl = "1m", prefix = "chains:{below}")]
async fn longest_chain(below: u64) -> Option<Chain> {
    let steps = |start| {
        let next = |n: &u64| match n {
            1 => None,
            n if n.is_multiple_of(2) => Some(n / 2),
            n => Some(3 * n + 1),
        };
        std::iter::successors(Some(start), next).count() - 1
    };
    let chains = (1..below).map(|start| Chain {
        start,
        steps: steps(start),
    });
    chains.max_by_key(|chain| chain.steps)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    if std::env::var_os("REDIS_URL").is_none() {
        eprintln!(
            "two processes share a cache through Redis: set REDIS_URL, such as redis://127.0.0.1"
        );
        std::process::exit(2);
    }
    let cache = Cache::from_env()?;
    cache.install()?;
    cache
        .ready(Duration::from_secs(2))
        .await
        .context("Redis does not answer at REDIS_URL")?;

    let second = std::env::args()
        .nth(1)
        .is_some_and(|argument| argument == "second");
    let started = Instant::now();
    let Chain { start, steps } = longest_chain(100_000)
        .await
        .context("there is a number below 100000")?;
    let took = started.elapsed();
    let found = if cache.stats().total.hits > 0 {
        "hit"
    } else {
        "miss"
    };
    let process = if second { "second" } else { "first" };
    println!("{process:>6} process, {found:>4}: {start} takes {steps} steps, after {took:.1?}");
    cache.shutdown().await;

    if !second {
        let status = Command::new(std::env::current_exe()?)
            .arg("second")
            .status()?;
        anyhow::ensure!(status.success(), "the second process failed: {status}");
    }
    Ok(())
}
