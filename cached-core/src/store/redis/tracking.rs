//! [`Tracking`]: markers that the server watches for one connection, and tells of when they change.
//!
//! A hit has to know that no marker of its groups has changed. Read with the entry, they cost more than the entry:
//! five of them halve what a lane carries. So a lane has the server watch those that are read again and again
//! (`CLIENT TRACKING`, the server's side of client-side caching), and reads the entry alone.
//!
//! Why that shows as much as reading all of them: what the server tells comes over the same connection as its
//! answers, in the order in which it came to pass. A marker that has changed by the time the entry was read is told of
//! before the entry arrives. So a token that is still here when the entry is, was the marker's when the entry was read.
//! A token that is not is no miss: everything is read once more, by its names.
//!
//! It follows that nothing is watched on a connection where the order is not known, and that nothing here outlives
//! its connection. `CLIENT TRACKING` without `OPTIN` would watch every entry as well; with `BCAST` the server tells
//! after its answers, not before.
//!
//! Source: Redis, "Client-side caching reference", and its `tracking.c`.

use std::sync::{
    Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak,
    atomic::{AtomicBool, Ordering},
};

use deadpool_redis::redis::{Pipeline, PushInfo, PushKind, Value};

use super::{key_names::Names, lane};
use crate::format::entry::{Identity, Marker, PerGroup, Token};

mod doorkeeper;
mod table;

use doorkeeper::Doorkeeper;
pub(super) use table::Hold;
use table::{Table, WatchState};

/// The number of markers that a connection watches, some 120 bytes each here and 200 on the server.
const CAPACITY: usize = 32_768;

/// The milliseconds for which a marker is watched at the least; then it is read again. A server that evicts what is
/// idle would take one that nobody reads for idle; and if a change were not told, it would not count for ever.
const ROUND_MILLISECONDS: u64 = 30_000;

/// Asks for what [`Tracking`] needs. All are answered with an error where this user may not.
pub(super) fn ask(pipeline: &mut Pipeline) {
    pipeline
        .cmd("CLIENT")
        .arg("TRACKING")
        .arg("ON")
        .arg("OPTIN");
    watch_next(pipeline);
    pipeline.cmd("CLIENT").arg("TRACKINGINFO");
}

/// Returns `true` if the server watches, by its answers to [`ask`]: a proxy may say `OK` to what it does not pass on.
pub(super) fn is_granted(answers: Vec<Value>) -> bool {
    let answers = lane::extract_errors(answers);
    let Ok([_, _, Value::Map(info)]) = answers.as_deref() else {
        return false;
    };
    let flags = info.iter().find_map(|(name, value)| match value {
        Value::Set(flags) | Value::Array(flags) if is_text(name, "flags") => Some(flags),
        _ => None,
    });
    let has = |flag| flags.is_some_and(|flags| flags.iter().any(|one| is_text(one, flag)));
    ["on", "optin", "caching-yes"].into_iter().all(has)
}

fn is_text(value: &Value, text: &str) -> bool {
    match value {
        Value::BulkString(bytes) => bytes == text.as_bytes(),
        Value::SimpleString(found) => found == text,
        _ => false,
    }
}

/// Has the server watch what the next command reads.
pub(super) fn watch_next(pipeline: &mut Pipeline) {
    pipeline.cmd("CLIENT").arg("CACHING").arg("YES");
}

/// The markers that one connection has the server watch.
#[derive(Debug)]
pub(super) struct Tracking {
    table: RwLock<Table>,
    doorkeeper: Doorkeeper,
    /// True while the server watches.
    is_on: AtomicBool,
}

impl Tracking {
    fn new() -> Self {
        Self {
            table: RwLock::new(Table::new(CAPACITY)),
            doorkeeper: Doorkeeper::new(),
            is_on: AtomicBool::new(false),
        }
    }

    pub(super) fn turn_on(&self) {
        self.is_on.store(true, Ordering::Relaxed);
    }

    /// Stops asking for anything: the server refuses it.
    pub(super) fn turn_off(&self) {
        self.is_on.store(false, Ordering::Relaxed);
    }

