//! The read of a store outside the process for a call, and the test of its reply.

use std::time::{Duration, Instant};

use crate::{
    clock,
    codec::{Shared, erased::Restores},
    coherence::rules::Occupant,
    engine::{
        Cache,
        hit_test::{self, Accepts, MissReason},
    },
    error::{Error, ErrorKind},
    format::{
        entry::Outcome,
        freshness::{Freshness, Lifetime},
    },
    key::Key,
    store::{Payload, Reply},
    telemetry::observer::Observer,
};

/// The purpose of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadPurpose {
    /// A call, which is answered in any case.
    Call,
    /// A call that may return a value past its ttl, and then loads asynchronously.
    CallAcceptingStale,
    /// A peek, which asks what a call would find.
    Peek,
}

impl ReadPurpose {
    /// The greatest age that an answer may have.
    pub(crate) fn oldest(self) -> Freshness {
        match self {
            Self::Call => Freshness::Fresh,
            Self::CallAcceptingStale | Self::Peek => Freshness::Revalidate,
        }
    }
}

/// The state captured before a read is sent.
#[derive(Clone, Copy)]
pub(crate) struct ReadStart {
    pub(crate) began: Instant,
    pub(crate) trusted: bool,
}

impl ReadStart {
    pub(crate) fn now(cache: &Cache, key: &Key) -> Self {
        Self {
            began: clock::instant(),
            trusted: cache.trusts(key),
        }
    }
}

/// The reply of a read, as one call may use it.
#[derive(Debug)]
pub(crate) struct ReadView {
    pub(crate) reply: Reply,
    /// True if that may be a hit: not if an invalidation that covers the key was on its way to the store
    /// when the read was sent, also if it is confirmed by now.
    pub(crate) trusted: bool,
}

impl ReadView {
    /// The view of a store inside the process that has no entry: such a store can always be trusted.
    pub(crate) fn local() -> Box<Self> {
        Box::new(Self {
            reply: Reply::local(None, Lifetime::default()),
            trusted: true,
        })
    }

    /// The view of a value inside the process that is past its ttl.
    pub(crate) fn stale(shared: &Shared, lifetime: Lifetime) -> Box<Self> {
        let payload = Payload::Typed(shared.clone(), 0);
        Box::new(Self {
            reply: Reply::local(Some(payload), lifetime),
            trusted: true,
        })
    }
}

/// The reason why a read did not answer a call.
pub(crate) enum ReadMiss {
    /// The reply was no hit.
    Seen(MissReason, Box<ReadView>),
    /// The store did not answer.
    Failed(Error),
}

/// The options of a read: what it asks for besides a fresh value.
#[derive(Clone, Copy)]
pub(crate) struct ReadOptions {
    purpose: ReadPurpose,
    /// True if the read asks as well how long the entry will be kept.
    with_ttl: bool,
    /// True if a miss may be followed by a load.
    may_load: bool,
}

impl ReadOptions {
    /// The options of a call that `observer` sees, if one does.
    pub(crate) fn new(purpose: ReadPurpose, observer: Option<&Observer>) -> Self {
        Self {
            purpose,
            with_ttl: observer.is_some(),
            may_load: purpose != ReadPurpose::Peek
                && !observer.is_some_and(Observer::refuses_loads),
        }
    }

    /// Leaves out how long the entry will be kept.
    pub(crate) fn without_ttl(self) -> Self {
        Self {
            with_ttl: false,
            ..self
        }
    }
}

/// The usable entry that a read has found.
pub(crate) struct ReadHit<R> {
    pub(crate) value: R,
    pub(crate) freshness: Freshness,
    pub(crate) lifetime: Lifetime,
    /// The whole reply, where the value is past its ttl.
    pub(crate) stale: Option<Box<ReadView>>,
}

