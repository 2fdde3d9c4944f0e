//! Records: values that exist nowhere else, as sessions. A cache may lose them, but must not mistake one for
//! another, nor lose one because two processes save it at the same moment.
//!
//! Nobody loads a record, so what is at its key was put there by calls of these functions, or is being put there.
//! No `bypass` and no `refresh` reaches them: a client that wants a fresh answer does not want to be logged out.

use std::time::Duration;

use super::{Cache, by_key::long_enough, keep::REPLACED};
use crate::{
    Error, ErrorKind, Key,
    call::Look,
    clock,
    codec::{CacheValue, Codec},
    flight::Captured,
    hit::{self, Accepts},
    store::{Kept, Lives, Reply, Write},
};

impl Cache {
    /// The record at `key`.
    pub(crate) async fn load_record<T: CacheValue>(&self, key: &Key) -> Result<Option<T>, Error> {
        self.keeps_records(key)?;
        let look = Look::now(self, key);
        let reply = self.store().read(key).await;
        let reply = self.heard(key, reply)?;
        Ok(self.value(key, &reply, look))
    }

    /// Stores a record where there is none; returns whether it did. Of several callers at once, in whatever
    /// processes, one does.
    pub(crate) async fn create_record<T: CacheValue>(
        &self,
        key: &Key,
        value: &T,
        ttl: Duration,
    ) -> Result<bool, Error> {
        self.keeps_records(key)?;
        long_enough(ttl)?;
        let (mut at, look) = (self.generations().now(), Look::now(self, key));
        let seen = self.store().read(key).await;
        let seen = self.heard(key, seen)?;
        if self.is_record::<T>(&seen, look.trusted) {
            return Ok(false);
        }
        let reply = if seen.view().is_complete() {
            // Another call of this has left all there is to leave.
            seen
        } else {
            let lives = self.record_lives(ttl);
            let captured = self.store().capture(key, seen, lives).await;
            self.heard(key, captured)?
        };
        if self.is_record::<T>(&reply, look.trusted) {
            return Ok(false);
        }
        if !self.store().waits() {
            // A server compares what it has with what was captured; a store inside the process compares moments.
            // Who came before this one is seen, and who begins later turns this one away.
            let Some(now) = self.generations().replace(key, at) else {
                return Ok(false);
            };
            at = now;
            if self.is_record::<T>(&self.store().read(key).await?, true) {
                return Ok(false);
            }
        }
        let captured = Captured {
            at,
            began: look.began,
            from: reply.view().captures(),
        };
        let write = self.to_set(key, value, ttl, &captured)?;
        Ok(self.store_record(&write).await? == Kept::Stored)
    }

    /// Stores a record in place of what is there. Of several at once the last one stays, but none where the
    /// record was removed meanwhile.
    pub(crate) async fn save_record<T: CacheValue>(
        &self,
        key: &Key,
        value: &T,
        ttl: Duration,
    ) -> Result<(), Error> {
        self.keeps_records(key)?;
        long_enough(ttl)?;
        let (at, began) = (self.generations().begin(), clock::instant());
        let keys = std::slice::from_ref(key);
        let claimed = self.store().claim(keys, self.record_lives(ttl)).await;
        let claimed = self.heard(key, claimed)?;
        let captured = Captured {
            at,
            began,
            from: claimed
                .first()
                .map(Reply::view)
                .and_then(|view| view.captures()),
        };
        let mut write = self.to_set(key, value, ttl, &captured)?;
        self.generations().supersede(key, at);
        // Each failure is another's success. After many, this one came just before the last of them.
        for _ in 0..REPLACED {
            match self.store_record(&write).await? {
                Kept::Rejected(Some(there)) if self.store().waits() => write.expected = there,
                Kept::Rejected(_) | Kept::Stored => break,
            }
        }
        Ok(())
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

    fn record_lives(&self, ttl: Duration) -> Lives {
        self.lives(None, Some(ttl))
    }

    fn is_record<T: CacheValue>(&self, reply: &Reply, trusted: bool) -> bool {
        let codec = Codec::<T, T>::plain();
        trusted && hit::judge(&codec, Accepts::of(None), reply, self.max_entry_size()).is_ok()
    }

    async fn store_record(&self, write: &Write) -> Result<Kept, Error> {
        let key = &write.key;
        self.record(write);
        let kept = self.store().store(vec![write.clone()]).await;
        let kept = self.heard(key, kept)?;
        let kept = kept.first().copied().unwrap_or(Kept::Rejected(None));
        let (bytes, store) = (write.payload.len(), self.store().kind());
        self.count_kept(key.function(), store, kept, bytes, write.ttl);
        Ok(kept)
    }
}
