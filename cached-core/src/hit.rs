//! The hit test: does this reply answer this call? A pure function of the reply.

use crate::{
    codec::{Codec, Shared},
    entry::{self, Outcome, Stored},
    function::Function,
    generation::counts,
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

/// Which outcomes of a load the caller takes from a cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accepts {
    pub(crate) none: bool,
    pub(crate) error: bool,
}

impl Accepts {
    /// What calls of `function` take, or calls by key.
    pub(crate) fn of(function: Option<&'static Function>) -> Self {
        Self {
            none: function.is_some_and(|function| function.none_ttl().is_some()),
            error: function.is_some_and(|function| function.error_ttl().is_some()),
        }
    }

    fn takes(self, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Value => true,
            Outcome::None => self.none,
            Outcome::Error => self.error,
        }
    }
}

/// Judges `reply` for a call that reads with `codec`.
pub(crate) fn judge<R, T>(
    codec: &Codec<R, T>,
    accepts: Accepts,
    reply: &Reply,
    limit: usize,
) -> Result<R, Miss> {
    match &reply.payload {
        None => Err(Miss::Absent),
        Some(Payload::Typed(shared, _)) => typed(codec, accepts, shared),
        Some(Payload::Bytes(bytes)) if bytes.len() > limit => Err(Miss::TooLarge),
        Some(Payload::Bytes(bytes)) => match entry::read(bytes) {
            Stored::Lease(_) => Err(Miss::Absent),
            Stored::Entry(header, _) if !counts(&header, reply.identity, &reply.markers) => {
                Err(Miss::Absent)
            }
            Stored::Entry(header, _) if !accepts.takes(header.outcome) => Err(Miss::Absent),
            Stored::Entry(header, body) => {
                codec.decode(header.outcome, body).ok_or(Miss::Undecodable)
            }
            Stored::Foreign => Err(Miss::Foreign),
            Stored::Damaged(_) => Err(Miss::Undecodable),
        },
    }
}

/// The same for a value inside the process.
pub(crate) fn typed<R, T>(
    codec: &Codec<R, T>,
    accepts: Accepts,
    shared: &Shared,
) -> Result<R, Miss> {
    if !accepts.takes(shared.outcome) {
        return Err(Miss::Absent);
    }
    codec.restore(shared).ok_or(Miss::Undecodable)
}

/// Whether there is an entry that counts, of whatever type.
pub(crate) fn is_entry(reply: &Reply) -> bool {
    match &reply.payload {
        None => false,
        Some(Payload::Typed(..)) => true,
        Some(Payload::Bytes(bytes)) => {
            matches!(entry::read(bytes), Stored::Entry(header, _)
                if counts(&header, reply.identity, &reply.markers))
        }
    }
}
