//! Methods of inherent impls.

use std::sync::Arc;

use cached_core::{Cache, cached};
use serde::{Deserialize, Serialize};

use super::{Runs, check, check_apart, in_cache};

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Profile {
    name: String,
}

/// A service.
pub(crate) struct Service {
    tenant: u32,
    cache: Cache,
}

impl Service {
    fn new(tenant: u32) -> Self {
        Self {
            tenant,
            cache: Cache::in_memory().unwrap(),
        }
    }

    /// The profile of a user.
    #[cached(ttl = "5m", prefix = "tenant:{self.tenant}:user:{id}")]
    pub(crate) async fn profile(&self, id: u64) -> Option<Profile> {
        Runs::add();
        (id != 0).then(|| Profile {
            name: format!("{}-{id}", self.tenant),
        })
    }

    #[cached(skip(self))]
    async fn version(&self) -> u32 {
        Runs::add()
    }

    #[cached]
    async fn skipped_here(#[cached(skip)] &self) -> u32 {
        Runs::add()
    }

    #[cached(key = self.tenant)]
    async fn count(&mut self) -> u32 {
        Runs::add();
        self.tenant += 1;
        self.tenant
    }

    #[cached]
    async fn consumed(self, id: u32) -> u32 {
        Runs::add();
        self.tenant + id
    }

    #[cached(prefix = "shared:{self.tenant}")]
    async fn shared(self: Arc<Self>, id: u32) -> u32 {
        Runs::add();
        self.tenant + id
    }

    #[cached(cache = self.cache, prefix = "own:{self.tenant}")]
    async fn own_cache(&self, id: u32) -> u32 {
        Runs::add();
        id
    }

    #[cached(companions = cached_name)]
    async fn name(&self, id: u32) -> Result<Self, Profile> {
        Runs::add();
        Err(Profile {
            name: id.to_string(),
        })
    }

    #[cached(companions = off)]
    async fn quiet(&self, id: u32) -> u32 {
        Runs::add();
        self.tenant + id
    }
}

trait Counter {
    async fn counted(&self, id: u32) -> u32;
    async fn made(id: u32) -> u32;
}

/// Where the macro cannot add companions, functions work without them.
impl Counter for Service {
    #[cached(companions = off, prefix = "counted:{self.tenant}")]
    async fn counted(&self, id: u32) -> u32 {
        Runs::add();
        self.tenant + id
    }

    #[cached(companions = off)]
    async fn made(id: u32) -> u32 {
        Runs::add();
        id
    }
}

impl Counter for u32 {
    #[cached(companions = off, skip(self), prefix = "counted:{id}")]
    async fn counted(&self, id: u32) -> u32 {
        Runs::add();
        id
    }

    #[cached(companions = off)]
    async fn made(id: u32) -> u32 {
        Runs::add();
        id
    }
}

impl Serialize for Service {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.tenant.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Service {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Deserialize::deserialize(deserializer).map(Self::new)
    }
}

impl Clone for Service {
    fn clone(&self) -> Self {
        Self::new(self.tenant)
    }
}

#[tokio::test]
async fn equal_calls_hit() {
    let service = Service::new(7);
    check(|| service.profile(1)).await;
    check(|| service.version()).await;
    check(|| service.skipped_here()).await;
    check(async || Service::new(1).count().await).await;
    check(|| Service::new(1).consumed(1)).await;
    check(|| Arc::new(Service::new(1)).shared(1)).await;
    check(|| service.own_cache(1)).await;
    check(|| service.quiet(1)).await;
    check(|| service.counted(1)).await;
    check(|| Service::made(1)).await;
    check(|| 7.counted(1)).await;
    check_apart(Service::made(1), u32::made(1)).await;
    assert!(service.name(1).await.is_err());
}

#[tokio::test]
async fn named_fields_tell_apart() {
    let (one, other) = (Service::new(1), Service::new(2));
    check_apart(one.profile(1), other.profile(1)).await;
    assert!(
        one.profile_key(5)
            .to_string()
            .starts_with("tenant:1:user:5:")
    );
    assert_eq!(one.cached_name_key(1), other.cached_name_key(1));
}

#[tokio::test]
async fn companions_are_methods() {
    let service = Service::new(7);
    in_cache(async {
        assert_eq!(service.profile_peek(1).await, None);
        let profile = service.profile(1).await;
        assert_eq!(service.profile_peek(1).await, Some(profile));
        let before = Runs::count();
        service.profile_refresh(1).await;
        service.profile_uncached(1).await;
        assert_eq!(Runs::count() - before, 2);
    })
    .await;
    let shared = Arc::new(Service::new(3));
    assert_eq!(shared.clone().shared_key(1), shared.clone().shared_key(1));
    assert_eq!(shared.shared_refresh(1).await, 4);
    assert_eq!(Service::new(1).consumed_uncached(1).await, 2);
    assert_eq!(Service::new(1).count_refresh().await, 2);
}

#[tokio::test]
async fn cache_of_its_own() {
    let service = Service::new(9);
    let before = Runs::count();
    in_cache(service.own_cache(1)).await;
    in_cache(service.own_cache(1)).await;
    assert_eq!(Runs::count() - before, 1);
    assert_eq!(in_cache(service.own_cache_peek(1)).await, Some(1));
}
