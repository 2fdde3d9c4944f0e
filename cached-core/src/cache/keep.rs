//! What is kept of a value: for how long, in which form, and when it is written.

use std::time::Duration;

use tokio::runtime::Handle;

use super::Cache;
use crate::{
    Key,
    codec::{Codec, Shared},
    entry::{self, Header, Id, Identity, Outcome},
    flight::Landed,
    function::Function,
    jitter,
    json::{Sink, Unstorable},
    load::Entry,
    store::{Kind, Payload, Write},
};

/// How long the value of a finished load stays for calls that began before it ended.
const LINGER: Duration = Duration::from_secs(1);

impl Cache {
    /// How long `value` may be kept; `None` if it is not to be kept.
    pub(crate) fn lifetime<R, T>(
        &self,
        codec: &Codec<R, T>,
        value: &R,
        function: Option<&'static Function>,
        given: Option<Duration>,
    ) -> Option<Duration> {
        let declared = match codec.outcome(value) {
            Outcome::Value if !codec.wanted(value) => return None,
            Outcome::Value => given
                .or_else(|| function.and_then(Function::ttl_override))
                .or_else(|| codec.ttl_of(value))
                .or_else(|| function.and_then(Function::ttl_declared))
                .unwrap_or(self.0.config.default_ttl),
            Outcome::None => function?.none_ttl()?,
            Outcome::Error => function?.error_ttl()?,
        };
        let ttl = jitter::shorten(declared, function.map_or(0, Function::jitter));
        (ttl >= Duration::from_millis(1)).then_some(ttl)
    }

    /// `value` in the form that the store keeps; `None` if it has none.
    pub(crate) fn payload<R, T>(
        &self,
        codec: &Codec<R, T>,
        value: &R,
        shared: Option<Shared>,
        ttl: Duration,
        identity: Option<Identity>,
    ) -> Result<Option<Payload>, Unstorable> {
        let limit = self.max_entry_size();
        if self.store().kind() == Kind::Memory {
            // Written nowhere, but asked the same questions, so that what is tested in memory
            // behaves the same on Redis.
            let mut sink = Sink::counting(limit);
            codec.encode(value, &mut sink)?;
            return Ok(shared.map(|shared| Payload::Typed(shared, sink.len())));
        }
        let Ok(id) = Id::random() else {
            return Ok(None);
        };
        let header = Header {
            id,
            outcome: codec.outcome(value),
            ttl,
            stale: Duration::ZERO,
            identity,
            markers: entry::PerGroup::new(),
        };
        let bytes = entry::render(&header, |sink| codec.encode(value, sink), limit)?;
        Ok(Some(Payload::Bytes(bytes.into())))
    }

    /// Writes `entry` behind the answer, and ends the flight once it is there, or is known not to
    /// come.
    pub(crate) fn settle(&self, key: &Key, entry: Option<Entry>, landed: Option<Landed>) {
        if self.store().kind() == Kind::Memory {
            if let Some(entry) = entry {
                self.put(key, entry);
            }
            return;
        }
        let write = entry.and_then(|entry| {
            let admitted = self.0.background.admit(entry.payload.len());
            if admitted.is_none() {
                self.count_skipped(key.function());
            }
            Some((entry, admitted?))
        });
        if write.is_none()
            && let Some(landed) = &landed
        {
            landed.end();
        }
        if write.is_none() && landed.is_none() {
            return;
        }
        // Outside a runtime nothing can be written, and nobody waits.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let (cache, key) = (self.clone(), key.clone());
        runtime.spawn(async move {
            // A `set` or `delete` that came meanwhile in this process is not undone.
            let is_current = landed.as_ref().is_none_or(Landed::is_current);
            let (entry, _admitted) = write.unzip();
            if let Some(entry) = entry.filter(|_| is_current) {
                cache.write(&key, entry).await;
            }
            if let Some(landed) = landed {
                landed.end();
                // Calls that began before may still be reading: they have one deadline. One that reads
                // for longer than a second may load again; values are not kept alive for its sake.
                tokio::time::sleep(cache.0.config.op_timeout.min(LINGER)).await;
            }
        });
    }

    /// Removes what is at `key`, and counts it if that fails.
    pub(crate) async fn remove(&self, key: &Key) {
        if let Err(error) = self.store().delete(key).await {
            self.count_store_error(key.function(), &error);
        }
    }

    /// Writes into a store that never waits.
    fn put(&self, key: &Key, Entry { payload, ttl }: Entry) {
        self.count_stored(key.function(), payload.len(), ttl);
        self.store().put(key, payload, ttl);
    }

    /// Writes, and counts how that went.
    pub(crate) async fn write(&self, key: &Key, Entry { payload, ttl }: Entry) {
        let bytes = payload.len();
        let write = Write { key, payload, ttl };
        match self.store().write(vec![write]).await {
            Ok(()) => self.count_stored(key.function(), bytes, ttl),
            Err(error) => self.count_store_error(key.function(), &error),
        }
    }
}
