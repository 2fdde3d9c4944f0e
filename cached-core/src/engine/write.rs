//! The write of a value: its ttl, its stored form, and the time at which it goes to the store.

use std::time::Duration;

use tokio::runtime::Handle;

use super::{Cache, backend::Backend};
use crate::{
    clock,
    codec::{Shared, erased::Returned},
    coherence::{epochs::Supersedes, own_stores::LoadInterval},
    config::MARKERS_OUTLIVE,
    format::{
        entry::{self, Header, Id, Outcome, PerGroup},
        freshness::StaleWindows,
        json::{Sink, Unstorable},
    },
    key::{Key, function::Function, target::Target},
    single_flight::{Completed, LoadStart},
    store::{CaptureTtls, Payload, StoreOutcome, Write},
};

mod jitter;

/// The time for which the value of a finished load stays for calls that began before it ended.
const LINGER: Duration = Duration::from_secs(1);

/// The number of times a value may find that an older one of this process was stored first.
pub(crate) const MAX_REPLACEMENTS: usize = 8;

impl Cache {
    /// Chooses the ttl of `returned`; `None` if it is not to be kept.
    pub(crate) fn choose_ttl(
        &self,
        returned: &dyn Returned,
        function: Option<&'static Function>,
        given: Option<Duration>,
    ) -> Option<Duration> {
        let declared = match returned.outcome() {
            Outcome::Value if !returned.wanted() => return None,
            Outcome::Value => given
                .or_else(|| function.and_then(Function::ttl_override))
                .or_else(|| returned.ttl())
                .or_else(|| function.and_then(Function::ttl_declared))
                .unwrap_or(self.0.config.default_ttl),
            Outcome::None => function?.none_ttl()?,
            Outcome::Error => function?.error_ttl()?,
        };
        let ttl = jitter::shorten_ttl(declared, function.map_or(0, Function::jitter));
        (ttl >= Duration::from_millis(1)).then_some(ttl)
    }

    /// The ttls of what a load captures, as far as they are known before it has run.
    pub(crate) fn capture_ttls(
        &self,
        function: Option<&'static Function>,
        given: Option<Duration>,
    ) -> CaptureTtls {
        let declared = given
            .or_else(|| function?.ttl_override())
            .or_else(|| function?.ttl_declared())
            .unwrap_or(self.0.config.default_ttl);
        let windows = function.map_or(StaleWindows::NONE, Function::windows);
        let outcomes = [
            function.and_then(Function::none_ttl),
            function.and_then(Function::error_ttl),
        ];
        let longest = outcomes.into_iter().flatten().fold(declared, Duration::max);
        CaptureTtls {
            lease: self.0.config.lease,
            markers: longest
                .saturating_add(windows.longest())
                .saturating_add(MARKERS_OUTLIVE),
        }
    }

    /// Encodes `returned` in the form that the store keeps; `None` if it cannot be stored with what was captured.
    pub(crate) fn encode_write(
        &self,
        backend: &Backend,
        key: &Key,
        returned: &dyn Returned,
        shared: Option<Shared>,
        ttl: Duration,
        captured: &LoadStart,
    ) -> Result<Option<Write>, Unstorable> {
        let limit = self.max_entry_size();
        // An entry of an outage is not kept past its ttl: its age is limited.
        let stale = match backend.max_age {
            None => stale_window(key, returned.outcome()),
            Some(_) => Duration::ZERO,
        };
        let write = |payload, markers, id, expected| Write {
            key: key.clone(),
            payload,
            ttl,
            stale,
            captured: captured.at,
            supersedes: Supersedes::Nothing,
            markers,
            id,
            expected,
            interval: LoadInterval {
                began: captured.began,
                ended: clock::instant(),
            },
        };
        if backend.local().is_some() {
            // The value is encoded all the same, so that what is tested in memory behaves the same
            // on Redis.
            let mut sink = Sink::counting(limit);
            returned.encode(&mut sink)?;
            return Ok(shared.map(|shared| {
                let payload = Payload::Typed(shared, sink.len());
                write(payload, PerGroup::new(), Id::NONE, Id::NONE)
            }));
        }
        let (Some(from), Ok(id)) = (&captured.from, Id::random()) else {
            return Ok(None);
        };
        let header = Header {
            id,
            outcome: returned.outcome(),
            ttl,
            stale,
            identity: from.identity,
            markers: from.markers.clone(),
        };
        let bytes = entry::render(&header, |sink| returned.encode(sink), limit)?;
        let payload = Payload::Bytes(bytes.into());
        Ok(Some(write(payload, header.markers, id, from.id)))
    }