/// Reads the store once for one call.
pub(crate) async fn read_store<C: Restores>(
    codec: &C,
    cache: &Cache,
    key: &Key,
    began: Instant,
    options: ReadOptions,
) -> Result<ReadHit<C::Restored>, ReadMiss> {
    // This is decided before the read is sent: what is invalidated later does not concern this read,
    // and what is known to be applied later does not make its reply any newer.
    let trusted = cache.trusts(key);
    let function = key.function();
    let streak = &cache.counters(function).streak;
    // For a call by key it is not known yet how long a load would be kept.
    let expects_a_load = options.may_load && function.is_some() && streak.is_long();
    let capturing = if expects_a_load {
        cache.capturing_reads().try_acquire()
    } else {
        None
    };
    let reply = match capturing {
        None => cache.store().read(key, options.with_ttl).await,
        // This saves one round trip of the two before the answer.
        Some(_permit) => Box::pin(read_capturing(cache, key, options.with_ttl)).await,
    };
    let reply = match reply {
        Ok(reply) => reply,
        Err(error) => {
            streak.end();
            cache.count_read_error(function, &error);
            return Err(ReadMiss::Failed(error));
        }
    };
    let start = ReadStart { began, trusted };
    let accepts = Accepts::of(function).up_to(options.purpose.oldest());
    let found = find_value(codec, cache, key, &reply, start, accepts);
    if options.purpose != ReadPurpose::Peek {
        // A capture makes no miss shorter to which it had nothing to add.
        let lacked = || reply.created || !reply.view().is_complete();
        match &found {
            Err(_) if lacked() => streak.count_miss(),
            _ => streak.end(),
        }
    }
    let seen = || Box::new(ReadView { reply, trusted });
    match found {
        Ok((value, lifetime)) => {
            let freshness = accepts.age(lifetime);
            Ok(ReadHit {
                value,
                freshness,
                lifetime,
                stale: (freshness != Freshness::Fresh).then(seen),
            })
        }
        Err(miss) => Err(ReadMiss::Seen(miss, seen())),
    }
}

/// Reads in the expectation of a miss, and captures what its load will need.
async fn read_capturing(cache: &Cache, key: &Key, with_ttl: bool) -> Result<Reply, Error> {
    let (function, store) = (key.function(), cache.store());
    let (began, ttls) = (clock::instant(), cache.capture_ttls(function, None));
    match store.read_capturing(key, with_ttl, ttls).await {
        // The server may take no writes, or the connection has ended: it may still have what the call asks for.
        Err(error) => {
            cache.counters(function).streak.end();
            let mut left = cache
                .op_timeout()
                .saturating_sub(clock::instant().saturating_duration_since(began));
            if left.is_zero() {
                return Err(error);
            }
            within_deadline(&mut left, store.read(key, with_ttl)).await
        }
        Ok(reply) if reply.occupant == Some(Occupant::Foreign) && reply.payload.is_none() => {
            cache.count_foreign(function);
            Ok(reply)
        }
        reply => reply,
    }
}

/// Waits for the store within the deadline of the call, of which `left` is left.
pub(crate) async fn within_deadline<X>(
    left: &mut Duration,
    work: impl Future<Output = Result<X, Error>>,
) -> Result<X, Error> {
    let began = clock::instant();
    let answer = clock::within(*left, work).await;
    let waited = clock::instant().saturating_duration_since(began);
    *left = left.saturating_sub(waited);
    answer.unwrap_or_else(|| {
        Err(Error::new(
            ErrorKind::Timeout,
            "Redis did not answer all that a call asked within one deadline",
        ))
    })
}

/// Finds the value for a call: in `reply`, or on its way to the store.
pub(crate) fn find_value<C: Restores>(
    codec: &C,
    cache: &Cache,
    key: &Key,
    reply: &Reply,
    start: ReadStart,
    accepts: Accepts,
) -> Result<(C::Restored, Lifetime), MissReason> {
    let limit = cache.max_entry_size();
    let tested = hit_test::judge_reply(codec, accepts, reply, start.trusted, limit);
    if let Ok((_, lifetime)) = &tested
        && accepts.age(*lifetime) == Freshness::Fresh
    {
        return tested;
    }
    // An error on its way gives way to a value past its ttl: the call that waits for the load judges that.
    let coming = cache
        .find_unstored(key, start.began, reply)
        .filter(|(shared, _)| shared.outcome != Outcome::Error || accepts.windows().are_none());
    let restore = |(shared, lifetime)| {
        Some((
            hit_test::restore_value(codec, accepts, &shared).ok()?,
            lifetime,
        ))
    };
    coming.and_then(restore).map_or(tested, Ok)
}