    pub(super) fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }

    /// Goes on in time, to so many milliseconds after the connection was opened.
    pub(super) fn go_on(&self, now: u64) {
        let round = now.checked_div(ROUND_MILLISECONDS).unwrap_or(0);
        if !self.read().is_at(round) {
            self.write().set_round(round);
        }
    }

    /// Returns the holds of all markers, if all are watched. To be called before the entry is read.
    pub(super) fn find(&self, names: &Names) -> Option<PerGroup<Hold>> {
        if !self.is_on() {
            return None;
        }
        let table = self.read();
        let mut holds = PerGroup::new();
        for name in names.markers() {
            holds.push(table.find(name)?);
        }
        Some(holds)
    }

    /// Returns the markers themselves, if none has changed. To be called after the entry was read.
    pub(super) fn markers(
        &self,
        holds: &[Hold],
        identity: Identity,
    ) -> Option<PerGroup<Option<Marker>>> {
        let table = self.read();
        let mut markers = PerGroup::new();
        for hold in holds {
            markers.push(Some(Marker {
                token: table.token(*hold)?,
                identity: Some(identity),
            }));
        }
        Some(markers)
    }

    /// Begins to watch those of these markers that are not watched yet, and that are read not for the first time.
    pub(super) fn begin<'a>(
        self: &'a Arc<Self>,
        markers: impl Iterator<Item = &'a str>,
    ) -> Asking<'a> {
        let mut asking = Asking {
            tracking: self,
            names: Vec::new(),
            holds: Vec::new(),
        };
        if !self.is_on() {
            return asking;
        }
        let table = self.read();
        let is_new = |name: &&str| match table.state_of(name) {
            WatchState::Watched => false,
            WatchState::Over => true,
            WatchState::Unknown(hash) => self.doorkeeper.admits(hash),
        };
        let new: Vec<&str> = markers.filter(is_new).collect();
        drop(table);
        if new.is_empty() {
            return asking;
        }
        let mut table = self.write();
        for name in new {
            if let Some(hold) = table.begin_watch(name) {
                asking.names.push(name);
                asking.holds.push(hold);
            }
        }
        drop(table);
        asking
    }

    /// Ends the watch of the markers that the server says have changed; of all if it says so, or is not understood.
    fn end_changed(&self, changes: &[Value]) {
        let mut table = self.write();
        for change in changes {
            match change {
                Value::Array(names) => {
                    for name in names {
                        match name {
                            Value::BulkString(name) => table.end_watch(name),
                            Value::SimpleString(name) => table.end_watch(name.as_bytes()),
                            _ => table.end_all_watches(),
                        }
                    }
                }
                _ => table.end_all_watches(),
            }
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Markers whose tokens are on their way. Those that do not arrive are not watched.
pub(super) struct Asking<'a> {
    tracking: &'a Tracking,
    names: Vec<&'a str>,
    holds: Vec<Hold>,
}

impl Asking<'_> {
    pub(super) fn names(&self) -> &[&str] {
        &self.names
    }

    /// Learns what the markers held, in the order of the names.
    pub(super) fn learn(&mut self, found: Option<Value>) {
        let Some(Value::Array(found)) = found else {
            return;
        };
        let mut table = self.tracking.write();
        for (hold, value) in self.holds.drain(..).zip(found) {
            let token = lane::bytes(value).and_then(|marker| Token::read(&marker));
            table.learn_token(hold, token);
        }
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if self.holds.is_empty() {
            return;
        }
        let mut table = self.tracking.write();
        for hold in self.holds.drain(..) {
            table.learn_token(hold, None);
        }
    }
}

/// Hands the changes that the server tells of to the connections. Those of one pool share it: what is told over one of
/// them counts for all, which costs a read at the most.
#[derive(Clone, Debug, Default)]
pub(super) struct Pushes(Arc<RwLock<Vec<Weak<Tracking>>>>);

impl Pushes {
    /// Creates the tracking of a new connection.
    pub(super) fn watch(&self) -> Arc<Tracking> {
        let tracking = Arc::new(Tracking::new());
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.retain(|tracking| tracking.strong_count() > 0);
        all.push(Arc::downgrade(&tracking));
        tracking
    }

    /// Takes what the server tells. To be called by the connection itself, before it hands on any answer that came later.
    pub(super) fn told(&self, push: &PushInfo) {
        if push.kind != PushKind::Invalidate {
            return;
        }
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        for tracking in all.iter().filter_map(Weak::upgrade) {
            tracking.end_changed(&push.data);
        }
    }
}

#[cfg(test)]
mod tests;
