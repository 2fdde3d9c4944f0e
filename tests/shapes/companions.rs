//! Companions: the functions generated beside a cached one.

use cached_core::cached;

use super::{Runs, in_cache};

/// Needed to load, not to know.
struct Db(u32);

/// A profile, documented.
#[cached(ttl = "5m", prefix = "user:{id}:profile")]
pub(crate) async fn profile(id: u64, #[cached(skip)] db: &Db) -> Result<u32, String> {
    Runs::add();
    if id == 0 {
        Err("nobody".to_owned())
    } else {
        Ok(db.0)
    }
}

#[cached(prefix = "tenant:{db.0}:{id}", skip(db))]
async fn of_tenant(id: u64, db: &Db) -> u32 {
    Runs::add();
    db.0 + u32::try_from(id).unwrap()
}

#[cached(key = db.0)]
async fn by_key(#[cached(skip)] db: &Db, #[cached(skip)] other: &Db, ignored: Db) -> u32 {
    Runs::add();
    db.0 + other.0 + ignored.0
}

#[tokio::test]
async fn key_leaves_out_what_is_skipped() {
    let key = profile::key(42).to_string();
    let digest = key.strip_prefix("user:42:profile:").unwrap();
    assert_eq!(digest.len(), 32);
    assert_eq!(profile::key(42), profile::key(42));
    assert_ne!(profile::key(42), profile::key(43));
    assert!(
        of_tenant::key(5, &Db(3))
            .to_string()
            .starts_with("tenant:3:5:")
    );
    assert_eq!(by_key::key(&Db(1), Db(2)), by_key::key(&Db(1), Db(3)));
    assert_ne!(by_key::key(&Db(1), Db(2)), by_key::key(&Db(2), Db(2)));
}

#[tokio::test]
async fn peek_never_runs_the_body() {
    in_cache(async {
        let before = Runs::count();
        assert_eq!(profile::peek(1).await, None);
        assert_eq!(Runs::count(), before);
        assert_eq!(profile(1, &Db(7)).await, Ok(7));
        assert_eq!(profile::peek(1).await, Some(Ok(7)));
        assert_eq!(of_tenant::peek(1, &Db(3)).await, None);
        assert_eq!(by_key::peek(&Db(1), Db(1)).await, None);
    })
    .await;
}

#[tokio::test]
async fn refresh_replaces_and_uncached_does_not() {
    in_cache(async {
        assert_eq!(profile(1, &Db(1)).await, Ok(1));
        assert_eq!(profile::uncached(1, &Db(2)).await, Ok(2));
        assert_eq!(profile(1, &Db(3)).await, Ok(1));
        assert_eq!(profile::refresh(1, &Db(4)).await, Ok(4));
        assert_eq!(profile(1, &Db(5)).await, Ok(4));
    })
    .await;
}
