//! The deletion of keys by pattern: `SCAN` and `UNLINK`, a batch at a time.

use std::time::Duration;

use deadpool_redis::redis::{Value, cmd};

use super::{deadline, lane, lanes::Checkout};
use crate::{error::Error, key::group};

/// The number of keys that the server examines in one step.
const STEP: usize = 1_000;

/// Deletes what `glob` matches, markers aside, and returns how many keys that were. Each step has the deadline of
/// one operation, the whole has none: it takes as long as the keyspace is large.
pub(super) async fn purge_matching(
    connection: &mut Checkout,
    namespace: &str,
    glob: &str,
    deadline: Duration,
) -> Result<u64, Error> {
    let mut cursor = b"0".to_vec();
    let mut purged: u64 = 0;
    loop {
        let mut scan = cmd("SCAN");
        scan.arg(&*cursor)
            .arg("MATCH")
            .arg(glob)
            .arg("COUNT")
            .arg(STEP);
        let (next, mut keys) = parse_page(run_step(connection, &scan, deadline).await?);
        // A marker is no entry of the pattern: those of other groups are still in use.
        keys.retain(|key| !is_marker(namespace, key));
        if !keys.is_empty() {
            let mut unlink = cmd("UNLINK");
            for key in &keys {
                unlink.arg(&**key);
            }
            if let Value::Int(count) = run_step(connection, &unlink, deadline).await? {
                purged = purged.saturating_add(u64::try_from(count).unwrap_or(0));
            }
        }
        if next == b"0" || next.is_empty() {
            return Ok(purged);
        }
        cursor = next;
    }
}

fn is_marker(namespace: &str, name: &[u8]) -> bool {
    let key = name
        .strip_prefix(namespace.as_bytes())
        .and_then(|rest| rest.strip_prefix(b":"));
    key.is_some_and(group::is_marker)
}

async fn run_step(
    connection: &mut Checkout,
    command: &deadpool_redis::redis::Cmd,
    deadline: Duration,
) -> Result<Value, Error> {
    deadline::run_within(deadline, connection.run_command(command)).await
}

/// Parses the next cursor and the keys of one step; an empty cursor, which ends the scan, where the server says
/// something else.
fn parse_page(reply: Value) -> (Vec<u8>, Vec<bytes::Bytes>) {
    let Value::Array(parts) = reply else {
        return (Vec::new(), Vec::new());
    };
    let mut parts = parts.into_iter();
    let cursor = parts
        .next()
        .and_then(lane::bytes)
        .map(Vec::from)
        .unwrap_or_default();
    let keys = match parts.next() {
        Some(Value::Array(keys)) => keys.into_iter().filter_map(lane::bytes).collect(),
        _ => Vec::new(),
    };
    (cursor, keys)
}
