//! The hit test, which decides if a reply answers a call: a pure function of the reply.

use crate::{
    codec::{Shared, erased::Restores},
    coherence::rules::{self, EntryMarkers},
    format::{
        entry::{self, Entry, Outcome, Stored},
        freshness::{Freshness, Lifetime, StaleWindows},
    },
    key::function::Function,
    store::{Payload, Reply},
};

/// The reason why a reply is no hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MissReason {
    /// The key has nothing, or a lease, or an entry that was invalidated or is from another run of the
    /// server.
    Absent,
    /// The entry is damaged, or of another type.
    Undecodable,
    /// The content is not ours, and not to be written over.
    Foreign,
    /// The entry is over the size limit.
    TooLarge,
}

/// The outcomes of a load that the caller takes from a cache, and their greatest age.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accepts {
    pub(crate) none: bool,
    pub(crate) error: bool,
    function: Option<&'static Function>,
    oldest: Freshness,
}

impl Accepts {
    /// The entries that calls of `function` take, or calls by key: fresh ones.
    pub(crate) fn of(function: Option<&'static Function>) -> Self {
        Self {
            none: function.is_some_and(|function| function.none_ttl().is_some()),
            error: function.is_some_and(|function| function.error_ttl().is_some()),
            function,
            oldest: Freshness::Fresh,
        }
    }

    /// Takes entries past their ttl as well, up to the age `oldest`.
    pub(crate) fn up_to(self, oldest: Freshness) -> Self {
        Self { oldest, ..self }
    }

    pub(crate) fn windows(self) -> StaleWindows {
        self.function.map_or(StaleWindows::NONE, Function::windows)
    }

    /// The age of an entry of this lifetime, for this caller.
    #[inline]
    pub(crate) fn age(self, lifetime: Lifetime) -> Freshness {
        // This is nearly always so, and then the function's windows need not be read.
        if lifetime.stale.is_zero() {
            return Freshness::Fresh;
        }
        lifetime.age(self.windows())
    }

    #[inline]
    pub(crate) fn takes_age(self, age: Freshness) -> bool {
        age <= self.oldest
    }

    /// Returns `true` if an entry of this lifetime is young enough.
    fn takes_lifetime(self, lifetime: Lifetime) -> bool {
        self.takes_age(self.age(lifetime))
    }

    fn takes(self, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Value => true,
            Outcome::None => self.none,
            Outcome::Error => self.error,
        }
    }
}

/// Judges `reply` for a call that reads with `codec`, and returns the value and its lifetime if it is a hit.
pub(crate) fn judge_reply<C: Restores>(
    codec: &C,
    accepts: Accepts,
    reply: &Reply,
    trusted: bool,
    limit: usize,
) -> Result<(C::Restored, Lifetime), MissReason> {
    match &reply.payload {
        // While an invalidation is on its way to the store, nothing that the store shows may be a hit.
        _ if !trusted => Err(MissReason::Absent),
        None => Err(MissReason::Absent),
        Some(Payload::Typed(..)) if !accepts.takes_lifetime(reply.lifetime) => {
            Err(MissReason::Absent)
        }
        Some(Payload::Typed(shared, _)) => {
            Ok((restore_value(codec, accepts, shared)?, reply.lifetime))
        }
        Some(Payload::Bytes(bytes)) if bytes.len() > limit => Err(MissReason::TooLarge),
        Some(Payload::Bytes(bytes)) => match entry::read(bytes) {
            Stored::Lease(_) => Err(MissReason::Absent),
            Stored::Entry(entry) if !is_current(&entry, reply) => Err(match entry.header() {
                Some(_) => MissReason::Absent,
                None => MissReason::Undecodable,
            }),
            Stored::Entry(entry) if !accepts.takes(entry.outcome) => Err(MissReason::Absent),
            Stored::Entry(entry) if !accepts.takes_lifetime(lifetime_of(reply, &entry)) => {
                Err(MissReason::Absent)
            }
            Stored::Entry(entry) => {
                let value = codec.decode(entry.outcome, entry.body);
                Ok((
                    value.ok_or(MissReason::Undecodable)?,
                    lifetime_of(reply, &entry),
                ))
            }
            Stored::Foreign => Err(MissReason::Foreign),
            Stored::Damaged(_) => Err(MissReason::Undecodable),
        },
    }
}

/// Returns `true` if nothing has invalidated `entry`, as far as `reply` shows.
fn is_current(entry: &Entry<'_>, reply: &Reply) -> bool {
    let captured = EntryMarkers {
        identity: entry.identity,
        markers: entry.markers(),
    };
    rules::counts(captured, reply.identity, &reply.markers)
}

/// Restores a value that is kept inside the process, if the caller takes its outcome.
pub(crate) fn restore_value<C: Restores>(
    codec: &C,
    accepts: Accepts,
    shared: &Shared,
) -> Result<C::Restored, MissReason> {
    if !accepts.takes(shared.outcome) {
        return Err(MissReason::Absent);
    }
    codec.restore(shared).ok_or(MissReason::Undecodable)
}

/// The lifetime of the entry in `reply`, of whatever type, if there is one that counts.
pub(crate) fn entry_lifetime(reply: &Reply) -> Option<Lifetime> {
    match reply.payload.as_ref()? {
        Payload::Typed(..) => Some(reply.lifetime),
        Payload::Bytes(bytes) => match entry::read(bytes) {
            Stored::Entry(entry) if is_current(&entry, reply) => Some(lifetime_of(reply, &entry)),
            _ => None,
        },
    }
}

/// The lifetime of the entry in `reply`, if it is fresh.
pub(crate) fn fresh_lifetime(reply: &Reply) -> Option<Lifetime> {
    entry_lifetime(reply).filter(|lifetime| lifetime.age(StaleWindows::NONE) == Freshness::Fresh)
}

fn lifetime_of(reply: &Reply, entry: &Entry<'_>) -> Lifetime {
    Lifetime {
        ttl: Some(entry.ttl),
        stale: entry.stale,
        ..reply.lifetime
    }
}
