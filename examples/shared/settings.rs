//! Settings of a service, from the environment.

use std::str::FromStr;
use std::time::Duration;

use anyhow::Context;

/// What the variable `name` says, or `default` if it is not set or empty.
///
/// # Errors
///
/// If it does not parse; the message names the variable.
pub fn or<T: FromStr>(name: &str, default: T) -> anyhow::Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    match text(name) {
        Some(text) => text
            .parse()
            .with_context(|| format!("the environment variable {name} does not parse")),
        None => Ok(default),
    }
}

/// What the variable `name` says, in seconds (`0.5`) or milliseconds (`50ms`), or `default`.
///
/// # Errors
///
/// If it does not parse; the message names the variable.
pub fn duration_or(name: &str, default: Duration) -> anyhow::Result<Duration> {
    let Some(text) = text(name) else {
        return Ok(default);
    };
    let seconds = match text.strip_suffix("ms") {
        Some(milliseconds) => milliseconds.parse().map(|number: f64| number / 1000.0),
        None => text.trim_end_matches('s').parse(),
    };
    seconds
        .map_err(anyhow::Error::from)
        .and_then(|seconds| Ok(Duration::try_from_secs_f64(seconds)?))
        .with_context(|| {
            format!("the environment variable {name} does not parse: write `0.5` or `500ms`")
        })
}

/// What the variable `name` says, if it is set and not empty.
#[must_use]
pub fn text(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}
