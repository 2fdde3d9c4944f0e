//! Validation of settings: each message names the setting and what to write.

use std::time::Duration;

use crate::{
    config::Config,
    error::{Error, ErrorKind},
};

/// Checks that a cache can work with these settings.
///
/// # Errors
///
/// [`ErrorKind::Config`] for the first setting with which none can.
pub(crate) fn check(config: &Config) -> Result<(), Error> {
    let wrong = |message: &'static str| Err(Error::new(ErrorKind::Config, message));
    if config.namespace.is_empty() {
        return wrong("`namespace` is empty: give the application a name, as `shop`");
    }
    if !config
        .namespace
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    {
        return wrong(
            "`namespace` (`REDIS_CACHE_PREFIX`) may hold only letters, digits, `-`, `_` and `.`",
        );
    }
    if config.default_ttl < Duration::from_millis(1) {
        return wrong(
            "`default_ttl` must be at least a millisecond: to cache nothing, use `enabled(false)`",
        );
    }
    if config.op_timeout.is_zero() || config.connect_timeout.is_zero() {
        return wrong("`op_timeout` and `connect_timeout` must be longer than zero");
    }
    if config.pool_size == 0 {
        return wrong("`pool_size` must be at least 1");
    }
    if config.lease < Duration::from_millis(1) {
        return wrong("`lease` must be at least a millisecond");
    }
    if config.outage_ttl < Duration::from_millis(1) {
        return wrong(
            "`outage_ttl` must be at least a millisecond: to keep nothing, use `Outage::Origin`",
        );
    }
    if config.failures_until_outage == 0 {
        return wrong("`failures_until_outage` must be at least 1");
    }
    if config.journal_capacity == 0 {
        return wrong("`journal_capacity` must be at least 1");
    }
    if config.parallel_failing_loads == 0 {
        return wrong("`parallel_failing_loads` must be at least 1");
    }
    if config.waiting_callers == 0 || config.background_refreshes == 0 {
        return wrong("`waiting_callers` and `background_refreshes` must be at least 1");
    }
    if config.max_entry_size == 0 || config.memory_capacity == 0 {
        return wrong(
            "`max_entry_size` and `memory_capacity` must be at least 1: to cache nothing, use `enabled(false)`",
        );
    }
    Ok(())
}
