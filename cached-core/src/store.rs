//! Stores: [`Store`], which is waited for, and [`LocalStore`], which answers at once.

use std::{fmt::Debug, pin::Pin, time::Duration};

use crate::{
    codec::Shared,
    coherence::{
        epochs::{Epoch, Supersedes},
        journal::Batch,
        own_stores::LoadInterval,
        rules::{Occupant, View},
    },
    error::Error,
    format::{
        entry::{Id, Identity, Marker, PerGroup},
        freshness,
    },
    key::Key,
    telemetry::{event::StoreKind, health::ServerInfo},
};

pub(crate) mod breaker;
pub(crate) mod glob;
pub(crate) mod memory;
pub(crate) mod redis;

/// A store operation under way.
pub(crate) type Task<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

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

/// The answer to a read, or to a capture.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) payload: Option<Payload>,
    /// The run of the server that answered for the entry's key; a store inside the process has none.
    pub(crate) identity: Option<Identity>,
    /// Those of the key's groups, in their order; a store inside the process has none.
    pub(crate) markers: PerGroup<Option<Marker>>,
    /// How long the entry is kept. In bytes, the entry itself says how much of that is past its ttl.
    pub(crate) kept: freshness::Lifetime,
    /// What lies at the entry's key, if a capture or claim said so without its bytes.
    pub(crate) occupant: Option<Occupant>,
    /// Whether a capture had to create any of it.
    pub(crate) created: bool,
}

impl Reply {
    /// The answer of a store inside the process: what guards it is its own.
    pub(crate) fn local(payload: Option<Payload>, kept: freshness::Lifetime) -> Self {
        Self {
            payload,
            identity: None,
            markers: PerGroup::new(),
            kept,
            occupant: Some(Occupant::Ours(Id::NONE)),
            created: false,
        }
    }

    /// What the rules of freshness see in it.
    pub(crate) fn view(&self) -> View {
        let occupant = self.occupant.unwrap_or_else(|| match &self.payload {
            Some(Payload::Bytes(bytes)) => Occupant::of(bytes),
            Some(Payload::Typed(..)) | None => Occupant::Absent,
        });
        View {
            occupant,
            identity: self.identity,
            markers: self.markers.clone(),
        }
    }
}

/// A store, asked asynchronously, inside the process or outside.
///
/// Every one promises:
///
/// - Every operation ends within the operation deadline.
/// - One that is dropped has happened, or has not, or will; nothing is left half done.
/// - A key holds what was stored last, until its ttl is over, or it makes room for others.
/// - What was captured before a load is all that its value can be stored with.
pub(crate) trait Store: Debug + Send + Sync {
    fn kind(&self) -> StoreKind;

    /// Reads the entry at `key`; for functions whose values are kept past their ttl, or `with_ttl`, also how long it
    /// will be kept.
    fn read<'a>(&'a self, key: &'a Key, with_ttl: bool) -> Task<'a, Reply>;

