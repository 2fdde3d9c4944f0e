//! Random choices that can be repeated: `CACHED_CONSISTENCY_SEED` makes the same ones again.

use std::time::Duration;

/// `SplitMix64` (Steele, Lea and Flood, 2014).
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A generator of its own for another task, or a body.
    pub(crate) fn fork(&mut self) -> Self {
        Self(self.next_number())
    }

    pub(crate) fn next_number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next_number() % limit
    }

    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// Waits for nothing, some turns of the scheduler, or some milliseconds.
    pub(crate) async fn pause(&mut self) {
        match self.below(10) {
            0..=3 => {}
            4..=8 => {
                for _ in 0..self.below(4) {
                    tokio::task::yield_now().await;
                }
            }
            _ => tokio::time::sleep(Duration::from_millis(self.below(3))).await,
        }
    }

    /// Runs `future`, or drops it, once polled, at any moment before it ends.
    pub(crate) async fn run_or_drop<F: Future>(&mut self, future: F) -> Option<F::Output> {
        if self.percent(85) {
            return Some(future.await);
        }
        let soon = self.percent(70);
        let turns = self.below(8);
        let end = async {
            if soon {
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
            } else {
                tokio::time::sleep(Duration::from_millis(turns / 2)).await;
            }
        };
        tokio::select! {
            biased;
            output = future => Some(output),
            () = end => None,
        }
    }
}
