//! The answer to `INFO`: the identity and state of the server.

use std::{collections::HashMap, time::Duration};

use bytes::Bytes;
use deadpool_redis::redis::Pipeline;

use crate::{
    error::{Class, Error, ErrorKind},
    format::entry::Identity,
    telemetry::health::ServerInfo,
};

/// The number of commands that [`push_queries`] adds.
pub(super) const QUERIES: usize = 2;

/// Adds the commands that ask for what [`admit_server`] tests.
pub(super) fn push_queries(pipeline: &mut Pipeline) {
    for section in ["server", "replication"] {
        pipeline.cmd("INFO").arg(section);
    }
}

/// Joins the answers to [`push_queries`].
pub(super) fn join_replies(answers: impl Iterator<Item = Option<Bytes>>) -> Vec<u8> {
    answers.flatten().flatten().collect()
}

/// Parses `name:value` lines; the section titles between them are left out.
pub(super) fn parse_fields(text: &[u8]) -> HashMap<&str, &str> {
    let text = std::str::from_utf8(text).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.trim_end().split_once(':'))
        .collect()
}

/// The identity of a server that can be used: version 7.0 or later, or Valkey, and no replica.
pub(super) fn admit_server(fields: &HashMap<&str, &str>) -> Result<Identity, Error> {
    let unsupported = |message: String| Err(Error::new(ErrorKind::Unsupported, message));
    let version = version(fields);
    let major: u32 = version
        .split('.')
        .next()
        .and_then(|major| major.parse().ok())
        .unwrap_or(0);
    // Valkey says `redis_version:7.2.4` for compatibility, and gives its own version beside it.
    if major < 7 {
        return unsupported(format!(
            "the server is version {version}: Redis 7.0 or Valkey is needed, for `SET … NX GET`"
        ));
    }
    if fields.get("role").is_some_and(|role| *role != "master") {
        let replica = Error::new(
            ErrorKind::Unsupported,
            "the server is a replica, which may be behind: connect to its primary",
        );
        return Err(replica.classed(Class::ReadOnly));
    }
    match fields.get("run_id") {
        Some(run_id) => Ok(Identity::of_run(run_id)),
        None => {
            unsupported("the server hides its `run_id`, so its restarts cannot be seen".to_owned())
        }
    }
}

/// The version as Redis counts it, also where the server is Valkey.
pub(super) fn version<'a>(fields: &HashMap<&str, &'a str>) -> &'a str {
    fields.get("redis_version").copied().unwrap_or("unknown")
}

/// The state of the server, as far as `fields` say it.
pub(super) fn server_info(fields: &HashMap<&str, &str>) -> ServerInfo {
    let number = |name: &str| fields.get(name).and_then(|text| text.parse::<u64>().ok());
    ServerInfo {
        store: "redis",
        version: fields
            .get("valkey_version")
            .or_else(|| fields.get("redis_version"))
            .map(|version| (*version).to_owned()),
        uptime: number("uptime_in_seconds").map(Duration::from_secs),
        connected_clients: number("connected_clients"),
        used_memory: number("used_memory"),
        max_memory: number("maxmemory").filter(|limit| *limit > 0),
        commands_processed: number("total_commands_processed"),
        keyspace_hits: number("keyspace_hits"),
        keyspace_misses: number("keyspace_misses"),
        expired_keys: number("expired_keys"),
        evicted_keys: number("evicted_keys"),
        keys: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(lines: &[&str]) -> Result<Identity, Error> {
        admit_server(&parse_fields(lines.join("\r\n").as_bytes()))
    }

    #[test]
    fn a_primary_of_version_7_is_admitted() {
        assert!(
            admitted(&[
                "# Server",
                "redis_version:7.0.15",
                "run_id:0af1",
                "role:master"
            ])
            .is_ok()
        );
    }

    #[test]
    fn an_old_server_is_refused_with_its_version() {
        let error =
            admitted(&["redis_version:6.2.14", "run_id:0af1", "role:master"]).expect_err("too old");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("6.2.14"), "{error}");
    }

    #[test]
    fn a_replica_is_refused() {
        let error =
            admitted(&["redis_version:7.2.4", "run_id:0af1", "role:slave"]).expect_err("a replica");
        assert!(error.to_string().contains("primary"), "{error}");
    }

    #[test]
    fn two_runs_differ() {
        let of =
            |run_id| admitted(&["redis_version:7.2.4", run_id, "role:master"]).expect("admitted");
        assert_ne!(
            of("run_id:5d41402abc4b2a76b9719d911017c592"),
            of("run_id:7d793037a0760186574b0282f2f435e7")
        );
    }
}
