//! The store in Redis, behind a breaker.

use std::{
    sync,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::{Kept, Kind, Lives, Reply, Store, Task, Write};
use crate::{
    Error, ErrorKind, Key, breaker::Breaker, clock, config::Config, error::Class, event,
    invalidation::Target, server::ServerInfo,
};

mod client;
mod connect;
mod failure;
mod fence;
mod info;
mod lane;
mod names;
mod purge;
mod queue;
mod reads;
mod slot;

use client::Client;

/// How many reads share one `MGET`, and how many values go in one pipeline, at the most: none of them is to hold up
/// a lane.
const BATCH: usize = 256;

/// How many operation deadlines a look may take to connect and be answered.
const LOOK: u32 = 4;

#[derive(Debug)]
pub(crate) struct RedisStore {
    client: Client,
    breaker: Arc<Breaker>,
    /// How long a look may take.
    look: Duration,
    /// Whether it takes no writes, and whether it refuses a command: told once.
    is_full: AtomicBool,
    is_refusing: AtomicBool,
}

impl RedisStore {
    pub(crate) fn new(
        config: &Config,
        address: &str,
        breaker: Arc<Breaker>,
    ) -> Result<Self, Error> {
        Ok(Self {
            client: Client::new(config, address)?,
            breaker,
            look: config
                .op_timeout
                .saturating_mul(LOOK)
                .min(config.connect_timeout)
                .max(config.op_timeout),
            is_full: AtomicBool::new(false),
            is_refusing: AtomicBool::new(false),
        })
    }

    /// What `operation` says, unless the breaker is open. The breaker hears of it.
    async fn guarded<T>(
        &self,
        operation: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        if self.breaker.outage().is_some() {
            return Err(self.breaker.refusal());
        }
        let result = operation.await;
        match &result {
            Ok(_) => self.breaker.succeeded(),
            Err(error) => self.tell(error),
        }
        result
    }

    /// As [`guarded`](Self::guarded), for what needs room.
    async fn written<T>(
        &self,
        operation: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let result = self.guarded(operation).await;
        if result.is_ok()
            && self.is_full.load(Ordering::Relaxed)
            && self.is_full.swap(false, Ordering::Relaxed)
        {
            event::store_has_room();
        }
        result
    }

    fn tell(&self, error: &Error) {
        if self.breaker.failed(error, clock::instant()) {
            event::breaker_opened(error);
        }
        let is_full = error.class() == Class::Full;
        if is_full && !self.is_full.swap(true, Ordering::Relaxed) {
            event::store_full(error);
        }
        let is_refused = error.kind() == ErrorKind::Refused && error.class() == Class::Other;
        if is_refused && !self.is_refusing.swap(true, Ordering::Relaxed) {
            event::command_refused(error);
        }
    }
}

impl Store for RedisStore {
    fn kind(&self) -> Kind {
        Kind::Redis
    }

    fn read<'a>(&'a self, key: &'a Key) -> Task<'a, Reply> {
        Box::pin(self.guarded(self.client.read(key)))
    }

    fn read_with_ttl<'a>(&'a self, key: &'a Key) -> Task<'a, Reply> {
        Box::pin(self.guarded(self.client.read_with_ttl(key)))
    }

    fn read_many<'a>(&'a self, keys: &'a [Key]) -> Task<'a, Vec<Reply>> {
        Box::pin(self.guarded(self.client.read_many(keys)))
    }

    fn capture<'a>(&'a self, key: &'a Key, seen: Reply, lives: Lives) -> Task<'a, Reply> {
        Box::pin(self.written(self.client.capture(key, seen, lives)))
    }

    fn claim<'a>(&'a self, keys: &'a [Key], lives: Lives) -> Task<'a, Vec<Reply>> {
        Box::pin(self.written(self.client.claim(keys, lives)))
    }

    fn store(&self, writes: Vec<Write>) -> Task<'_, Vec<Kept>> {
        Box::pin(self.written(self.client.store(writes)))
    }

    fn remove<'a>(&'a self, targets: Vec<&'a Target>) -> Task<'a, Vec<bool>> {
        Box::pin(self.guarded(self.client.remove(targets)))
    }

    fn insist<'a>(&'a self, targets: Vec<&'a Target>) -> Task<'a, Vec<bool>> {
        Box::pin(self.client.remove(targets))
    }

    fn take<'a>(&'a self, key: &'a Key) -> Task<'a, Reply> {
        Box::pin(self.guarded(self.client.take(key)))
    }

    fn touch<'a>(&'a self, key: &'a Key, ttl: Duration, stale: Duration) -> Task<'a, bool> {
        Box::pin(self.guarded(self.client.touch(key, ttl.saturating_add(stale))))
    }

    fn purge<'a>(&'a self, glob: &'a str) -> Task<'a, u64> {
        Box::pin(self.guarded(self.client.purge(glob)))
    }

    fn ping(&self) -> Task<'_, ()> {
        Box::pin(self.guarded(self.client.ping()))
    }

    fn probe(&self) -> Task<'_, ()> {
        Box::pin(self.client.probe(self.look))
    }

    fn server_info(&self) -> Task<'_, ServerInfo> {
        Box::pin(self.guarded(self.client.server_info()))
    }

    fn close(&self) {
        self.client.close();
    }
}
