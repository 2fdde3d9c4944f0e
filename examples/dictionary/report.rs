//! The closing table.

use std::fmt::Write;
use std::time::Duration;

/// The latencies of many calls.
#[derive(Debug, Default)]
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    pub(crate) fn add(&mut self, latency: Duration) {
        self.0.push(latency);
    }

    fn count(&self) -> usize {
        self.0.len()
    }

    /// The latency that `percent` of the calls did not exceed.
    fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100);
        sorted
            .get(rank.saturating_sub(1))
            .copied()
            .unwrap_or_default()
    }
}

pub(crate) fn table(uncached: &Latencies, cached: &Latencies, hits: u64) -> String {
    let mut table = format!(
        "{:9}{:>9}{:>12}{:>17}\n",
        "", "lookups", "median", "95th percentile"
    );
    for (name, latencies) in [("uncached", uncached), ("cached", cached)] {
        // Writing to a string cannot fail.
        let _ = writeln!(
            table,
            "{name:9}{:>9}{:>12}{:>17}",
            latencies.count(),
            readable(latencies.percentile(50)),
            readable(latencies.percentile(95)),
        );
    }
    let median = |latencies: &Latencies| latencies.percentile(50).as_secs_f64();
    let faster = median(uncached) / median(cached).max(f64::EPSILON);
    let rate = 100.0 * hits as f64 / cached.count().max(1) as f64;
    let _ = write!(
        table,
        "hit rate {rate:.1} %, median {faster:.0} times faster"
    );
    table
}

fn readable(latency: Duration) -> String {
    let microseconds = latency.as_secs_f64() * 1e6;
    if microseconds < 1000.0 {
        format!("{microseconds:.1} µs")
    } else {
        format!("{:.2} ms", microseconds / 1000.0)
    }
}
