//! The history that answers are held against: the versions in the database, and how fresh an answer must be.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError};

use tests::{Connection, RedisServer, Reply};

use crate::versions::Row;

/// The lower bound of freshness for the answer to a call that begins now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Floor {
    /// The tick at which the latest applied invalidation that covers the row began: no load from before may be seen.
    pub(crate) began: u64,
    /// The latest version whose invalidation was applied, or that a write through the cache has returned.
    pub(crate) version: u64,
}

impl Floor {
    /// The floor that is as fresh as both.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            began: self.began.max(other.began),
            version: self.version.max(other.version),
        }
    }
}

/// The database that all processes share, and the one clock of the test: every tick is later than all before.
pub(crate) trait History: Send + Sync + 'static {
    fn tick(&self) -> u64;

    /// Gives `row` a new version.
    fn write(&self, row: Row) -> u64;

    fn version(&self, row: Row) -> u64;

    fn floor(&self, row: Row) -> Floor;

    /// Raises the floor: from now on, answers for `rows` must be at least this fresh.
    fn raise(&self, rows: &[Row], floor: Floor);

    /// Notes that `set` of this version has returned, now.
    fn was_set(&self, version: u64);

    /// The tick at which it returned, if it has.
    fn set_at(&self, version: u64) -> Option<u64>;
}

/// The history of handles in one process.
#[derive(Debug)]
pub(crate) struct Atomics {
    clock: AtomicU64,
    versions: Vec<AtomicU64>,
    floors: Floors,
    sets: Mutex<HashMap<u64, u64>>,
}

/// Floors of every row, which only rise.
#[derive(Debug)]
pub(crate) struct Floors(Vec<(AtomicU64, AtomicU64)>);

impl Default for Floors {
    fn default() -> Self {
        Self(Row::all().map(|_| Default::default()).collect())
    }
}

impl Floors {
    pub(crate) fn get(&self, row: Row) -> Floor {
        let (began, version) = &self.0[row.index()];
        Floor {
            began: began.load(SeqCst),
            version: version.load(SeqCst),
        }
    }

    pub(crate) fn raise(&self, rows: &[Row], floor: Floor) {
        for row in rows {
            let (began, version) = &self.0[row.index()];
            began.fetch_max(floor.began, SeqCst);
            version.fetch_max(floor.version, SeqCst);
        }
    }
}

impl Atomics {
    pub(crate) fn new() -> Self {
        Self {
            clock: AtomicU64::new(1),
            versions: Row::all().map(|_| AtomicU64::new(0)).collect(),
            floors: Floors::default(),
            sets: Mutex::default(),
        }
    }
}

impl History for Atomics {
    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, SeqCst)
    }

    fn write(&self, row: Row) -> u64 {
        let version = self.tick();
        self.versions[row.index()].fetch_max(version, SeqCst);
        version
    }

    fn version(&self, row: Row) -> u64 {
        self.versions[row.index()].load(SeqCst)
    }

    fn floor(&self, row: Row) -> Floor {
        self.floors.get(row)
    }

    fn raise(&self, rows: &[Row], floor: Floor) {
        self.floors.raise(rows, floor);
    }

    fn was_set(&self, version: u64) {
        let now = self.tick();
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        sets.insert(version, now);
    }

    fn set_at(&self, version: u64) -> Option<u64> {
        let sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        sets.get(&version).copied()
    }
}

/// The history of several processes: a server of its own, which stands for the database.
pub(crate) struct Shared {
    port: u16,
    idle: Mutex<Vec<Connection>>,
}

impl Shared {
    pub(crate) fn new(server: &RedisServer) -> Self {
        Self::at(server.port())
    }

    pub(crate) fn at(port: u16) -> Self {
        Self {
            port,
            idle: Mutex::default(),
        }
    }

    /// Runs one script, which is atomic.
    fn run(&self, script: &str, arguments: &[String]) -> Reply {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = idle().pop();
        let mut connection =
            connection.unwrap_or_else(|| Connection::open(self.port, None).unwrap());
        let mut command = vec!["EVAL".to_owned(), script.to_owned(), "0".to_owned()];
        command.extend_from_slice(arguments);
        let reply = connection.send(&command).unwrap();
        idle().push(connection);
        reply
    }

    fn number(&self, script: &str, arguments: &[String]) -> u64 {
        match self.run(script, arguments) {
            Reply::Integer(number) => u64::try_from(number).unwrap(),
            other => panic!("{other:?}"),
        }
    }
}

impl History for Shared {
    fn tick(&self) -> u64 {
        self.number("return redis.call('INCR', 'clock')", &[])
    }

    fn write(&self, row: Row) -> u64 {
        let script = "local version = redis.call('INCR', 'clock')
            redis.call('HSET', 'versions', ARGV[1], version)
            return version";
        self.number(script, &[row.index().to_string()])
    }

    fn version(&self, row: Row) -> u64 {
        let script = "return tonumber(redis.call('HGET', 'versions', ARGV[1]) or 0)";
        self.number(script, &[row.index().to_string()])
    }

    fn floor(&self, row: Row) -> Floor {
        let script = "return {tonumber(redis.call('HGET', 'began', ARGV[1]) or 0),
            tonumber(redis.call('HGET', 'version', ARGV[1]) or 0)}";
        match self.run(script, &[row.index().to_string()]) {
            Reply::List(pair) => match pair[..] {
                [Reply::Integer(began), Reply::Integer(version)] => Floor {
                    began: u64::try_from(began).unwrap(),
                    version: u64::try_from(version).unwrap(),
                },
                _ => panic!("{pair:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    fn raise(&self, rows: &[Row], floor: Floor) {
        let script = "for at = 3, #ARGV do
                for place, name in ipairs({'began', 'version'}) do
                    local old = tonumber(redis.call('HGET', name, ARGV[at]) or 0)
                    if old < tonumber(ARGV[place]) then redis.call('HSET', name, ARGV[at], ARGV[place]) end
                end
            end
            return 0";
        let mut arguments = vec![floor.began.to_string(), floor.version.to_string()];
        arguments.extend(rows.iter().map(|row| row.index().to_string()));
        self.number(script, &arguments);
    }

    fn was_set(&self, version: u64) {
        let script = "return redis.call('HSET', 'sets', ARGV[1], redis.call('INCR', 'clock'))";
        self.number(script, &[version.to_string()]);
    }

    fn set_at(&self, version: u64) -> Option<u64> {
        let script = "return tonumber(redis.call('HGET', 'sets', ARGV[1]) or 0)";
        Some(self.number(script, &[version.to_string()])).filter(|at| *at > 0)
    }
}
