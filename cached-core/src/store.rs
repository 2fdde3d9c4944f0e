//! Stores: [`Store`], asked asynchronously, and [`LocalStore`], which answers at once.

use std::{fmt::Debug, pin::Pin, time::Duration};

use crate::{
    codec::Shared,
    coherence::{
        epochs::{Epoch, Supersedes},
        journal::TargetBatch,
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

/// The content of a key, in the form that the store keeps.
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
    /// The markers of the key's groups, in their order; a store inside the process has none.
    pub(crate) markers: PerGroup<Option<Marker>>,
    /// The lifetime of the entry. In bytes, the entry itself says how much of it is past its ttl.
    pub(crate) lifetime: freshness::Lifetime,
    /// The occupant of the entry's key, if a capture or claim said so without its bytes.
    pub(crate) occupant: Option<Occupant>,
    /// True if a capture had to create any of it.
    pub(crate) created: bool,
}

impl Reply {
    /// The answer of a store inside the process: what guards it is its own.
    pub(crate) fn local(payload: Option<Payload>, lifetime: freshness::Lifetime) -> Self {
        Self {
            payload,
            identity: None,
            markers: PerGroup::new(),
            lifetime,
            occupant: Some(Occupant::Ours(Id::NONE)),
            created: false,
        }
    }

    /// The part of the reply that the rules of freshness judge.
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
/// Every implementation promises:
///
/// - Every operation ends within the operation deadline.
/// - One that is dropped has happened, or has not, or will; nothing is left half done.
/// - A key holds what was stored last, until its ttl is over, or it makes room for others.
/// - What was captured before a load is all that its value can be stored with.
pub(crate) trait Store: Debug + Send + Sync {
    fn kind(&self) -> StoreKind;

    /// Reads the entry at `key`; `with_ttl`, or for functions whose values are kept past their ttl, also how long it
    /// will be kept.
    fn read<'a>(&'a self, key: &'a Key, with_ttl: bool) -> Task<'a, Reply>;

    /// Reads as [`read`](Self::read) does, and leaves at once what a load will need: markers, and a lease where nothing
    /// is. It writes, so it costs more where it finds something. Never sent twice.
    fn read_capturing<'a>(
        &'a self,
        key: &'a Key,
        with_ttl: bool,
        ttls: CaptureTtls,
    ) -> Task<'a, Reply>;

    /// Reads as [`read`](Self::read) does: one reply a key, in order.
    fn read_many<'a>(&'a self, keys: &'a [Key]) -> Task<'a, Vec<Reply>>;

    /// Creates what `seen` lacks before a load: markers, and a lease where nothing is. Returns what is
    /// there then, whoever created it. Never sent twice.
    fn capture<'a>(&'a self, key: &'a Key, seen: Reply, ttls: CaptureTtls) -> Task<'a, Reply>;

    /// Captures as [`capture`](Self::capture) does, without a read before it: for loads that replace whatever is there.
    fn claim<'a>(&'a self, keys: &'a [Key], ttls: CaptureTtls) -> Task<'a, Vec<Reply>>;

    /// Stores each value if what its load captured is still there. An error says that at least one is
    /// not known to be stored.
    fn store(&self, writes: Vec<Write>) -> Task<'_, Vec<StoreOutcome>>;

    /// Deletes each target of `batch` outside this process, and says which of them were there. May be sent twice.
    fn remove<'a>(&'a self, batch: &'a TargetBatch) -> Task<'a, Vec<bool>>;

    /// Removes as [`remove`](Self::remove) does, also while the breaker is open.
    fn remove_in_outage<'a>(&'a self, batch: &'a TargetBatch) -> Task<'a, Vec<bool>>;

    /// Reads and deletes in one step: of several at once, one gets the payload.
    fn take<'a>(&'a self, key: &'a Key) -> Task<'a, Reply>;

    /// Gives the entry at `key` a new ttl, past which it is kept for `stale`; `false` if there is none.
    fn touch<'a>(&'a self, key: &'a Key, ttl: Duration, stale: Duration) -> Task<'a, bool>;

    /// Deletes the entries that `glob` matches, without the namespace, and returns how many that were.
    fn purge<'a>(&'a self, glob: &'a str) -> Task<'a, u64>;

    /// Answers once the store has done anything at all.
    fn ping(&self) -> Task<'_, ()>;

    /// Pings as [`ping`](Self::ping) does, also while the breaker is open: an answer closes it.
    fn probe(&self) -> Task<'_, ()>;

    fn server_info(&self) -> Task<'_, ServerInfo>;

    /// Gives up the connections; a later operation would connect anew.
    fn close(&self);
}

/// A store inside the process, which answers at once.
///
/// No other process has to learn of its entries: what takes one out advances the epoch of its key in the same
/// step, and what is stored is compared with the epochs in that step. It is never away, so no breaker guards it.
pub(crate) trait LocalStore: Store {
    /// Shows the entry at `key` to `visit`, if it counts; where that is past its ttl, or `with_ttl`, also how long it
    /// is kept.
    fn visit(&self, key: &Key, with_ttl: bool, visit: &mut dyn FnMut(&Shared, freshness::Lifetime));

    /// Shows the value at `key` to `take`, if it is fresh, and returns what `take` returns: the short form of
    /// [`visit`](Self::visit).
    fn hit(&self, key: &Key, take: &mut dyn FnMut(&Shared) -> bool) -> bool;

    /// Stores one value as [`store`](Store::store) does.
    fn put(&self, write: Write) -> StoreOutcome;

    /// Removes the entry at `key` and advances its epoch, in one step; `false` if nothing that counts was there.
    fn forget(&self, key: &Key) -> bool;
}

/// The ttls of what a capture creates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CaptureTtls {
    pub(crate) lease: Duration,
    /// Longer than the entry's: a marker that ends first turns the whole group into misses.
    pub(crate) markers: Duration,
}

/// One value to store.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    pub(crate) key: Key,
    pub(crate) payload: Payload,
    pub(crate) ttl: Duration,
    /// The time for which it is kept past its ttl.
    pub(crate) stale: Duration,
    pub(crate) captured: Epoch,
    /// The loads of its key that it supersedes. A store inside the process sees to that in the step in which it stores;
    /// for any other it is done before.
    pub(crate) supersedes: Supersedes,
    /// The markers it was loaded under, in the order of its groups; a store inside the process has none.
    pub(crate) markers: PerGroup<Marker>,
    /// Its own id.
    pub(crate) id: Id,
    /// The id that has to be there when it is stored.
    pub(crate) expected: Id,
    /// The interval in which its load ran: what began later stays.
    pub(crate) interval: LoadInterval,
}

impl Write {
    /// The time for which the store keeps it.
    pub(crate) fn kept_for(&self) -> Duration {
        self.ttl.saturating_add(self.stale)
    }
}

/// The outcome of storing a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreOutcome {
    Stored,
    /// Not stored, because something was invalidated, or stored, since its load began: this is there now, if it is
    /// ours.
    Rejected(Option<Id>),
}
