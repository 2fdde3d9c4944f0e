//! The `impl` of a trait: companions stand beside it.

use std::sync::Arc;

use cached_core::{Cache, cached, invalidates};

use super::{Runs, check, check_apart, check_invalidates, in_cache};

/// Finds users.
pub(crate) trait Users {
    async fn find(&self, id: u64) -> Option<String>;
    async fn made(id: u64) -> u64;
    async fn own(&self, id: u64) -> u64;
    async fn shared(self: Arc<Self>, id: u64) -> u64;
    async fn counted(&mut self, id: u64) -> u64;
    async fn consumed(self, id: u64) -> u64;
    async fn quiet(&self, id: u64) -> u64;
    async fn rename(&self, id: u64);
    fn plain(&self) -> u64;
}

/// Where users are.
pub(crate) struct Repo {
    tenant: u64,
    cache: Cache,
}

impl Repo {
    fn new(tenant: u64) -> Self {
        Self {
            tenant,
            cache: Cache::in_memory().unwrap(),
        }
    }
}

#[cached]
impl Users for Repo {
    /// The name of a user.
    #[cached(ttl = "5m", prefix = "tenant:{self.tenant}:user:{id}")]
    async fn find(&self, id: u64) -> Option<String> {
        Runs::add();
        (id > 0).then(|| format!("{}-{id}", self.tenant))
    }

    #[cached]
    async fn made(id: u64) -> u64 {
        Runs::add();
        id
    }

    #[cached(cache = self.cache, key = (id, self.tenant))]
    async fn own(&self, id: u64) -> u64 {
        Runs::add();
        id
    }

    #[cached]
    async fn shared(self: Arc<Self>, id: u64) -> u64 {
        Runs::add();
        self.tenant + id
    }

    #[cached(skip(self))]
    async fn counted(&mut self, id: u64) -> u64 {
        Runs::add();
        self.tenant += 1;
        id
    }

    #[cached]
    async fn consumed(self, id: u64) -> u64 {
        Runs::add();
        self.tenant + id
    }

    #[cached(companions = off)]
    async fn quiet(&self, id: u64) -> u64 {
        Runs::add();
        id
    }

    #[invalidates(self.find(id), Repo::made(id))]
    async fn rename(&self, id: u64) {}

    fn plain(&self) -> u64 {
        self.tenant
    }
}

#[invalidates(repo.find(id))]
async fn rename(repo: &Repo, id: u64) -> Result<u64, ()> {
    Ok(repo.plain() + id)
}

#[invalidates(Repo::find(..), self::Repo::made(id))]
async fn rename_all(id: u64) {}

