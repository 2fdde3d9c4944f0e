//! Records: values that exist nowhere else, as sessions. A cache may lose them, but must not mistake one for
//! another, nor lose one because two processes change it at the same moment.
//!
//! Nobody loads a record: what is at its key was put there by a change, and a change looks at what it replaces.
//! No `bypass` and no `refresh` reaches them: a client that wants a fresh answer does not want to be logged out.

use std::time::Duration;

use super::by_key::long_enough;
use crate::{
    codec::{CacheValue, Codec},
    coherence::epochs::Epoch,
    engine::{
        Cache,
        hit_test::Accepts,
        read::{self, ReadStart},
        write::REPLACED,
    },
    error::{Error, ErrorKind},
    key::Key,
    single_flight::LoadStart,
    store::{Reply, StoreOutcome, Write},
};

/// Whether a change may replace this, or nothing.
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
    /// The record at `key`.
    pub(crate) async fn load_record<T: CacheValue>(&self, key: &Key) -> Result<Option<T>, Error> {
        self.keeps_records(key)?;
        let look = ReadStart::now(self, key);
        let reply = self.store().read(key, false).await;
        let reply = self.heard(key, reply)?;
        Ok(self.value(key, &reply, look))
    }

    /// Puts `value` in the place of what is at `key`, if that is what `admits` wants, in one step: in whatever
    /// processes others do the same, it replaces what it has looked at.
    pub(crate) async fn change_record<T: CacheValue>(
        &self,
        key: &Key,
        value: &T,
        ttl: Duration,
        admits: Admits<T>,
    ) -> Result<RecordChange, Error> {
        self.keeps_records(key)?;
        long_enough(ttl)?;
        for _ in 0..REPLACED {
            let (at, look) = (self.epochs().now(), ReadStart::now(self, key));
            let Some(reply) = self.admitted(key, ttl, look, admits).await? else {
                return Ok(RecordChange::Refused);
            };
            let at = match self.turn(key, at, look, admits).await? {
                CasTurn::Mine(at) => at,
                CasTurn::Anothers => continue,
                CasTurn::Refused => return Ok(RecordChange::Refused),
            };
            let captured = LoadStart {
                at,
                began: look.began,
                from: reply.view().captures(),
            };
            let write = self.to_set(key, value, ttl, &captured)?;
            if self.store_record(write).await? == StoreOutcome::Stored {
                return Ok(RecordChange::Stored);
            }
        }
        Ok(RecordChange::Overtaken)
    }

    /// What is there, with all that a store needs to replace it; `None` if it may not.
    async fn admitted<T: CacheValue>(
        &self,
        key: &Key,
        ttl: Duration,
        look: ReadStart,
        admits: Admits<T>,
    ) -> Result<Option<Reply>, Error> {
        let seen = self.store().read(key, false).await;
        let seen = self.heard(key, seen)?;
        if !admits(self.record_in(&seen, look).as_ref()) {
            return Ok(None);
        }
        if seen.view().is_complete() {
            return Ok(Some(seen));
        }
        let lives = self.capture_ttls(None, Some(ttl));
        let captured = self.store().capture(key, seen, lives).await;
        let reply = self.heard(key, captured)?;
        let admitted = admits(self.record_in(&reply, look).as_ref());
        Ok(admitted.then_some(reply))
    }

    /// Whose turn it is. A server compares what it has with what was captured; a store inside the process compares
    /// moments: who came before this one is seen, and who begins later turns this one away.
    async fn turn<T: CacheValue>(
        &self,
        key: &Key,
        at: Epoch,
        look: ReadStart,
        admits: Admits<T>,
    ) -> Result<CasTurn, Error> {
        if self.local().is_none() {
            return Ok(CasTurn::Mine(at));
        }
        let Some(at) = self.epochs().replace(key, at) else {
            return Ok(CasTurn::Anothers);
        };
        let there = self.store().read(key, false).await?;
        if admits(self.record_in(&there, look).as_ref()) {
            return Ok(CasTurn::Mine(at));
        }
        Ok(CasTurn::Refused)
    }

    fn keeps_records(&self, key: &Key) -> Result<(), Error> {
        self.checked(key)?;
        if self.is_on() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Config,
            "the cache is turned off, and what is kept nowhere else cannot be kept without it",
        ))
    }

    fn record_in<T: CacheValue>(&self, reply: &Reply, look: ReadStart) -> Option<T> {
        let codec = Codec::<T, T>::plain();
        let found = read::answer(&codec, self, reply, look.trusted, Accepts::of(None));
        found.ok().map(|(record, _)| record)
    }

    async fn store_record(&self, write: Write) -> Result<StoreOutcome, Error> {
        self.record(&write);
        let (key, bytes, ttl) = (write.key.clone(), write.payload.len(), write.ttl);
        let kept = self.store().store(vec![write]).await;
        let kept = self.heard(&key, kept)?;
        let kept = kept
            .first()
            .copied()
            .unwrap_or(StoreOutcome::Rejected(None));
        self.count_kept(key.function(), self.store().kind(), kept, bytes, ttl);
        Ok(kept)
    }
}

enum CasTurn {
    Mine(Epoch),
    Anothers,
    Refused,
}
