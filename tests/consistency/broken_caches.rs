//! Caches as people write them by hand, each with a usual mistake: the test must find every one of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tests::{Connection, RedisServer, Reply};
use tokio::sync::OnceCell;

use crate::rng::Rng;
use crate::versions::{Row, Scope};
use crate::world::{Done, How, Stamp, Subject, World};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mistake {
    /// Delete on a write, set after a load: a load from before the deletion is stored after it.
    DeleteThenSet,
    /// Generations, but those of the moment the value is stored: an old value under a new generation.
    GenerationsAtStore,
    /// Nothing is stored, but calls wait for any load of their key, also one from before an invalidation.
    JoinAnyLoad,
}

impl Mistake {
    pub(crate) const ALL: [Self; 3] = [
        Self::DeleteThenSet,
        Self::GenerationsAtStore,
        Self::JoinAnyLoad,
    ];
}

#[derive(Clone)]
pub(crate) struct BrokenCache {
    mistake: Mistake,
    port: u16,
    idle: Arc<Mutex<Vec<Connection>>>,
    flights: Arc<Mutex<HashMap<usize, Arc<OnceCell<Stamp>>>>>,
}

impl BrokenCache {
    pub(crate) fn new(mistake: Mistake, server: &RedisServer) -> Self {
        Self {
            mistake,
            port: server.port(),
            idle: Arc::default(),
            flights: Arc::default(),
        }
    }

    /// One command, without waiting: it is quick, and other tasks run on other threads.
    fn send(&self, command: &[String]) -> Reply {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = idle().pop();
        let mut connection =
            connection.unwrap_or_else(|| Connection::open(self.port, None).unwrap());
        let reply = connection.send(command).unwrap();
        idle().push(connection);
        reply
    }

    fn get(&self, key: &str) -> Option<String> {
        match self.send(&["GET".to_owned(), key.to_owned()]) {
            Reply::Nil => None,
            other => Some(other.to_string()),
        }
    }

    fn set(&self, key: &str, value: &str) {
        let command = ["SET", key, value, "PX", "60000"];
        self.send(&command.map(str::to_owned));
    }

    fn delete(&self, keys: impl Iterator<Item = String>) {
        let command: Vec<String> = ["UNLINK".to_owned()].into_iter().chain(keys).collect();
        self.send(&command);
    }

    /// The generation of every scope that covers `row`, made where there is none.
    fn generations(&self, row: Row) -> String {
        let scopes = [Scope::Call, Scope::User, Scope::Function, Scope::Course];
        let all = scopes.into_iter().chain([Scope::Users, Scope::Namespace]);
        let texts = all.map(|scope| {
            let script = "if redis.call('EXISTS', ARGV[1]) == 0 then
                    redis.call('SET', ARGV[1], redis.call('INCR', 'broken:last'))
                end
                return redis.call('GET', ARGV[1])";
            let command = ["EVAL", script, "0", &marker(scope, row)];
            self.send(&command.map(str::to_owned)).to_string()
        });
        texts.collect::<Vec<_>>().join(".")
    }

    async fn cached(&self, row: Row, load: impl Future<Output = Stamp>) -> Stamp {
        let key = key(row);
        let current = match self.mistake {
            Mistake::GenerationsAtStore => Some(self.generations(row)),
            _ => None,
        };
        if let Some(found) = self.get(&key)
            && let Some((stamp, generations)) = read(row, &found)
            && current.is_none_or(|current| current == generations)
        {
            return stamp;
        }
        let stamp = load.await;
        let generations = match self.mistake {
            Mistake::GenerationsAtStore => self.generations(row),
            _ => String::new(),
        };
        let began = stamp.began.unwrap_or_default();
        self.set(&key, &format!("{} {began} {generations}", stamp.version));
        stamp
    }

    async fn shared(&self, row: Row, load: impl Future<Output = Stamp>) -> Stamp {
        let flights = || self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        let flight = Arc::clone(flights().entry(row.index()).or_default());
        let stamp = *flight.get_or_init(|| load).await;
        let mut flights = flights();
        if flights
            .get(&row.index())
            .is_some_and(|current| Arc::ptr_eq(current, &flight))
        {
            flights.remove(&row.index());
        }
        stamp
    }
}

fn key(row: Row) -> String {
    format!("broken:{}", row.index())
}

/// One name for every `row` of the scope.
fn marker(scope: Scope, row: Row) -> String {
    let first = scope.covers(row).map(Row::index).next();
    format!("broken:{scope:?}:{}", first.unwrap_or(usize::MAX))
}

fn read(row: Row, text: &str) -> Option<(Stamp, String)> {
    let mut fields = text.split(' ');
    let stamp = Stamp {
        row: row.index(),
        version: fields.next()?.parse().ok()?,
        began: Some(fields.next()?.parse().ok()?),
    };
    Some((stamp, fields.next()?.to_owned()))
}

impl Subject for BrokenCache {
    async fn read(&self, world: &World, row: Row, rng: &mut Rng) -> (How, Option<Stamp>) {
        let load = world.load(row, rng.fork());
        let stamp = match self.mistake {
            Mistake::JoinAnyLoad => self.shared(row, load).await,
            _ => self.cached(row, load).await,
        };
        ("by hand", Some(stamp))
    }

    async fn change(&self, world: &World, row: Row, rng: &mut Rng) -> Option<Done> {
        let scope = Scope::any(rng, row);
        let version = world.history().write(row);
        let began = world.history().tick();
        match self.mistake {
            Mistake::DeleteThenSet => self.delete(scope.covers(row).map(key)),
            Mistake::GenerationsAtStore => self.delete([marker(scope, row)].into_iter()),
            Mistake::JoinAnyLoad => {}
        }
        Some(Done {
            began,
            version,
            scope,
            applied: true,
            how: "by hand",
        })
    }
}
