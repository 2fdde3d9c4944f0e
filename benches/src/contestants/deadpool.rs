//! The baseline as most people write it: a connection from the pool for every operation.

use anyhow::Context as _;
use deadpool_redis::{Config, Pool, Runtime};

use super::hand_written::get_or_load;
use crate::contestant::Contestant;
use crate::subject::{Profile, load};

#[derive(Clone)]
pub(crate) struct Checkout {
    pool: Pool,
}

impl Checkout {
    /// A pool of the default size, which follows the number of cores.
    pub(crate) fn connect(url: &str) -> anyhow::Result<Self> {
        let pool = Config::from_url(url)
            .create_pool(Some(Runtime::Tokio1))
            .context("building the pool")?;
        Ok(Self { pool })
    }
}

impl Contestant<Profile> for Checkout {
    async fn call(&self, id: u64) -> anyhow::Result<Profile> {
        let mut connection = self.pool.get().await?;
        let key = format!("pool:user:{id}:profile");
        get_or_load(&mut connection, key, async { load(id).await }).await
    }
}
