//! [`Store`] for the memory store: every operation is done before its future is polled.

use std::{sync::atomic::Ordering, time::Duration};

use super::{MemoryStore, read_lock, ring::Slot, write_lock};
use crate::{
    coherence::journal::TargetBatch,
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

    fn read<'a>(&'a self, key: &'a Key, _with_ttl: bool) -> Task<'a, Reply> {
        ready(self.read_entry(key))
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
        ready(keys.iter().map(|key| self.read_entry(key)).collect())
    }

    fn capture<'a>(&'a self, _: &'a Key, seen: Reply, _: CaptureTtls) -> Task<'a, Reply> {
        ready(seen)
    }

    fn claim<'a>(&'a self, keys: &'a [Key], _: CaptureTtls) -> Task<'a, Vec<Reply>> {
        ready(
            keys.iter()
                .map(|_| Reply::local(None, freshness::Lifetime::default()))
                .collect(),
        )
    }

    fn store(&self, writes: Vec<Write>) -> Task<'_, Vec<StoreOutcome>> {
        ready(
            writes
                .into_iter()
                .map(|write| self.store_value(write))
                .collect(),
        )
    }

    fn remove<'a>(&'a self, batch: &'a TargetBatch) -> Task<'a, Vec<bool>> {
        // Nothing is outside this process.
        ready(vec![false; batch.targets().len()])
    }

    fn remove_in_outage<'a>(&'a self, batch: &'a TargetBatch) -> Task<'a, Vec<bool>> {
        Store::remove(self, batch)
    }

    fn take<'a>(&'a self, key: &'a Key) -> Task<'a, Reply> {
        let Some(slot) = self.remove(key) else {
            return ready(Reply::local(None, freshness::Lifetime::default()));
        };
        let (bytes, lifetime) = (slot.bytes(), slot.lifetime(self.clock.now()));
        let payload = Payload::Typed(slot.into_value(), bytes);
        ready(Reply::local(Some(payload), lifetime))
    }

    fn touch<'a>(&'a self, key: &'a Key, ttl: Duration, stale: Duration) -> Task<'a, bool> {
        let now = self.clock.now();
        let (hash, shard) = self.locate(key.local());
        let is_current = |slot: &Slot| self.is_current(slot, key, now);
        let ends = (now.after(ttl), now.after(ttl.saturating_add(stale)));
        ready(write_lock(shard).touch(hash, key.local(), ends, is_current))
    }

    fn purge<'a>(&'a self, glob: &'a str) -> Task<'a, u64> {
        ready(self.purge_matching(glob))
    }

    fn ping(&self) -> Task<'_, ()> {
        ready(())
    }

    fn probe(&self) -> Task<'_, ()> {
        ready(())
    }

    fn server_info(&self) -> Task<'_, ServerInfo> {
        let keys = self
            .shards
            .iter()
            .map(|shard| read_lock(shard).len() as u64)
            .sum();
        ready(ServerInfo {
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

fn ready<'a, T: Send + 'a>(value: T) -> Task<'a, T> {
    Box::pin(std::future::ready(Ok::<T, Error>(value)))
}
