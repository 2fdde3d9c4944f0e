//! [`ServerReport`]: the figures of the server behind a store.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use cached_core::{Cache, Error, ServerInfo};
use serde::Serialize;

/// The server's own figures, about everything in it, whoever caused it; `null` where it does not give one.
///
/// # Examples
///
/// ```
/// use cached_axum::admin::{AdminRejection, ServerReport};
/// use cached_core::Cache;
///
/// async fn redis_stats() -> Result<ServerReport, AdminRejection> {
///     Ok(ServerReport::of(&Cache::current()).await?)
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ServerReport {
    /// `redis` or `memory`.
    pub store: &'static str,
    /// The server's version.
    pub version: Option<String>,
    /// Seconds since it started.
    pub uptime_seconds: Option<u64>,
    /// Connected clients.
    pub connected_clients: Option<u64>,
    /// Bytes in use.
    pub used_memory: Option<u64>,
    /// Most bytes it may use; `null` if there is no limit.
    pub max_memory: Option<u64>,
    /// Commands processed.
    pub commands_processed: Option<u64>,
    /// Look-ups that found a key.
    pub keyspace_hits: Option<u64>,
    /// Look-ups that found none.
    pub keyspace_misses: Option<u64>,
    /// The share of look-ups that found a key, from 0 to 100, to two decimals. Of the server: it counts what a cache
    /// looks up beside entries, too.
    pub hit_rate_percent: Option<f64>,
    /// Keys that ended with their ttl.
    pub expired_keys: Option<u64>,
    /// Keys that made room for others.
    pub evicted_keys: Option<u64>,
    /// Keys in the database, those of others included.
    pub keys: Option<u64>,
}

impl ServerReport {
    /// Asks the store of `cache` for its figures.
    ///
    /// # Errors
    ///
    /// The errors of [`Cache::server_info`].
    pub async fn of(cache: &Cache) -> Result<Self, Error> {
        Ok(cache.server_info().await?.into())
    }
}

impl From<ServerInfo> for ServerReport {
    fn from(info: ServerInfo) -> Self {
        Self {
            hit_rate_percent: hit_rate_percent(&info),
            store: info.store,
            version: info.version,
            uptime_seconds: info.uptime.map(|uptime| uptime.as_secs()),
            connected_clients: info.connected_clients,
            used_memory: info.used_memory,
            max_memory: info.max_memory,
            commands_processed: info.commands_processed,
            keyspace_hits: info.keyspace_hits,
            keyspace_misses: info.keyspace_misses,
            expired_keys: info.expired_keys,
            evicted_keys: info.evicted_keys,
            keys: info.keys,
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a rate needs no more than 52 bits"
)]
fn hit_rate_percent(info: &ServerInfo) -> Option<f64> {
    let (hits, misses) = (info.keyspace_hits?, info.keyspace_misses?);
    let all = hits.saturating_add(misses);
    if all == 0 {
        return Some(0.0);
    }
    Some((hits as f64 / all as f64 * 10_000.0).round() / 100.0)
}

impl IntoResponse for ServerReport {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_of_nothing_is_0_and_of_what_is_not_known_none() {
        let rate = |hits, misses| {
            let mut info = ServerInfo::default();
            (info.keyspace_hits, info.keyspace_misses) = (hits, misses);
            ServerReport::from(info).hit_rate_percent
        };
        assert_eq!(rate(Some(0), Some(0)), Some(0.0));
        assert_eq!(rate(Some(2), Some(1)), Some(66.67));
        assert_eq!(rate(Some(5), Some(0)), Some(100.0));
        assert_eq!(rate(Some(u64::MAX), Some(u64::MAX)), Some(100.0));
        assert_eq!(rate(None, Some(1)), None);
    }
}
