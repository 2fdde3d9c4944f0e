//! The baseline on Redis: what a careful person writes by hand for one function.

use anyhow::Context as _;
use deadpool_redis::redis::{self, AsyncCommands as _, aio::MultiplexedConnection};

use crate::contestant::Contestant;
use crate::subject::{Profile, load};

#[derive(Clone)]
pub(crate) struct HandWritten {
    connection: MultiplexedConnection,
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
        get_or_load(&mut connection, format!("hand:user:{id}:profile"), id).await
    }
}

/// The forty lines that an attribute replaces, without their timeouts, single-flight and fallbacks.
pub(super) async fn get_or_load(
    connection: &mut MultiplexedConnection,
    key: String,
    id: u64,
) -> anyhow::Result<Profile> {
    if let Some(bytes) = connection.get::<_, Option<Vec<u8>>>(&key).await? {
        return Ok(serde_json::from_slice(&bytes)?);
    }
    let profile = load(id).await;
    connection
        .set_ex::<_, _, ()>(&key, serde_json::to_vec(&profile)?, 3_600)
        .await?;
    Ok(profile)
}