    /// As [`read`](Self::read), and leaves at once what a load will need: markers, and a lease where nothing is. It
    /// writes, so it costs more where it finds something. Never sent twice.
    fn read_capturing<'a>(
        &'a self,
        key: &'a Key,
        with_ttl: bool,
        ttls: CaptureTtls,
    ) -> Task<'a, Reply>;

    /// As [`read`](Self::read), one reply a key, in order.
    fn read_many<'a>(&'a self, keys: &'a [Key]) -> Task<'a, Vec<Reply>>;

    /// Leaves what `seen` lacks before a load: markers, and a lease where nothing is. Returns what is
    /// there then, whoever left it. Never sent twice.
    fn capture<'a>(&'a self, key: &'a Key, seen: Reply, ttls: CaptureTtls) -> Task<'a, Reply>;

    /// As [`capture`](Self::capture), for loads that replace whatever is there: without reading it.
    fn claim<'a>(&'a self, keys: &'a [Key], ttls: CaptureTtls) -> Task<'a, Vec<Reply>>;

    /// Stores each value if what its load captured is still there; an error says that at least one is
    /// not known to be stored.
    fn store(&self, writes: Vec<Write>) -> Task<'_, Vec<StoreOutcome>>;

    /// Deletes each target of `batch` outside this process, and says which of them were there. May be sent twice.
    fn remove<'a>(&'a self, batch: &'a Batch) -> Task<'a, Vec<bool>>;

    /// As [`remove`](Self::remove), also while the breaker is open.
    fn remove_in_outage<'a>(&'a self, batch: &'a Batch) -> Task<'a, Vec<bool>>;

    /// Reads and deletes in one step: of several at once, one gets the payload.
    fn take<'a>(&'a self, key: &'a Key) -> Task<'a, Reply>;

    /// Gives the entry at `key` a new ttl, past which it is kept for `stale`; `false` if there is none.
    fn touch<'a>(&'a self, key: &'a Key, ttl: Duration, stale: Duration) -> Task<'a, bool>;

    /// Deletes the entries that `glob` matches, without the namespace, and returns how many that were.
    fn purge<'a>(&'a self, glob: &'a str) -> Task<'a, u64>;

    /// Answers once the store has done anything at all.
    fn ping(&self) -> Task<'_, ()>;

    /// As [`ping`](Self::ping), also while the breaker is open: tells whether it can be closed.
    fn probe(&self) -> Task<'_, ()>;

    fn server_info(&self) -> Task<'_, ServerInfo>;

    /// Lets go of connections; a later operation would connect anew.
    fn close(&self);
}

/// A store inside the process, which answers at once.
///
/// Nothing that is in it has to be told to another: what takes an entry out advances the epoch of its key in the same
/// step, and what is stored is compared with the epochs in that step.
pub(crate) trait LocalStore: Store {
    /// Shows the entry at `key` to `visit`, if it counts; where that is past its ttl, or `with_ttl`, also how long it
    /// is kept. Returns `false` if there is none.
    fn look(
        &self,
        key: &Key,
        with_ttl: bool,
        visit: &mut dyn FnMut(&Shared, freshness::Lifetime),
    ) -> bool;

    /// Shows the value at `key` to `take`, if it is fresh, and returns what `take` returns: the short way of
    /// [`look`](Self::look).
    fn hit(&self, key: &Key, take: &mut dyn FnMut(&Shared) -> bool) -> bool;

    /// Does what [`store`](Store::store) does.
    fn put(&self, write: Write) -> StoreOutcome;

    /// Removes the entry at `key` and advances its epoch, in one step; `false` if nothing that counts was there.
    fn forget(&self, key: &Key) -> bool;
}

/// How long what a capture leaves will live.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CaptureTtls {
    pub(crate) lease: Duration,
    /// Longer than the entry, or the whole group turns into misses.
    pub(crate) markers: Duration,
}

/// One value to store.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    pub(crate) key: Key,
    pub(crate) payload: Payload,
    pub(crate) ttl: Duration,
    /// How much longer it is kept.
    pub(crate) stale: Duration,
    pub(crate) captured: Epoch,
    /// What of its key no longer holds afterwards. A store that does not wait sees to that in the step in which it
    /// stores; for any other it is done before.
    pub(crate) supersedes: Supersedes,
    /// Those it was loaded under, in the order of its groups; a store inside the process has none.
    pub(crate) markers: PerGroup<Marker>,
    /// Its own name, and what has to be there.
    pub(crate) id: Id,
    pub(crate) expected: Id,
    /// When its load ran: what began later stays.
    pub(crate) span: LoadInterval,
}

impl Write {
    /// How long the store keeps it.
    pub(crate) fn kept_for(&self) -> Duration {
        self.ttl.saturating_add(self.stale)
    }
}

/// What became of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreOutcome {
    Stored,
    /// Something was invalidated, or stored, since its load began: this is there now, if it is ours.
    Rejected(Option<Id>),
}
