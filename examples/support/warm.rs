//! Filling a cache before the first caller comes.

use futures_util::{StreamExt as _, stream};

use crate::progress;

/// Runs `calls` of a cached function, `at_once` at a time, behind a progress bar; returns how many failed.
///
/// A call that fails is no reason not to start: somebody will ask again.
pub async fn warm_up<C, T, E>(
    what: &'static str,
    at_once: usize,
    calls: impl IntoIterator<Item = C, IntoIter: ExactSizeIterator>,
) -> usize
where
    C: Future<Output = Result<T, E>>,
{
    let calls = calls.into_iter();
    let bar = progress(what, calls.len());
    let failed = stream::iter(calls)
        .buffer_unordered(at_once.max(1))
        .inspect(|_| bar.inc(1))
        .filter(|done| std::future::ready(done.is_err()))
        .count()
        .await;
    let (done, took) = (bar.length().unwrap_or_default(), bar.elapsed());
    bar.finish_and_clear();
    tracing::info!(what, done, failed, milliseconds = took.as_millis(), "warm");
    failed
}
