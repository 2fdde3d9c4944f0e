//! The hit test: does this reply answer this call? A pure function of the reply.

use crate::{
    codec::{Shared, erased::Takes},
    coherence::rules::{self, Captured},
    format::{
        entry::{self, Entry, Outcome, Stored},
        freshness::{Age, Kept, Windows},
    },
    key::function::Function,
    store::{Payload, Reply},
};

/// Why a reply is no hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Miss {
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
    oldest: Age,
}

impl Accepts {
    /// What calls of `function` take, or calls by key: what is fresh.
    pub(crate) fn of(function: Option<&'static Function>) -> Self {
        Self {
            none: function.is_some_and(|function| function.none_ttl().is_some()),
            error: function.is_some_and(|function| function.error_ttl().is_some()),
            function,
            oldest: Age::Fresh,
        }
    }

    /// The same, and what is past its ttl, up to the age `oldest`.
    pub(crate) fn up_to(self, oldest: Age) -> Self {
        Self { oldest, ..self }
    }

    pub(crate) fn windows(self) -> Windows {
        self.function.map_or(Windows::NONE, Function::windows)
    }

    /// The age of what is kept so, for this caller.
    #[inline]
    pub(crate) fn age(self, kept: Kept) -> Age {
        // Nearly always, and then nothing has to be looked up.
        if kept.stale.is_zero() {
            return Age::Fresh;
        }
        kept.age(self.windows())
    }

    #[inline]
    pub(crate) fn takes_age(self, age: Age) -> bool {
        age <= self.oldest
    }

    /// Whether what is kept so is young enough.
    fn takes_kept(self, kept: Kept) -> bool {
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
pub(crate) fn judge<C: Takes>(
    codec: &C,
    accepts: Accepts,
    reply: &Reply,
    limit: usize,
) -> Result<(C::Taken, Kept), Miss> {
    match &reply.payload {
        None => Err(Miss::Absent),
        Some(Payload::Typed(..)) if !accepts.takes_kept(reply.kept) => Err(Miss::Absent),
        Some(Payload::Typed(shared, _)) => Ok((typed(codec, accepts, shared)?, reply.kept)),
        Some(Payload::Bytes(bytes)) if bytes.len() > limit => Err(Miss::TooLarge),
        Some(Payload::Bytes(bytes)) => match entry::read(bytes) {
            Stored::Lease(_) => Err(Miss::Absent),
            Stored::Entry(entry) if !counts(&entry, reply) => Err(match entry.header() {
                Some(_) => Miss::Absent,
                None => Miss::Undecodable,
            }),
            Stored::Entry(entry) if !accepts.takes(entry.outcome) => Err(Miss::Absent),
            Stored::Entry(entry) if !accepts.takes_kept(kept(reply, &entry)) => Err(Miss::Absent),
            Stored::Entry(entry) => {
                let value = codec.decode(entry.outcome, entry.body);
                Ok((value.ok_or(Miss::Undecodable)?, kept(reply, &entry)))
            }
            Stored::Foreign => Err(Miss::Foreign),
            Stored::Damaged(_) => Err(Miss::Undecodable),
        },
    }
}

fn counts(entry: &Entry<'_>, reply: &Reply) -> bool {
    let captured = Captured {
        identity: entry.identity,
        markers: entry.markers(),
    };
    rules::counts(captured, reply.identity, &reply.markers)
}

/// The same for a value inside the process.
pub(crate) fn typed<C: Takes>(
    codec: &C,
    accepts: Accepts,
    shared: &Shared,
) -> Result<C::Taken, Miss> {
    if !accepts.takes(shared.outcome) {
        return Err(Miss::Absent);
    }
    codec.restore(shared).ok_or(Miss::Undecodable)
}

/// How long the entry is kept, of whatever type, if there is one that counts.
pub(crate) fn entry_kept(reply: &Reply) -> Option<Kept> {
    match reply.payload.as_ref()? {
        Payload::Typed(..) => Some(reply.kept),
        Payload::Bytes(bytes) => match entry::read(bytes) {
            Stored::Entry(entry) if counts(&entry, reply) => Some(kept(reply, &entry)),
            _ => None,
        },
    }
}

/// The same, if it is fresh.
pub(crate) fn fresh_kept(reply: &Reply) -> Option<Kept> {
    entry_kept(reply).filter(|kept| kept.age(Windows::NONE) == Age::Fresh)
}

fn kept(reply: &Reply, entry: &Entry<'_>) -> Kept {
    Kept {
        ttl: Some(entry.ttl),
        stale: entry.stale,
        ..reply.kept
    }
}
