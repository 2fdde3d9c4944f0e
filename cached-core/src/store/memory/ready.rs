//! [`Store`] for the memory store: every operation is done before its task is polled.

use std::{sync::atomic::Ordering, time::Duration};

use super::{MemoryStore, read, ring::Slot, write};
use crate::{
    coherence::journal::Batch,
    error::Error,
    format::freshness,
    key::Key,
    store::{CaptureTtls, Payload, Reply, Store, StoreOutcome, Task, Write},
    telemetry::{event::StoreKind, health::ServerInfo},
};

impl Store for MemoryStore {
    fn kind(&self) -> StoreKind {
        StoreKind::Memory
    }

    fn read<'a>(&'a self, key: &'a Key, _closely: bool) -> Task<'a, Reply> {
        done(self.get(key))
    }

    fn read_capturing<'a>(
        &'a self,
        key: &'a Key,
        with_ttl: bool,
        _: CaptureTtls,
    ) -> Task<'a, Reply> {
        // A local store has nothing to capture.
        self.read(key, with_ttl)
    }

    fn read_many<'a>(&'a self, keys: &'a [Key]) -> Task<'a, Vec<Reply>> {
        done(keys.iter().map(|key| self.get(key)).collect())
    }

    fn capture<'a>(&'a self, _: &'a Key, seen: Reply, _: CaptureTtls) -> Task<'a, Reply> {
        done(seen)
    }

    fn claim<'a>(&'a self, keys: &'a [Key], _: CaptureTtls) -> Task<'a, Vec<Reply>> {
        done(
            keys.iter()
                .map(|_| Reply::local(None, freshness::Lifetime::default()))
                .collect(),
        )
    }

    fn store(&self, writes: Vec<Write>) -> Task<'_, Vec<StoreOutcome>> {
        done(writes.into_iter().map(|write| self.keep(write)).collect())
    }

    fn remove<'a>(&'a self, batch: &'a Batch) -> Task<'a, Vec<bool>> {
        // Nothing is outside this process.
        done(vec![false; batch.targets().len()])
    }

    fn remove_in_outage<'a>(&'a self, batch: &'a Batch) -> Task<'a, Vec<bool>> {
        Store::remove(self, batch)
    }

    fn take<'a>(&'a self, key: &'a Key) -> Task<'a, Reply> {
        let Some(slot) = self.remove(key) else {
            return done(Reply::local(None, freshness::Lifetime::default()));
        };
        let (bytes, kept) = (slot.bytes(), slot.kept(self.clock.now()));
        let payload = Payload::Typed(slot.into_value(), bytes);
        done(Reply::local(Some(payload), kept))
    }

    fn touch<'a>(&'a self, key: &'a Key, ttl: Duration, stale: Duration) -> Task<'a, bool> {
        let now = self.clock.now();
        let (hash, shard) = self.place(key.local());
        let counts = |slot: &Slot| self.counts(slot, key, now);
        let ends = (now.after(ttl), now.after(ttl.saturating_add(stale)));
        done(write(shard).touch(hash, key.local(), ends, counts))
    }

    fn purge<'a>(&'a self, glob: &'a str) -> Task<'a, u64> {
        done(self.purge_matching(glob))
    }

    fn ping(&self) -> Task<'_, ()> {
        done(())
    }

    fn probe(&self) -> Task<'_, ()> {
        done(())
    }

    fn server_info(&self) -> Task<'_, ServerInfo> {
        let keys = self
            .shards
            .iter()
            .map(|shard| read(shard).len() as u64)
            .sum();
        done(ServerInfo {
            store: StoreKind::Memory.name(),
            used_memory: Some(self.weight.load(Ordering::Relaxed)),
            max_memory: Some(self.capacity),
            evicted_keys: Some(self.evicted.load(Ordering::Relaxed)),
            expired_keys: Some(self.expired.load(Ordering::Relaxed)),
            keys: Some(keys),
            ..ServerInfo::default()
        })
    }

    fn close(&self) {}
}

fn done<'a, T: Send + 'a>(value: T) -> Task<'a, T> {
    Box::pin(std::future::ready(Ok::<T, Error>(value)))
}
