//! [`Stats`]: counts of what happened, per function and in total.

use std::{
    collections::BTreeMap,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::key::{function::Function, registry::Registered};

mod hits;
mod miss_streak;

use hits::Hits;
use miss_streak::MissStreak;

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// Counts since the cache was built.
        ///
        /// A snapshot: the numbers are read one after the other, while calls go on.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Counts {
            $($(#[$doc])* pub $name: u64,)*
            /// Time spent in bodies, all loads together.
            pub load_time: Duration,
        }

        #[derive(Debug)]
        pub(crate) struct Counters {
            $(pub(crate) $name: Counter,)*
            load_nanoseconds: Counter,
            /// The misses in a row, of calls that the process could not answer itself.
            pub(crate) streak: MissStreak,
        }

        impl Counters {
            const fn new() -> Self {
                Self {
                    $($name: Counter::new(),)*
                    load_nanoseconds: Counter::new(),
                    streak: MissStreak::new(),
                }
            }

            fn snapshot(&self) -> Counts {
                Counts {
                    $($name: self.$name.get(),)*
                    load_time: Duration::from_nanos(self.load_nanoseconds.get()),
                }
            }
        }

        impl Counts {
            fn add(&mut self, other: &Self) {
                $(self.$name = self.$name.saturating_add(other.$name);)*
                self.load_time = self.load_time.saturating_add(other.load_time);
            }
        }
    };
}

counters! {
    /// Calls answered from the cache.
    hits,
    /// Calls that found no usable entry, those who then waited for another call's load included.
    misses,
    /// Runs of a body on a miss.
    loads,
    /// Misses answered by another call's load.
    shared,
    /// Answers past their ttl: hits that are then loaded anew, and misses whose load failed.
    stale,
    /// Loads in the background, after an answer that was past its ttl.
    refreshes,
    /// Answers past their ttl that were not loaded anew, because too many others were.
    refreshes_skipped,
    /// Misses that ran their own body because too many calls waited for other calls' loads.
    crowded,
    /// Entries written.
    stores,
    /// Values that came too late: something was invalidated, or stored, since their load began, or it took
    /// longer than [`lease`](crate::Builder::lease).
    stores_rejected,
    /// Invalidations, each call one, whatever it covers.
    invalidations,
    /// Invalidations that the store did not confirm in time, and that are sent again.
    postponed,
    /// Reads and writes that the store did not answer, or answered with an error.
    errors,
    /// Entries found that could not be read: damaged, foreign, or of another type. Each is a miss.
    undecodable,
    /// Values not stored because JSON could not bring them back unchanged.
    unstorable,
    /// Values not stored, and entries not read, because they are over the size limit.
    too_large,
    /// Values not stored because too many writes to a slow store were under way.
    skipped,
    /// Calls that ran uncached because an argument could not be encoded.
    unkeyable,
}

impl Counts {
    /// Returns the share of calls answered from the cache, from 0 to 1; 0 before the first call.
    #[must_use]
    #[allow(
        clippy::cast_precision_loss,
        reason = "a rate needs no more than 52 bits"
    )]
    pub fn hit_rate(&self) -> f64 {
        let calls = self.hits.saturating_add(self.misses);
        if calls == 0 {
            return 0.0;
        }
        self.hits as f64 / calls as f64
    }
}

/// Statistics of one cache: [`Cache::stats`](crate::Cache::stats).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Stats {
    /// All calls together, those by key included.
    pub total: Counts,
    /// Each function by itself, in the order of their names; functions of the program that were not called
    /// yet are there with zeros.
    pub functions: BTreeMap<&'static str, Counts>,
}

impl Stats {
    /// Returns the counts of the function with this path, as `my_service::users::profile`.
    #[must_use]
    pub fn function(&self, path: &str) -> Option<&Counts> {
        self.functions.get(path)
    }

    /// Returns the share of calls answered from the cache, from 0 to 1; 0 before the first call.
    #[must_use]
    pub fn hit_rate(&self) -> f64 {
        self.total.hit_rate()
    }
}

/// A number that only grows.
#[derive(Debug)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Adds one, and returns the number before.
    pub(crate) fn count(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }

    fn add(&self, by: u64) {
        self.0.fetch_add(by, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    pub(crate) fn count_load(&self, took: Duration) {
        self.loads.count();
        self.load_nanoseconds
            .add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }
}

const BLOCK: usize = 64;
const BLOCKS: usize = 64;

/// The counters of all functions, found by a function's number without a lock.
///
/// The numbers are small and dense, so a table of blocks does; the 4,096 functions it holds are
/// more than one program has, and those beyond share one row, so that nothing grows without end.
pub(crate) struct StatsTable {
    blocks: [OnceLock<Box<[Row; BLOCK]>>; BLOCKS],
    hits: Hits,
    by_key: Counters,
    /// The counters of all functions that the table has no row for.
    beyond: Counters,
}

#[derive(Debug)]
struct Row {
    name: OnceLock<&'static str>,
    counters: Counters,
}

impl StatsTable {
    pub(crate) fn new() -> Self {
        Self {
            blocks: [const { OnceLock::new() }; BLOCKS],
            hits: Hits::new(),
            by_key: Counters::new(),
            beyond: Counters::new(),
        }
    }

    /// Returns the counters of `function`, or those of calls by key.
    pub(crate) fn of(&self, function: Option<&'static Function>) -> &Counters {
        let Some(function) = function else {
            return &self.by_key;
        };
        let index = function.number() as usize;
        let Some(block) = self.blocks.get(index / BLOCK) else {
            return &self.beyond;
        };
        let block = block.get_or_init(|| Box::new([const { Row::new() }; BLOCK]));
        let Some(row) = block.get(index % BLOCK) else {
            return &self.beyond;
        };
        row.name.get_or_init(|| function.name());
        &row.counters
    }

    /// Counts a call of `function`, or one by key, that was answered from the cache.
    #[inline]
    pub(crate) fn count_hit(&self, function: Option<&'static Function>) {
        let counted = function.and_then(|function| self.hits.count(function.number() as usize));
        if counted.is_none_or(|before| before == 0) {
            self.count_rare_hit(function, counted.is_some());
        }
    }

    /// Counts the first hit of a thread, so that the function is known; or one that no thread counts for itself.
    #[cold]
    fn count_rare_hit(&self, function: Option<&'static Function>, is_counted: bool) {
        let counters = self.of(function);
        if !is_counted {
            counters.hits.count();
        }
    }

    pub(crate) fn snapshot(&self) -> Stats {
        let mut stats = Stats::default();
        for Registered(function) in inventory::iter::<Registered> {
            stats.functions.entry(function.name()).or_default();
        }
        stats.total = self.by_key.snapshot();
        stats.total.add(&self.beyond.snapshot());
        let blocks = self.blocks.iter().zip((0_usize..).step_by(BLOCK));
        let rows = blocks
            .filter_map(|(block, first)| Some(block.get()?.iter().zip(first..)))
            .flatten();
        for (row, number) in rows {
            if let Some(name) = row.name.get() {
                let mut counts = row.counters.snapshot();
                counts.hits = counts.hits.saturating_add(self.hits.of(number));
                stats.total.add(&counts);
                stats.functions.entry(name).or_default().add(&counts);
            }
        }
        stats
    }
}

impl Row {
    const fn new() -> Self {
        Self {
            name: OnceLock::new(),
            counters: Counters::new(),
        }
    }
}
