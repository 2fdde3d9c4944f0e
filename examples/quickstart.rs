//! One cached function: a miss, a hit, an expiry, and the statistics.
//!
//! ```text
//! cargo run -p examples --bin quickstart
//! ```
//!
//! It needs no server and prints something like
//!
//! ```text
//! entries live in this process; set REDIS_URL to share them
//! miss: 25997 primes below 300000, after 212.3ms
//!  hit: 25997 primes below 300000, after 3.1µs
//! ... three seconds later
//! miss: 25997 primes below 300000, after 209.9ms
//! hits 1, misses 2, loads 2, hit rate 33 %
//! ```
//!
//! With `REDIS_URL=redis://127.0.0.1` the entry lives in Redis: start the program again within three seconds, and its
//! first call is a hit.

use std::time::{Duration, Instant};

use cached_core::{Cache, cached};

/// Counts primes, slowly: it tries them all.
#[cached(ttl = "3s", prefix = "primes:{below}")]
async fn primes(below: u32) -> usize {
    let is_prime = |n: &u32| {
        (2..*n)
            .take_while(|d| d * d <= *n)
            .all(|d| !n.is_multiple_of(d))
    };
    (2..below).filter(is_prime).count()
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cache = Cache::from_env()?;
    cache.install()?;
    match std::env::var_os("REDIS_URL") {
        Some(_) => println!("entries live in Redis, shared with every process that uses it"),
        None => println!("entries live in this process; set REDIS_URL to share them"),
    }

    timed(&cache).await;
    timed(&cache).await;
    println!("... three seconds later");
    tokio::time::sleep(Duration::from_millis(3100)).await;
    timed(&cache).await;

    let stats = cache.stats().total;
    println!(
        "hits {}, misses {}, loads {}, hit rate {:.0} %",
        stats.hits,
        stats.misses,
        stats.loads,
        stats.hit_rate() * 100.0
    );
    cache.shutdown().await;
    Ok(())
}

/// Calls the function as any caller would, and prints what the cache made of it.
async fn timed(cache: &Cache) {
    let before = cache.stats().total;
    let started = Instant::now();
    let count = primes(300_000).await;
    let took = started.elapsed();
    let found = if cache.stats().total.hits > before.hits {
        "hit"
    } else {
        "miss"
    };
    println!("{found:>4}: {count} primes below 300000, after {took:.1?}");
}
