//! Caches as people write them by hand, each with a usual mistake: the oracle must see every one of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tests::{Connection, RedisServer, Reply};
use tokio::sync::OnceCell;

use crate::rng::Dice;
use crate::versions::{Cell, Scope};
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
pub(crate) struct Naive {
    mistake: Mistake,
    port: u16,
    idle: Arc<Mutex<Vec<Connection>>>,
    flights: Arc<Mutex<HashMap<usize, Arc<OnceCell<Stamp>>>>>,
}

impl Naive {
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

    /// The generation of every scope that covers `cell`, made where there is none.
    fn generations(&self, cell: Cell) -> String {
        let scopes = [Scope::Call, Scope::User, Scope::Function, Scope::Course];
        let all = scopes.into_iter().chain([Scope::Users, Scope::Namespace]);
        let texts = all.map(|scope| {
            let script = "if redis.call('EXISTS', ARGV[1]) == 0 then
                    redis.call('SET', ARGV[1], redis.call('INCR', 'naive:last'))
                end
                return redis.call('GET', ARGV[1])";
            let command = ["EVAL", script, "0", &marker(scope, cell)];
            self.send(&command.map(str::to_owned)).to_string()
        });
        texts.collect::<Vec<_>>().join(".")
    }

    async fn cached(&self, cell: Cell, load: impl Future<Output = Stamp>) -> Stamp {
        let key = key(cell);
        let current = match self.mistake {
            Mistake::GenerationsAtStore => Some(self.generations(cell)),
            _ => None,
        };
        if let Some(found) = self.get(&key)
            && let Some((stamp, generations)) = read(cell, &found)
            && current.is_none_or(|current| current == generations)
        {
            return stamp;
        }
        let stamp = load.await;
        let generations = match self.mistake {
            Mistake::GenerationsAtStore => self.generations(cell),
            _ => String::new(),
        };
        let began = stamp.began.unwrap_or_default();
        self.set(&key, &format!("{} {began} {generations}", stamp.version));
        stamp
    }

    async fn shared(&self, cell: Cell, load: impl Future<Output = Stamp>) -> Stamp {
        let flights = || self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        let flight = Arc::clone(flights().entry(cell.index()).or_default());
        let stamp = *flight.get_or_init(|| load).await;
        let mut flights = flights();
        if flights
            .get(&cell.index())
            .is_some_and(|current| Arc::ptr_eq(current, &flight))
        {
            flights.remove(&cell.index());
        }
        stamp
    }
}

fn key(cell: Cell) -> String {
    format!("naive:{}", cell.index())
}

/// One name for every `cell` of the scope.
fn marker(scope: Scope, cell: Cell) -> String {
    let first = scope.covers(cell).map(Cell::index).next();
    format!("naive:{scope:?}:{}", first.unwrap_or(usize::MAX))
}

fn read(cell: Cell, text: &str) -> Option<(Stamp, String)> {
    let mut fields = text.split(' ');
    let stamp = Stamp {
        cell: cell.index(),
        version: fields.next()?.parse().ok()?,
        began: Some(fields.next()?.parse().ok()?),
    };
    Some((stamp, fields.next()?.to_owned()))
}

impl Subject for Naive {
    async fn read(&self, world: &World, cell: Cell, dice: &mut Dice) -> (How, Option<Stamp>) {
        let load = world.load(cell, dice.fork());
        let stamp = match self.mistake {
            Mistake::JoinAnyLoad => self.shared(cell, load).await,
            _ => self.cached(cell, load).await,
        };
        ("by hand", Some(stamp))
    }

    async fn change(&self, world: &World, cell: Cell, dice: &mut Dice) -> Option<Done> {
        let scope = Scope::any(dice, cell);
        let version = world.truth().write(cell);
        let began = world.truth().tick();
        match self.mistake {
            Mistake::DeleteThenSet => self.delete(scope.covers(cell).map(key)),
            Mistake::GenerationsAtStore => self.delete([marker(scope, cell)].into_iter()),
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
