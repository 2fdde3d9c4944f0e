//! Forms of `self`.

use ::cached_core::{Cache, cached};
use ::core::clone::Clone as Copied;
use ::core::pin::Pin;
use ::std::sync::Arc;

use crate::Count;

crate::taken::take_names!();

/// A service.
#[derive(Copied, Debug)]
pub struct Users {
    /// Whose they are.
    pub tenant: u32,
    /// Where they are kept.
    pub cache: Cache,
}

impl Users {
    /// Borrowed: see [`Users::shared`] and [`Self::owned`].
    #[cached(ttl = "5m", prefix = "tenant:{self.tenant}:user:{id}")]
    pub async fn find(&self, id: u32, #[cached(skip)] count: Count) -> u32 {
        count();
        self.tenant + id
    }

    /// Without a key of its own.
    #[cached(skip(self))]
    pub async fn version(&self) -> u32 {
        self.tenant
    }

    /// Borrowed mutably.
    #[cached(key = self.tenant)]
    pub async fn next(&mut self) -> u32 {
        self.tenant += 1;
        self.tenant
    }

    /// Owned.
    #[cached(skip(self))]
    pub async fn owned(mut self, id: u32) -> u32 {
        self.tenant += id;
        self.tenant
    }

    /// Shared.
    #[cached(prefix = "shared:{self.tenant}")]
    pub async fn shared(self: Arc<Self>, id: u32) -> u32 {
        self.tenant + id
    }

    /// Pinned.
    #[cached(prefix = "pinned:{self.tenant}")]
    pub async fn pinned(self: Pin<&mut Self>, id: u32) -> u32 {
        self.tenant + id
    }

    /// With a cache of its own.
    #[cached(cache = self.cache, skip(self), companions = cached_own)]
    pub async fn own_cache(&self, id: u32) -> u32 {
        self.tenant + id
    }

    /// Called again, with a copy of the service.
    #[cached(prefix = "again:{self.tenant}", stale_while_revalidate = "1h")]
    pub async fn again(&self, name: &str) -> usize {
        name.len() + self.tenant as usize
    }

    /// Without `self`.
    #[cached(companions = off)]
    pub async fn quiet(id: u32) -> u32 {
        id + 1
    }

    #[cached(prefix = "hidden:{self.tenant}")]
    async fn hidden(&self, id: u32) -> u32 {
        self.tenant + id
    }

    /// Calls what is private.
    pub async fn visible(&self, id: u32) -> u32 {
        self.hidden(id).await
    }
}

/// A type that borrows.
#[derive(Debug)]
pub struct Session<'a> {
    /// Whose it is.
    pub user: &'a str,
}

impl<'a> Session<'a> {
    /// A page of theirs.
    #[cached(prefix = "session:{self.user}:{page}")]
    pub async fn page(&self, page: &'a str) -> usize {
        self.user.len() + page.len()
    }
}