#[tokio::test]
async fn equal_calls_hit() {
    let repo = Repo::new(1);
    let shared = Arc::new(Repo::new(2));
    check(|| repo.find(1)).await;
    check(|| Repo::made(1)).await;
    check(|| repo.quiet(1)).await;
    check(|| shared.clone().shared(1)).await;
    check(async || Repo::new(3).counted(1).await).await;
    check(|| Repo::new(4).consumed(1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    let (one, two) = (Repo::new(1), Repo::new(2));
    check_apart(one.find(1), one.find(2)).await;
    check_apart(one.find(1), two.find(1)).await;
    check_apart(Repo::made(1), Repo::made(2)).await;
}

#[tokio::test]
async fn companions_are_methods_of_the_type() {
    let repo = Repo::new(7);
    let key = repo.find_key(42).to_string();
    assert!(key.starts_with("tenant:7:user:42:"), "{key}");
    in_cache(async {
        let before = Runs::count();
        assert_eq!(repo.find_peek(1).await, None);
        let found = repo.find(1).await;
        assert_eq!(repo.find_peek(1).await, Some(found));
        repo.find_refresh(1).await;
        repo.find_uncached(1).await;
        assert_eq!(Runs::count() - before, 3);
        assert!(repo.find_invalidate(1).await.unwrap().is_applied());
        assert_eq!(repo.find_peek(1).await, None);

        assert_eq!(Repo::made_peek(1).await, None);
        Repo::made(1).await;
        assert_eq!(Repo::made_peek(1).await, Some(1));
        assert_eq!(Repo::made_refresh(1).await, 1);
        assert_eq!(Repo::made_uncached(1).await, 1);
        assert_eq!(Repo::made_key(1), Repo::made_key(1));
    })
    .await;
    assert_eq!(Arc::new(Repo::new(2)).shared_refresh(1).await, 3);
    assert_eq!(Repo::new(2).counted_refresh(1).await, 1);
    assert_eq!(Repo::new(2).consumed_uncached(1).await, 3);
}

#[tokio::test]
async fn cache_of_its_own() {
    let repo = Repo::new(9);
    let before = Runs::count();
    in_cache(repo.own(1)).await;
    in_cache(repo.own(1)).await;
    assert_eq!(Runs::count() - before, 1);
    assert_eq!(in_cache(repo.own_peek(1)).await, Some(1));
    repo.own_invalidate(1).await.unwrap();
    assert_eq!(in_cache(repo.own_peek(1)).await, None);
}

#[tokio::test]
async fn writes_invalidate() {
    let repo = Repo::new(7);
    check_invalidates(|| repo.find(1), repo.rename(1)).await;
    check_invalidates(|| Repo::made(1), repo.rename(1)).await;
    check_invalidates(|| repo.find(1), rename(&repo, 1))
        .await
        .unwrap();
    check_invalidates(|| repo.find(1), rename_all(2)).await;
    check_invalidates(|| Repo::made(1), rename_all(1)).await;
}

mod other {
    use super::{Repo, Runs, cached};

    /// The same method in another trait.
    pub(super) trait Teams {
        async fn find(&self, id: u64) -> Option<String>;
    }

    #[cached]
    impl Teams for Repo {
        #[cached(companions = find_team, prefix = "tenant:{self.tenant}:user:{id}")]
        async fn find(&self, id: u64) -> Option<String> {
            Runs::add();
            Some(id.to_string())
        }
    }

    /// The same trait for another type.
    pub(super) struct Other;

    #[cached]
    impl Teams for Other {
        #[cached(prefix = "tenant:7:user:{id}")]
        async fn find(&self, id: u64) -> Option<String> {
            Runs::add();
            Some(id.to_string())
        }
    }
}

#[tokio::test]
async fn traits_and_types_share_nothing() {
    use other::{Other, Teams};

    let repo = Repo::new(7);
    check_apart(Users::find(&repo, 1), Teams::find(&repo, 1)).await;
    check_apart(Teams::find(&repo, 1), Teams::find(&Other, 1)).await;
    let keys = [repo.find_key(1), repo.find_team_key(1), Other.find_key(1)];
    for (index, key) in keys.iter().enumerate() {
        assert!(keys[index + 1..].iter().all(|other| other != key));
    }
}

/// A trait that is not in scope where it is implemented, for a trait object.
mod object {
    pub(super) trait Place {
        fn id(&self) -> u32;
    }

    impl Place for u32 {
        fn id(&self) -> u32 {
            *self
        }
    }

    mod declared {
        pub(crate) trait Named {
            async fn name(&self, long: bool) -> String;
        }
    }

    use self::declared::Named as _;

    #[cached_core::cached]
    impl declared::Named for dyn Place + '_ {
        #[cached_core::cached(prefix = "place:{long}", key = (self.id(), long))]
        async fn name(&self, long: bool) -> String {
            super::Runs::add();
            self.id().to_string()
        }
    }

    pub(super) async fn name(place: &dyn Place, long: bool) -> String {
        place.name(long).await
    }
}

#[tokio::test]
async fn a_local_trait_object_has_companions() {
    let place: &dyn object::Place = &5;
    check(|| object::name(place, true)).await;
    check_apart(object::name(place, true), object::name(place, false)).await;
    check_apart(object::name(&5, true), object::name(&6, true)).await;
    in_cache(async {
        assert_eq!(place.name_peek(true).await, None);
        assert_eq!(place.name_refresh(true).await, "5");
    })
    .await;
}
