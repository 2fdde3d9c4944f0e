//! [`StatsReport`]: the statistics of a cache.

use std::collections::BTreeMap;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use cached_core::{Cache, Counts};
use serde::Serialize;

use crate::health::CacheStatistics;

/// Counts since the process started, in total and by function.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StatsReport {
    /// All calls together.
    pub total: CountsReport,
    /// Calls of each function, by its path; zeros where it was not called yet.
    pub functions: BTreeMap<&'static str, CountsReport>,
}

impl StatsReport {
    /// Reads the statistics of `cache`.
    #[must_use]
    pub fn of(cache: &Cache) -> Self {
        let stats = cache.stats();
        let functions = stats.functions.iter();
        Self {
            total: CountsReport::from(&stats.total),
            functions: functions
                .map(|(name, counts)| (*name, counts.into()))
                .collect(),
        }
    }
}

impl IntoResponse for StatsReport {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

macro_rules! counts_report {
    ($($name:ident)*) => {
        /// One row of a [`StatsReport`]: the fields of [`Counts`] by their names, and rates.
        #[derive(Clone, Copy, Debug, PartialEq, Serialize)]
        #[non_exhaustive]
        pub struct CountsReport {
            /// Hits, misses and their rate, as health pages show them.
            #[serde(flatten)]
            pub statistics: CacheStatistics,
            $(
                #[doc = concat!("The count [`Counts::", stringify!($name), "`].")]
                pub $name: u64,
            )*
            /// Time spent in bodies, all loads together, in milliseconds.
            pub load_milliseconds: u64,
        }

        impl From<&Counts> for CountsReport {
            fn from(counts: &Counts) -> Self {
                Self {
                    statistics: counts.into(),
                    $($name: counts.$name,)*
                    load_milliseconds: u64::try_from(counts.load_time.as_millis()).unwrap_or(u64::MAX),
                }
            }
        }
    };
}

counts_report! {
    loads shared stale refreshes refreshes_skipped crowded stores stores_rejected invalidations postponed errors
    undecodable unstorable too_large skipped unkeyable
}
