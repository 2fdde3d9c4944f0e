//! [`Store`]: what every store promises.

use std::{fmt::Debug, pin::Pin, time::Duration};

use crate::{Error, Key, codec::Shared, entry::Identity, server::ServerInfo};

pub(crate) mod memory;
pub(crate) mod redis;

/// A store operation under way.
pub(crate) type Task<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// Which store it is, as events and statistics name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Memory,
    Redis,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Redis => "redis",
        }
    }
}

/// What lies at a key, in the form that the store keeps.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    /// The value itself, and the length its JSON would have.
    Typed(Shared, usize),
    /// A header line and JSON.
    Bytes(bytes::Bytes),
}

impl Payload {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Typed(_, bytes) => *bytes,
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}

/// The answer to a read.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) payload: Option<Payload>,
    /// The run of the server that answered; a store inside the process has none.
    pub(crate) identity: Option<Identity>,
    /// How long the entry will still live, where it was asked for and there is a limit.
    pub(crate) remaining: Option<Duration>,
}

/// What every store promises:
///
/// - Every operation ends within the operation deadline.
/// - One that is dropped has happened, or has not, or will; nothing is left half done.
/// - A key holds what was written last, until its ttl is over, or it makes room for others.
pub(crate) trait Store: Debug + Send + Sync {
    fn kind(&self) -> Kind;

    /// Looks `key` up without waiting, and shows what is there to `visit`.
    ///
    /// `None` if this store cannot know without waiting; else whether anything was there.
    fn look(&self, _key: &Key, _visit: &mut dyn FnMut(&Shared)) -> Option<bool> {
        None
    }

    /// Writes without waiting, if this store can.
    fn put(&self, _key: &Key, _payload: Payload, _ttl: Duration) {}

    /// The run of the server that will take the next write.
    fn identity(&self) -> Task<'_, Option<Identity>>;

    fn read<'a>(&'a self, key: &'a Key) -> Task<'a, Reply>;

    /// As [`read`](Self::read), and asks how long the entry will live.
    fn read_with_ttl<'a>(&'a self, key: &'a Key) -> Task<'a, Reply>;

    /// As [`read`](Self::read), one reply a key, in order.
    fn read_many<'a>(&'a self, keys: &'a [Key]) -> Task<'a, Vec<Reply>>;

    /// Writes all or some of `entries`; an error says that at least one is not there.
    fn write<'a>(&'a self, entries: Vec<Write<'a>>) -> Task<'a, ()>;

    /// Whether something was there.
    fn delete<'a>(&'a self, key: &'a Key) -> Task<'a, bool>;

    /// Reads and deletes in one step: of several at once, one gets the payload.
    fn take<'a>(&'a self, key: &'a Key) -> Task<'a, Reply>;

    /// Gives what is at `key` a new ttl. Whether something was there.
    fn touch<'a>(&'a self, key: &'a Key, ttl: Duration) -> Task<'a, bool>;

    /// Deletes what `glob` matches, without the namespace, and says how many that were.
    fn purge<'a>(&'a self, glob: &'a str) -> Task<'a, u64>;

    /// Answers once the store has done anything at all.
    fn ping(&self) -> Task<'_, ()>;

    fn server_info(&self) -> Task<'_, ServerInfo>;

    /// Lets go of connections; a later operation would connect anew.
    fn close(&self) {}
}

/// One entry to write.
#[derive(Debug)]
pub(crate) struct Write<'a> {
    pub(crate) key: &'a Key,
    pub(crate) payload: Payload,
    pub(crate) ttl: Duration,
}
