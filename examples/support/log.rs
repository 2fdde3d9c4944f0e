//! The log of a service, on standard error.

use anyhow::Context;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::settings;

/// Logs to standard error what `RUST_LOG` names: `info`, or `info,cached_core=trace` for every hit.
///
/// # Errors
///
/// If `RUST_LOG` does not parse.
pub fn log() -> anyhow::Result<()> {
    let wanted: Targets = settings::text("RUST_LOG")
        .as_deref()
        .unwrap_or("info")
        .parse()
        .context("the environment variable RUST_LOG does not parse")?;
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(std::io::stderr);
    tracing_subscriber::registry()
        .with(lines)
        .with(wanted)
        .try_init()
        .context("something logs already")
}
