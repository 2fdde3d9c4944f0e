//! What no cache can beat here: the parts of a hit that every one of them pays.

use std::sync::Arc;

use anyhow::Context as _;
use deadpool_redis::redis::{self, AsyncCommands as _, aio::MultiplexedConnection};

use crate::contestant::Contestant;
use crate::subject::{Subject, load};

/// The value is cloned from a slice: no look-up, no key, no expiry.
#[derive(Clone)]
pub(crate) struct Clones<V> {
    values: Arc<[V]>,
}

impl<V: Subject> Clones<V> {
    pub(crate) fn new() -> Self {
        Self {
            values: (0..V::KEYS).map(V::of).collect(),
        }
    }
}

impl<V: Subject> Contestant<V> for Clones<V> {
    async fn call(&self, id: u64) -> anyhow::Result<V> {
        self.values
            .get(usize::try_from(id)?)
            .cloned()
            .context("no such key")
    }
}

/// The hand-written baseline without parsing: what is left is the round trip.
#[derive(Clone)]
pub(crate) struct Bytes {
    connection: MultiplexedConnection,
}

impl Bytes {
    pub(crate) async fn connect(url: &str) -> anyhow::Result<Self> {
        Ok(Self {
            connection: redis::Client::open(url)?
                .get_multiplexed_async_connection()
                .await?,
        })
    }
}

impl Contestant<Vec<u8>> for Bytes {
    async fn call(&self, id: u64) -> anyhow::Result<Vec<u8>> {
        let mut connection = self.connection.clone();
        let key = format!("bytes:user:{id}:profile");
        if let Some(bytes) = connection.get::<_, Option<Vec<u8>>>(&key).await? {
            return Ok(bytes);
        }
        let bytes: Vec<u8> = load(id).await;
        connection.set_ex::<_, _, ()>(&key, &bytes, 3_600).await?;
        Ok(bytes)
    }
}
