//! The baseline on Redis: what a careful person writes by hand for one function.

use anyhow::Context as _;
use deadpool_redis::redis::{self, AsyncCommands as _, aio::MultiplexedConnection};

use serde::{Serialize, de::DeserializeOwned};

use crate::contestant::Contestant;
use crate::subject::{Profile, load};

#[derive(Clone)]
pub(crate) struct HandWritten {
    pub(crate) connection: MultiplexedConnection,
}

impl HandWritten {
    pub(crate) async fn connect(url: &str) -> anyhow::Result<Self> {
        let client = redis::Client::open(url)?;
        let connection = client
            .get_multiplexed_async_connection()
            .await
            .context("connecting")?;
        Ok(Self { connection })
    }
}

impl Contestant<Profile> for HandWritten {
    async fn call(&self, id: u64) -> anyhow::Result<Profile> {
        let mut connection = self.connection.clone();
        let key = format!("hand:user:{id}:profile");
        get_or_load(&mut connection, key, async { load(id).await }).await
    }
}

/// The forty lines that an attribute replaces, without their timeouts, single-flight and fallbacks.
pub(crate) async fn get_or_load<V: Serialize + DeserializeOwned>(
    connection: &mut MultiplexedConnection,
    key: String,
    load: impl Future<Output = V>,
) -> anyhow::Result<V> {
    if let Some(bytes) = connection.get::<_, Option<Vec<u8>>>(&key).await? {
        return Ok(serde_json::from_slice(&bytes)?);
    }
    let value = load.await;
    connection
        .set_ex::<_, _, ()>(&key, serde_json::to_vec(&value)?, 3_600)
        .await?;
    Ok(value)
}

/// The same with the check that makes invalidation cheap: the value counts while all its markers are what they were.
#[derive(Clone)]
pub(crate) struct Marked {
    connection: MultiplexedConnection,
    markers: usize,
}

impl Marked {
    pub(crate) async fn connect(url: &str, markers: usize) -> anyhow::Result<Self> {
        let HandWritten { connection } = HandWritten::connect(url).await?;
        Ok(Self {
            connection,
            markers,
        })
    }

    /// An id's value, if its markers say so, else what `load` gives.
    pub(crate) async fn get_or_load<V: Serialize + DeserializeOwned>(
        &self,
        id: u64,
        load: impl Future<Output = V>,
    ) -> anyhow::Result<V> {
        let mut connection = self.connection.clone();
        let mut names = vec![format!("marked:{}:{id}:profile", self.markers)];
        names.extend((0..self.markers).map(|group| match group {
            // As groups are: some are the same for all keys, some are not.
            0 | 1 => format!("marked:%g:{group}"),
            _ => format!("marked:%g:{group}:{id}"),
        }));
        let mut found = connection
            .mget::<_, Vec<Option<Vec<u8>>>>(&names)
            .await?
            .into_iter();
        if let Some(Some(bytes)) = found.next()
            && let Some(seen) = found.collect::<Option<Vec<_>>>()
            && let Some((stored, json)) = bytes.split_at_checked(32 * self.markers)
            && stored == seen.concat()
        {
            return Ok(serde_json::from_slice(json)?);
        }
        let value = load.await;
        let mut bytes = Vec::new();
        let mut pipeline = redis::pipe();
        for name in names.iter().skip(1) {
            let token = format!("{:032x}", 0x5eed);
            bytes.extend_from_slice(token.as_bytes());
            pipeline.set_ex(name, token, 3_900).ignore();
        }
        bytes.extend(serde_json::to_vec(&value)?);
        if let Some(name) = names.first() {
            pipeline.set_ex(name, bytes, 3_600).ignore();
        }
        pipeline.query_async::<()>(&mut connection).await?;
        Ok(value)
    }
}

impl Contestant<Profile> for Marked {
    async fn call(&self, id: u64) -> anyhow::Result<Profile> {
        self.get_or_load(id, async { load(id).await }).await
    }
}
