//! The store in Redis, behind a breaker.

use std::{sync::Arc, time::Duration};

use super::{CaptureTtls, Reply, Store, StoreOutcome, Task, Write};
use crate::{
    coherence::journal::TargetBatch,
    config::Config,
    error::Error,
    key::Key,
    store::breaker::Breaker,
    telemetry::{event::StoreKind, health::ServerInfo},
};

mod client;
mod connection_pool;
mod deadline;
mod error;
mod feedback;
mod info;
mod key_names;
mod lane;
mod lanes;
mod marker_ttls;
mod operation;
mod purge;
mod read_batch;
mod tracking;
mod write;

use client::Client;
use feedback::Feedback;

/// The most reads that share one `MGET`, and the most values that go in one pipeline: none of them is to hold up
/// a lane.
const READS_PER_COMMAND: usize = 256;

/// The most operation deadlines that a probe may take to connect and be answered.
const PROBE_DEADLINES: u32 = 4;

/// The store in Redis.
#[derive(Debug)]
pub(crate) struct RedisStore {
    client: Client,
    feedback: Arc<Feedback>,
    /// The time that a probe may take to connect.
    probe_limit: Duration,
}

impl RedisStore {
    pub(crate) fn new(
        config: &Config,
        address: &str,
        breaker: Arc<Breaker>,
    ) -> Result<Self, Error> {
        let feedback = Arc::new(Feedback::new(breaker));
        Ok(Self {
            client: Client::new(config, address, Arc::clone(&feedback))?,
            feedback,
            probe_limit: config
                .op_timeout
                .saturating_mul(PROBE_DEADLINES)
                .min(config.connect_timeout)
                .max(config.op_timeout),
        })
    }

    /// Runs `operation` unless the breaker is open, and tells the breaker its outcome.
    ///
    /// Boxed: a future that is handed on is there twice.
    async fn run_guarded<T>(&self, operation: Task<'_, T>) -> Result<T, Error> {
        if let Some(refusal) = self.feedback.refusal() {
            return Err(refusal);
        }
        let result = operation.await;
        self.feedback.record_outcome(&result);
        result
    }

    /// Runs as [`run_guarded`](Self::run_guarded) does; for operations that need room on the server.
    async fn run_write<T>(&self, operation: Task<'_, T>) -> Result<T, Error> {
        let result = self.run_guarded(operation).await;
        if result.is_ok() {
            self.feedback.record_room();
        }
        result
    }
}

impl Store for RedisStore {
    fn kind(&self) -> StoreKind {
        StoreKind::Redis
    }

    fn read<'a>(&'a self, key: &'a Key, with_ttl: bool) -> Task<'a, Reply> {
        // This is `run_guarded` written out: one allocation less for every hit.
        Box::pin(async move {
            if let Some(refusal) = self.feedback.refusal() {
                return Err(refusal);
            }
            let result = self.client.read(key, with_ttl).await;
            self.feedback.record_outcome(&result);
            result
        })
    }

    fn read_capturing<'a>(
        &'a self,
        key: &'a Key,
        with_ttl: bool,
        ttls: CaptureTtls,
    ) -> Task<'a, Reply> {
        Box::pin(self.run_write(Box::pin(self.client.read_capturing(key, with_ttl, ttls))))
    }

    fn read_many<'a>(&'a self, keys: &'a [Key]) -> Task<'a, Vec<Reply>> {
        Box::pin(self.run_guarded(Box::pin(self.client.read_many(keys))))
    }

    fn capture<'a>(&'a self, key: &'a Key, seen: Reply, ttls: CaptureTtls) -> Task<'a, Reply> {
        Box::pin(self.run_write(Box::pin(self.client.capture(key, seen, ttls))))
    }

    fn claim<'a>(&'a self, keys: &'a [Key], ttls: CaptureTtls) -> Task<'a, Vec<Reply>> {
        Box::pin(self.run_write(Box::pin(self.client.claim(keys, ttls))))
    }

    fn store(&self, writes: Vec<Write>) -> Task<'_, Vec<StoreOutcome>> {
        Box::pin(self.run_write(Box::pin(self.client.store(writes))))
    }

    fn remove<'a>(&'a self, batch: &'a TargetBatch) -> Task<'a, Vec<bool>> {
        Box::pin(self.run_guarded(Box::pin(self.client.remove(batch))))
    }

    fn remove_in_outage<'a>(&'a self, batch: &'a TargetBatch) -> Task<'a, Vec<bool>> {
        Box::pin(self.client.remove(batch))
    }

    fn take<'a>(&'a self, key: &'a Key) -> Task<'a, Reply> {
        Box::pin(self.run_guarded(Box::pin(self.client.take(key))))
    }

    fn touch<'a>(&'a self, key: &'a Key, ttl: Duration, stale: Duration) -> Task<'a, bool> {
        Box::pin(self.run_guarded(Box::pin(self.client.touch(key, ttl.saturating_add(stale)))))
    }

    fn purge<'a>(&'a self, glob: &'a str) -> Task<'a, u64> {
        Box::pin(self.run_guarded(Box::pin(self.client.purge(glob))))
    }

    fn ping(&self) -> Task<'_, ()> {
        Box::pin(self.run_guarded(Box::pin(self.client.ping())))
    }

    fn probe(&self) -> Task<'_, ()> {
        Box::pin(self.client.probe(self.probe_limit))
    }

    fn server_info(&self) -> Task<'_, ServerInfo> {
        Box::pin(self.run_guarded(Box::pin(self.client.server_info())))
    }

    fn close(&self) {
        self.client.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> RedisStore {
        let config = Config::default();
        let breaker = Arc::new(crate::store::breaker::Breaker::new(
            config.failures_until_outage,
        ));
        RedisStore::new(&config, "redis://127.0.0.1:1", breaker).unwrap()
    }

    /// This one is allocated and moved for every hit.
    #[test]
    fn the_future_of_a_read_is_small() {
        let size = size_of_val(&*store().read(&Key::from("key"), false));
        assert!(size < 2_048, "{size} bytes");
    }

    /// These are allocated and moved for every miss.
    #[test]
    fn the_futures_of_a_miss_are_small() {
        let (store, key) = (store(), Key::from("key"));
        let seen = Reply::local(None, crate::format::freshness::Lifetime::default());
        let ttls = CaptureTtls {
            lease: Duration::ZERO,
            markers: Duration::ZERO,
        };
        let capture = size_of_val(&store.client.capture(&key, seen, ttls));
        let read = size_of_val(&store.client.read_capturing(&key, false, ttls));
        let write = size_of_val(&store.client.store(Vec::new()));
        let sizes = [capture, read, write];
        assert!(sizes.iter().all(|size| *size < 4_096), "{sizes:?} bytes");
    }
}
