//! Records: values that exist nowhere else, as sessions. A cache may lose them, but must not mistake one for
//! another, nor lose one because two processes change it at the same moment.
//!
//! No function loads a record: what is at its key was put there by a change, and a change reads what it replaces, as a
//! compare-and-set. No `bypass` and no `refresh` reaches records: a client that wants a fresh answer does not want to
//! be logged out.

use std::time::Duration;

use super::by_key::check_ttl;
use crate::{
    codec::{CacheValue, Codec},
    coherence::epochs::Epoch,
    engine::{
        Cache,
        hit_test::{self, Accepts},
        read::ReadStart,
        write::MAX_REPLACEMENTS,
    },
    error::{Error, ErrorKind},
    key::Key,
    single_flight::LoadStart,
    store::{Reply, StoreOutcome, Write},
};

/// A test that returns `true` if a change may replace this record, or the lack of one.
pub(crate) type Admits<T> = fn(Option<&T>) -> bool;

/// The outcome of [`replace_record_if`](crate::integration::replace_record_if).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum RecordChange {
    /// The value is stored.
    Stored,
    /// The condition is not true of the record that is there: nothing was changed.
    Refused,
    /// Other changes came first, time after time: as if they had come right after this one, nothing of it is left.
    Overtaken,
}

impl Cache {
    /// Returns the record at `key`.
    pub(crate) async fn load_record<T: CacheValue>(&self, key: &Key) -> Result<Option<T>, Error> {
        self.check_record(key)?;
        let start = ReadStart::now(self, key);
        let reply = self.store().read(key, false).await;
        let reply = self.note_error(key, reply)?;
        Ok(self.value_in_reply(key, &reply, start))
    }

    /// Puts `value` in the place of what is at `key`, if `admits` accepts that, in one step: in whatever processes
    /// others do the same, it replaces what it has read.
    pub(crate) async fn change_record<T: CacheValue>(
        &self,
        key: &Key,
        value: &T,
        ttl: Duration,
        admits: Admits<T>,
    ) -> Result<RecordChange, Error> {
        self.check_record(key)?;
        check_ttl(ttl)?;
        for _ in 0..MAX_REPLACEMENTS {
            let (at, start) = (self.epochs().now(), ReadStart::now(self, key));
            let Some(reply) = self.read_admitted(key, ttl, start, admits).await? else {
                return Ok(RecordChange::Refused);
            };
            let at = match self.take_turn(key, at, start, admits).await? {
                CasTurn::Taken(at) => at,
                CasTurn::Overtaken => continue,
                CasTurn::Refused => return Ok(RecordChange::Refused),
            };
            let captured = LoadStart {
                at,
                began: start.began,
                from: reply.view().captures(),
            };
            let write = self.encode_set(key, value, ttl, &captured)?;
            if self.store_record(write).await? == StoreOutcome::Stored {
                return Ok(RecordChange::Stored);
            }
        }
        Ok(RecordChange::Overtaken)
    }

    /// Reads what is there, with all that a store needs to replace it; `None` if it may not be replaced.
    async fn read_admitted<T: CacheValue>(
        &self,
        key: &Key,
        ttl: Duration,
        start: ReadStart,
        admits: Admits<T>,
    ) -> Result<Option<Reply>, Error> {
        let seen = self.store().read(key, false).await;
        let seen = self.note_error(key, seen)?;
        if !admits(self.record_in_reply(&seen, start).as_ref()) {
            return Ok(None);
        }
        if seen.view().is_complete() {
            return Ok(Some(seen));
        }
        let ttls = self.capture_ttls(None, Some(ttl));
        let captured = self.store().capture(key, seen, ttls).await;
        let reply = self.note_error(key, captured)?;
        let admitted = admits(self.record_in_reply(&reply, start).as_ref());
        Ok(admitted.then_some(reply))
    }

    /// Takes the turn to change the record at `key`, if no other change has it.
    ///
    /// A server compares what it has with what was captured. A store inside the process compares epochs: a change that
    /// came before this one is seen here, and one that begins later has this one rejected.
    async fn take_turn<T: CacheValue>(
        &self,
        key: &Key,
        at: Epoch,
        start: ReadStart,
        admits: Admits<T>,
    ) -> Result<CasTurn, Error> {
        if self.local().is_none() {
            return Ok(CasTurn::Taken(at));
        }
        let Some(at) = self.epochs().replace(key, at) else {
            return Ok(CasTurn::Overtaken);
        };
        let there = self.store().read(key, false).await?;
        if admits(self.record_in_reply(&there, start).as_ref()) {
            return Ok(CasTurn::Taken(at));
        }
        Ok(CasTurn::Refused)
    }

    /// Fails if the record at `key` cannot be kept.
    fn check_record(&self, key: &Key) -> Result<(), Error> {
        self.check_key(key)?;
        if self.is_on() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Config,
            "the cache is turned off, and what is kept nowhere else cannot be kept without it",
        ))
    }

    fn record_in_reply<T: CacheValue>(&self, reply: &Reply, start: ReadStart) -> Option<T> {
        let codec = Codec::<T, T>::plain();
        let found = hit_test::judge_reply(
            &codec,
            Accepts::of(None),
            reply,
            start.trusted,
            self.max_entry_size(),
        );
        found.ok().map(|(record, _)| record)
    }

    async fn store_record(&self, write: Write) -> Result<StoreOutcome, Error> {
        self.record_write(&write);
        let (key, bytes, ttl) = (write.key.clone(), write.payload.len(), write.ttl);
        let outcomes = self.store().store(vec![write]).await;
        let outcomes = self.note_error(&key, outcomes)?;
        let outcome = outcomes
            .first()
            .copied()
            .unwrap_or(StoreOutcome::Rejected(None));
        self.count_outcome(key.function(), self.store().kind(), outcome, bytes, ttl);
        Ok(outcome)
    }
}

/// The outcome of taking the turn for a compare-and-set.
enum CasTurn {
    /// The change goes on, as of this epoch.
    Taken(Epoch),
    /// Another change has the turn: read again.
    Overtaken,
    /// The record that is there may not be replaced.
    Refused,
}