    /// Stores asynchronously, and ends the flight once the value is stored, or is known not to be.
    pub(crate) fn store_in_background(
        &self,
        backend: &Backend,
        key: &Key,
        write: Option<Write>,
        completed: Option<Completed>,
    ) {
        let function = key.function();
        // After a shutdown nothing is written any more.
        let write = write.filter(|_| self.is_on());
        if let Some(local) = backend.local() {
            if let Some(write) = write {
                let (bytes, ttl) = (write.payload.len(), write.ttl);
                let outcome = local.put(write);
                self.count_outcome(function, backend.store.kind(), outcome, bytes, ttl);
            }
            return;
        }
        let write = write.and_then(|write| {
            let admitted = self.0.write_budget.admit(write.payload.len());
            if admitted.is_none() {
                self.count_skipped(function);
            }
            Some((Box::new(write), admitted?))
        });
        if write.is_none()
            && let Some(completed) = &completed
        {
            completed.end();
        }
        if write.is_none() && completed.is_none() {
            return;
        }
        // Outside a runtime nothing can be written, and nobody waits.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let cache = self.clone();
        runtime.spawn(async move {
            let (write, admitted) = write.unzip();
            if let Some(write) = write {
                // Boxed, so that it is freed before the flight is.
                Box::pin(cache.write(write)).await;
            }
            // A shutdown waits for what is written, not for what only lingers.
            if let Some(completed) = &completed {
                completed.end();
            }
            drop(admitted);
            if completed.is_some() {
                // Calls that began before may still be reading: they have one deadline. One that reads
                // for longer than a second may load again; values are not kept alive for its sake.
                tokio::time::sleep(cache.0.config.op_timeout.min(LINGER)).await;
            }
        });
    }

    /// Stores, and counts the outcome.
    // Boxed, here and below, because the future of every write would hold one for each future it is handed to.
    async fn write(&self, write: Box<Write>) {
        let (function, ttl) = (write.key.function(), write.ttl);
        let bytes = write.payload.len();
        if let Some(outcome) = self.try_store(self.primary(), write).await {
            self.count_outcome(function, self.store().kind(), outcome, bytes, ttl);
        }
    }

    /// Stores unless the value is known to be invalidated; `None` if the store did not answer.
    async fn try_store(&self, backend: &Backend, write: Box<Write>) -> Option<StoreOutcome> {
        // The store would refuse it, or find it invalidated by the next command.
        if !self.epochs().holds_exactly(&write.key, write.captured) {
            return Some(StoreOutcome::Rejected(None));
        }
        self.record_write(&write);
        let function = write.key.function();
        match backend.store.store(vec![*write]).await {
            Ok(outcomes) => Some(
                outcomes
                    .first()
                    .copied()
                    .unwrap_or(StoreOutcome::Rejected(None)),
            ),
            Err(error) => {
                self.count_store_error(function, &error);
                None
            }
        }
    }

    /// Records what is about to be stored, and what it replaces.
    pub(crate) fn record_write(&self, write: &Write) {
        self.0
            .own_stores
            .record(write.id, write.expected, write.interval);
    }

    /// The load of `there`, with the interval in which it ran, if only stores of this process have replaced since what
    /// `write` expects.
    pub(crate) fn find_own_load(
        &self,
        write: &Write,
        there: Option<Id>,
    ) -> Option<(Id, LoadInterval)> {
        let there = there?;
        Some((there, self.0.own_stores.since(write.expected, there)?))
    }

    /// Stores the value of a `refresh`. No value whose load ran at the same time is there in the end: which of
    /// the two read the database last is not known. Nor is this one, if it was rejected.
    pub(crate) async fn store_refresh(&self, backend: &Backend, mut write: Box<Write>) {
        let (function, ttl) = (write.key.function(), write.ttl);
        let bytes = write.payload.len();
        let rejected = StoreOutcome::Rejected(None);
        if !self.is_on() {
            // After a shutdown nothing is written any more, and the entry that is there is old.
            return self.remove(&write.key).await;
        }
        if backend.local().is_none() {
            let Some(captured) = self.epochs().replace(&write.key, write.captured) else {
                self.count_outcome(function, backend.store.kind(), rejected, bytes, ttl);
                return self.remove(&write.key).await;
            };
            write.captured = captured;
        } else {
            // Loads that began meanwhile are not stored any more; what they have stored is replaced.
            write.supersedes = Supersedes::All;
            write.interval.began = write.interval.ended;
        }
        for _ in 0..MAX_REPLACEMENTS {
            let Some(outcome) = self.try_store(backend, write.clone()).await else {
                // The write had its deadline: the call does not wait for the removal as well.
                return self.postpone_removal(&write.key);
            };
            if let StoreOutcome::Rejected(there) = outcome
                && let Some((there, span)) = self.find_own_load(&write, there)
                && span.ended <= write.interval.began
            {
                // That one was loaded before this, and stored asynchronously.
                write.expected = there;
                continue;
            }
            self.count_outcome(function, backend.store.kind(), outcome, bytes, ttl);
            if outcome == StoreOutcome::Stored {
                return;
            }
            break;
        }
        self.remove(&write.key).await;
    }

    /// Removes the entry at `key` asynchronously: it is known to be no longer right.
    pub(crate) fn remove_in_background(&self, backend: &Backend, key: &Key) {
        if let Some(local) = backend.local() {
            local.forget(key);
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let (cache, key) = (self.clone(), key.clone());
        runtime.spawn(async move { cache.remove(&key).await });
    }

    /// Leaves the removal of the entry at `key` to the task that resends.
    fn postpone_removal(&self, key: &Key) {
        self.postpone(vec![Target::Entry(key.clone())]);
    }

    /// Removes the entry at `key`, now or when the store answers again.
    pub(crate) async fn remove(&self, key: &Key) {
        let _ = self.invalidate_now(vec![Target::Entry(key.clone())]).await;
    }
}

/// The time for which an entry at `key` is kept past its ttl. An error is not: a later one is as good.
pub(crate) fn stale_window(key: &Key, outcome: Outcome) -> Duration {
    match (outcome, key.function()) {
        (Outcome::Value | Outcome::None, Some(function)) => function.windows().longest(),
        (Outcome::Error, _) | (_, None) => Duration::ZERO,
    }
}
