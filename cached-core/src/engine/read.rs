//! What a call reads outside the process, and what it makes of the reply.

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

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadPurpose {
    /// A call, which is answered in any case.
    Call,
    /// A call that loads a value behind its answer if that is past its ttl.
    CallAhead,
    /// Somebody who wants to know what a call would find.
    Peek,
}

impl ReadPurpose {
    /// How old an answer may be.
    pub(crate) fn oldest(self) -> Freshness {
        match self {
            Self::Call => Freshness::Fresh,
            Self::CallAhead | Self::Peek => Freshness::Revalidate,
        }
    }
}

/// What has to be known of a call before its read is sent.
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

/// What a read showed one call.
#[derive(Debug)]
pub(crate) struct ReadView {
    pub(crate) reply: Reply,
    /// Whether that may be a hit: not if an invalidation that covers the key was on its way to the store
    /// when the read was sent, also if it is confirmed by now.
    pub(crate) trusted: bool,
}

impl ReadView {
    /// What a store inside the process shows is always true.
    pub(crate) fn local() -> Box<Self> {
        Box::new(Self {
            reply: Reply::local(None, Lifetime::default()),
            trusted: true,
        })
    }

    /// A value inside the process that is past its ttl.
    pub(crate) fn past(shared: &Shared, kept: Lifetime) -> Box<Self> {
        let payload = Payload::Typed(shared.clone(), 0);
        Box::new(Self {
            reply: Reply::local(Some(payload), kept),
            trusted: true,
        })
    }
}

/// Why a read did not answer a call.
pub(crate) enum ReadMiss {
    /// This is what it showed.
    Seen(MissReason, Box<ReadView>),
    /// The store did not answer.
    Failed(Error),
}

/// What a read looks for besides a fresh value.
#[derive(Clone, Copy)]
pub(crate) struct ReadOptions {
    purpose: ReadPurpose,
    /// Also how long the entry will be kept.
    with_ttl: bool,
    /// A miss may be followed by a load.
    may_load: bool,
}

impl ReadOptions {
    /// The options of a call that `observer` sees, if one does.
    pub(crate) fn of(purpose: ReadPurpose, observer: Option<&Observer>) -> Self {
        Self {
            purpose,
            with_ttl: observer.is_some(),
            may_load: purpose != ReadPurpose::Peek
                && !observer.is_some_and(Observer::refuses_loads),
        }
    }

    /// The same, where nobody asks how long the entry will be kept.
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
pub(crate) async fn read<C: Restores>(
    codec: &C,
    cache: &Cache,
    key: &Key,
    began: Instant,
    options: ReadOptions,
) -> Result<ReadHit<C::Restored>, ReadMiss> {
    // Decided before the read is sent: what is invalidated later is none of this read's business,
    // and what is known to be applied later does not make its reply any newer.
    let trusted = cache.trusts(key);
    let function = key.function();
    let streak = &cache.counters(function).streak;
    // By key nobody knows yet for how long a load would be kept.
    let expects_a_load = options.may_load && function.is_some() && streak.is_long();
    let capturing = if expects_a_load {
        cache.capturing_reads().enter()
    } else {
        None
    };
    let reply = match capturing {
        None => cache.store().read(key, options.with_ttl).await,
        // A round trip less, of two before the answer.
        Some(_permit) => Box::pin(read_expecting_a_miss(cache, key, options.with_ttl)).await,
    };
    let reply = match reply {
        Ok(reply) => reply,
        Err(error) => {
            streak.ended();
            cache.count_read_error(function, &error);
            return Err(ReadMiss::Failed(error));
        }
    };
    let start = ReadStart { began, trusted };
    let accepts = Accepts::of(function).up_to(options.purpose.oldest());
    let found = found(codec, cache, key, &reply, start, accepts);
    if options.purpose != ReadPurpose::Peek {
        // A miss to which a capture had nothing to add is none that it would make shorter.
        let lacked = || reply.created || !reply.view().is_complete();
        match &found {
            Err(_) if lacked() => streak.missed(),
            _ => streak.ended(),
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

async fn read_expecting_a_miss(cache: &Cache, key: &Key, with_ttl: bool) -> Result<Reply, Error> {
    let (function, store) = (key.function(), cache.store());
    let (began, ttls) = (clock::instant(), cache.capture_ttls(function, None));
    match store.read_capturing(key, with_ttl, ttls).await {
        // It may take no writes, or the connection has ended: it may still have what the call asks for.
        Err(error) => {
            cache.counters(function).streak.ended();
            let mut left = cache
                .op_timeout()
                .saturating_sub(clock::instant().saturating_duration_since(began));
            if left.is_zero() {
                return Err(error);
            }
            in_time(&mut left, store.read(key, with_ttl)).await
        }
        Ok(reply) if reply.occupant == Some(Occupant::Foreign) && reply.payload.is_none() => {
            cache.count_foreign(function);
            Ok(reply)
        }
        reply => reply,
    }
}

/// Waits for the store as long as a call may, of which `left` is left.
pub(crate) async fn in_time<X>(
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

/// What `reply` holds, or what is on its way to the store.
pub(crate) fn found<C: Restores>(
    codec: &C,
    cache: &Cache,
    key: &Key,
    reply: &Reply,
    look: ReadStart,
    accepts: Accepts,
) -> Result<(C::Restored, Lifetime), MissReason> {
    let answer = answer(codec, cache, reply, look.trusted, accepts);
    if let Ok((_, kept)) = &answer
        && accepts.age(*kept) == Freshness::Fresh
    {
        return answer;
    }
    // An error on its way stands behind a value past its ttl: who waits for it judges that.
    let coming = cache
        .on_its_way(key, look.began, reply)
        .filter(|(shared, _)| shared.outcome != Outcome::Error || accepts.windows().are_none());
    let typed = |(shared, kept)| Some((hit_test::typed(codec, accepts, &shared).ok()?, kept));
    coming.and_then(typed).map_or(answer, Ok)
}

/// The hit test.
pub(crate) fn answer<C: Restores>(
    codec: &C,
    cache: &Cache,
    reply: &Reply,
    trusted: bool,
    accepts: Accepts,
) -> Result<(C::Restored, Lifetime), MissReason> {
    if !trusted {
        return Err(MissReason::Absent);
    }
    hit_test::judge(codec, accepts, reply, cache.max_entry_size())
}
