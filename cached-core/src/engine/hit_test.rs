//! The hit test: does this reply answer this call? A pure function of the reply.

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

/// Why a reply is no hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MissReason {
    /// Nothing is there, or a lease, or an entry that was invalidated or is from another run of the
    /// server.
    Absent,
    /// Damaged, or of another type.
    Undecodable,
    /// Not ours, and not to be written over.
    Foreign,
    /// Over the size limit.
    TooLarge,
}

/// Which outcomes of a load the caller takes from a cache, and how old.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accepts {
    pub(crate) none: bool,
    pub(crate) error: bool,
    function: Option<&'static Function>,
    oldest: Freshness,
}

impl Accepts {
    /// What calls of `function` take, or calls by key: what is fresh.
    pub(crate) fn of(function: Option<&'static Function>) -> Self {
        Self {
            none: function.is_some_and(|function| function.none_ttl().is_some()),
            error: function.is_some_and(|function| function.error_ttl().is_some()),
            function,
            oldest: Freshness::Fresh,
        }
    }

    /// The same, and what is past its ttl, up to the age `oldest`.
    pub(crate) fn up_to(self, oldest: Freshness) -> Self {
        Self { oldest, ..self }
    }

    pub(crate) fn windows(self) -> StaleWindows {
        self.function.map_or(StaleWindows::NONE, Function::windows)
    }

    /// The age of what is kept so, for this caller.
    #[inline]
    pub(crate) fn age(self, kept: Lifetime) -> Freshness {
        // Nearly always, and then nothing has to be looked up.
        if kept.stale.is_zero() {
            return Freshness::Fresh;
        }
        kept.age(self.windows())
    }

    #[inline]
    pub(crate) fn takes_age(self, age: Freshness) -> bool {
        age <= self.oldest
    }

    /// Whether what is kept so is young enough.
    fn takes_kept(self, kept: Lifetime) -> bool {
        self.takes_age(self.age(kept))
    }

    fn takes(self, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Value => true,
            Outcome::None => self.none,
            Outcome::Error => self.error,
        }
    }
}

/// Judges `reply` for a call that reads with `codec`: what it takes, and how long that is kept.
pub(crate) fn judge<C: Restores>(
    codec: &C,
    accepts: Accepts,
    reply: &Reply,
    limit: usize,
) -> Result<(C::Restored, Lifetime), MissReason> {
    match &reply.payload {
        None => Err(MissReason::Absent),
        Some(Payload::Typed(..)) if !accepts.takes_kept(reply.lifetime) => Err(MissReason::Absent),
        Some(Payload::Typed(shared, _)) => Ok((typed(codec, accepts, shared)?, reply.lifetime)),
        Some(Payload::Bytes(bytes)) if bytes.len() > limit => Err(MissReason::TooLarge),
        Some(Payload::Bytes(bytes)) => match entry::read(bytes) {
            Stored::Lease(_) => Err(MissReason::Absent),
            Stored::Entry(entry) if !counts(&entry, reply) => Err(match entry.header() {
                Some(_) => MissReason::Absent,
                None => MissReason::Undecodable,
            }),
            Stored::Entry(entry) if !accepts.takes(entry.outcome) => Err(MissReason::Absent),
            Stored::Entry(entry) if !accepts.takes_kept(kept(reply, &entry)) => {
                Err(MissReason::Absent)
            }
            Stored::Entry(entry) => {
                let value = codec.decode(entry.outcome, entry.body);
                Ok((value.ok_or(MissReason::Undecodable)?, kept(reply, &entry)))
            }
            Stored::Foreign => Err(MissReason::Foreign),
            Stored::Damaged(_) => Err(MissReason::Undecodable),
        },
    }
}

fn counts(entry: &Entry<'_>, reply: &Reply) -> bool {
    let captured = EntryMarkers {
        identity: entry.identity,
        markers: entry.markers(),
    };
    rules::counts(captured, reply.identity, &reply.markers)
}

/// The same for a value inside the process.
pub(crate) fn typed<C: Restores>(
    codec: &C,
    accepts: Accepts,
    shared: &Shared,
) -> Result<C::Restored, MissReason> {
    if !accepts.takes(shared.outcome) {
        return Err(MissReason::Absent);
    }
    codec.restore(shared).ok_or(MissReason::Undecodable)
}

/// How long the entry is kept, of whatever type, if there is one that counts.
pub(crate) fn entry_kept(reply: &Reply) -> Option<Lifetime> {
    match reply.payload.as_ref()? {
        Payload::Typed(..) => Some(reply.lifetime),
        Payload::Bytes(bytes) => match entry::read(bytes) {
            Stored::Entry(entry) if counts(&entry, reply) => Some(kept(reply, &entry)),
            _ => None,
        },
    }
}

/// The same, if it is fresh.
pub(crate) fn fresh_kept(reply: &Reply) -> Option<Lifetime> {
    entry_kept(reply).filter(|kept| kept.age(StaleWindows::NONE) == Freshness::Fresh)
}

fn kept(reply: &Reply, entry: &Entry<'_>) -> Lifetime {
    Lifetime {
        ttl: Some(entry.ttl),
        stale: entry.stale,
        ..reply.lifetime
    }
}
