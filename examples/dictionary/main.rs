//! A dictionary service over SQLite: cached lookups, a warm-up, and what the cache saved.
//!
//! ```text
//! cargo run -p examples --features sqlite --bin dictionary
//! ```
//!
//! With `REDIS_URL` set the entries are shared with every other process, and the second run starts warm.
//! It takes half a minute (after a minute to compile SQLite) and prints, beside a progress bar for each step:
//!
//! ```text
//! river
//!   noun: a large natural stream of water (larger than a creek)
//!   see also: great, lagoon, stream, bay, local
//!
//! warmed up 1000 words in 3.2 s
//!
//!            lookups      median  95th percentile
//! uncached       500     5.21 ms         10.74 ms
//! cached      100000      4.1 µs          12.7 µs
//! hit rate 96.4 %, median 1271 times faster
//! ```
//!
//! Figures are of the machine it runs on. The uncached lookup is slow because of what it asks: which entries share
//! the most, and the rarest, words of their definitions with this one (see `Dictionary::entry`).

mod dictionary;
mod report;
mod trace;

use std::time::Instant;

use cached_core::{Cache, cached};
use examples::progress;
use tokio::task::JoinSet;

use crate::dictionary::{Dictionary, Entry};
use crate::report::Latencies;
use crate::trace::Trace;

/// Looks up a word. One that is not in the book is remembered too, for a shorter time.
#[cached(ttl = "1h", cache_none = "1m", prefix = "dictionary:{word}")]
async fn lookup(
    word: &str,
    #[cached(skip)] book: &Dictionary,
) -> Result<Option<Entry>, sqlx::Error> {
    book.entry(word).await
}

const WARM_WORDS: usize = 1000;
const WARM_AT_ONCE: usize = 4;
const LOOKUPS: usize = 100_000;
const UNCACHED_LOOKUPS: usize = 500;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cache = Cache::from_env()?;
    cache.install()?;

    let words = examples::shipped_words();
    let bar = progress("filling", words.len());
    let book = Dictionary::create(&words, |filled| bar.set_position(filled)).await?;
    bar.finish_and_clear();

    if let Some(entry) = lookup("river", &book).await? {
        println!("{entry}\n");
    }
    warm_up(&book).await?;

    // Words come up as often as people use them, and one in a hundred is mistyped.
    let trace: Vec<String> = Trace::new(book.frequencies()).take(LOOKUPS).collect();
    let mut uncached = Latencies::default();
    for word in trace.iter().take(UNCACHED_LOOKUPS) {
        let started = Instant::now();
        lookup::uncached(word, &book).await?;
        uncached.add(started.elapsed());
    }

    let before = cache.stats().total;
    let mut cached = Latencies::default();
    let bar = progress("reading", trace.len());
    for word in &trace {
        let started = Instant::now();
        lookup(word, &book).await?;
        cached.add(started.elapsed());
        bar.inc(1);
    }
    bar.finish_and_clear();
    let after = cache.stats().total;

    println!(
        "{}",
        report::table(&uncached, &cached, after.hits - before.hits)
    );
    cache.shutdown().await;
    book.remove().await?;
    Ok(())
}

/// Looks up the words that are used most, a few at a time, so that the first readers find them.
async fn warm_up(book: &Dictionary) -> anyhow::Result<()> {
    let words: Vec<String> = book
        .frequencies()
        .iter()
        .take(WARM_WORDS)
        .map(|(word, _)| word.clone())
        .collect();
    let bar = progress("warming up", words.len());
    let started = Instant::now();
    let mut running = JoinSet::new();
    for word in words {
        if running.len() >= WARM_AT_ONCE
            && let Some(done) = running.join_next().await
        {
            done??;
            bar.inc(1);
        }
        let book = book.clone();
        running.spawn(async move { lookup(&word, &book).await });
    }
    while let Some(done) = running.join_next().await {
        done??;
        bar.inc(1);
    }
    bar.finish_and_clear();
    println!(
        "warmed up {WARM_WORDS} words in {:.1} s\n",
        started.elapsed().as_secs_f64()
    );
    Ok(())
}
