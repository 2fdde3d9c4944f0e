//! Deletes what lies in Redis, as a server short of memory does, or an operator.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tests::{Connection, RedisServer, Reply};

use crate::rng::Rng;

/// Counts of what was deleted.
#[derive(Debug, Default)]
pub(crate) struct Deleted {
    pub(crate) entries: AtomicU64,
    pub(crate) leases: AtomicU64,
    pub(crate) markers: AtomicU64,
}

/// A thread that deletes a random key every now and then, until it is dropped.
pub(crate) struct Chaos {
    stop: Arc<AtomicBool>,
    deleted: Arc<Deleted>,
    thread: Option<JoinHandle<()>>,
}

impl Chaos {
    pub(crate) fn start(server: &RedisServer, mut rng: Rng) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let deleted = Arc::new(Deleted::default());
        let mut connection = server.connect();
        let thread = thread::spawn({
            let (stop, deleted) = (Arc::clone(&stop), Arc::clone(&deleted));
            move || {
                while !stop.load(Relaxed) {
                    delete_random_key(&mut connection, &deleted, &mut rng);
                    thread::sleep(Duration::from_micros(rng.below(10_000)));
                }
            }
        });
        Self {
            stop,
            deleted,
            thread: Some(thread),
        }
    }

    /// Ends it, and returns what it deleted.
    pub(crate) fn end(mut self) -> Arc<Deleted> {
        self.join();
        Arc::clone(&self.deleted)
    }

    fn join(&mut self) {
        self.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Chaos {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
    }
}

fn delete_random_key(connection: &mut Connection, deleted: &Deleted, rng: &mut Rng) {
    let Ok(Reply::Bytes(key)) = connection.send(&["RANDOMKEY"]) else {
        return;
    };
    // At once, or by a ttl that ends first.
    let taken = if rng.percent(50) {
        connection.send(&[b"GETDEL".as_slice(), &key])
    } else {
        let value = connection.send(&[b"GET".as_slice(), &key]);
        let _ = connection.send(&[b"PEXPIRE".as_slice(), &key, b"1"]);
        value
    };
    let Ok(Reply::Bytes(value)) = taken else {
        return;
    };
    let kind = match value.strip_prefix(b"cc1 ") {
        None => &deleted.markers,
        Some(rest) if rest.get(32..) == Some(b" L") => &deleted.leases,
        Some(_) => &deleted.entries,
    };
    kind.fetch_add(1, Relaxed);
}

/// A thread that puts markers back that were deleted, until it is dropped.
pub(crate) struct Restorer(Arc<AtomicBool>);

impl Restorer {
    pub(crate) fn start(server: &RedisServer) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut connection = server.connect();
        thread::spawn({
            let stop = Arc::clone(&stop);
            let mut markers = HashMap::new();
            move || {
                while !stop.load(Relaxed) {
                    restore_markers(&mut connection, &mut markers);
                    thread::sleep(Duration::from_millis(1));
                }
            }
        });
        Self(stop)
    }
}

impl Drop for Restorer {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

fn restore_markers(connection: &mut Connection, markers: &mut HashMap<Vec<u8>, Vec<u8>>) {
    let Ok(Reply::List(keys)) = connection.send(&["KEYS", "*:%*"]) else {
        return;
    };
    for key in keys {
        let Reply::Bytes(key) = key else { continue };
        if !markers.contains_key(&key)
            && let Ok(Reply::Bytes(token)) = connection.send(&[b"GET".as_slice(), &key])
        {
            markers.insert(key, token);
        }
    }
    for (key, token) in markers {
        let _ = connection.send(&[b"SET".as_slice(), key, token, b"NX"]);
    }
}
