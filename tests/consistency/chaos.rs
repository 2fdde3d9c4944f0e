//! Takes away what lies in Redis, as a server short of memory does, or an operator.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tests::{Connection, RedisServer, Reply};

use crate::rng::Dice;

/// What was taken away.
#[derive(Debug, Default)]
pub(crate) struct Loot {
    pub(crate) entries: AtomicU64,
    pub(crate) leases: AtomicU64,
    pub(crate) markers: AtomicU64,
}

/// A thread that deletes a random key every now and then, until it is dropped.
pub(crate) struct Saboteur {
    stop: Arc<AtomicBool>,
    loot: Arc<Loot>,
    thread: Option<JoinHandle<()>>,
}

impl Saboteur {
    pub(crate) fn let_loose(server: &RedisServer, mut dice: Dice) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let loot = Arc::new(Loot::default());
        let mut connection = server.connect();
        let thread = thread::spawn({
            let (stop, loot) = (Arc::clone(&stop), Arc::clone(&loot));
            move || {
                while !stop.load(Relaxed) {
                    sabotage(&mut connection, &loot, &mut dice);
                    thread::sleep(Duration::from_micros(dice.below(10_000)));
                }
            }
        });
        Self {
            stop,
            loot,
            thread: Some(thread),
        }
    }

    /// Ends it, and says what it took.
    pub(crate) fn end(mut self) -> Arc<Loot> {
        self.join();
        Arc::clone(&self.loot)
    }

    fn join(&mut self) {
        self.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Saboteur {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
    }
}

fn sabotage(connection: &mut Connection, loot: &Loot, dice: &mut Dice) {
    let Ok(Reply::Bytes(key)) = connection.send(&["RANDOMKEY"]) else {
        return;
    };
    // At once, or by a ttl that ends first.
    let taken = if dice.percent(50) {
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
        None => &loot.markers,
        Some(rest) if rest.get(32..) == Some(b" L") => &loot.leases,
        Some(_) => &loot.entries,
    };
    kind.fetch_add(1, Relaxed);
}

/// A thread that puts markers back that were deleted, until it is dropped.
pub(crate) struct Restorer(Arc<AtomicBool>);

impl Restorer {
    pub(crate) fn let_loose(server: &RedisServer) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut connection = server.connect();
        thread::spawn({
            let stop = Arc::clone(&stop);
            let mut markers = HashMap::new();
            move || {
                while !stop.load(Relaxed) {
                    restore(&mut connection, &mut markers);
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

fn restore(connection: &mut Connection, markers: &mut HashMap<Vec<u8>, Vec<u8>>) {
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
