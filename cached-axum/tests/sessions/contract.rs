//! The contract of a session store, and what `tower-sessions` leaves open, on every store.

use cached_axum::sessions::CacheStore;
use cached_core::Cache;
use serde_json::{Value, json};
use tests::{RedisServer, every_store, namespace};
use time::{Duration, OffsetDateTime, macros::datetime};
use tower_sessions::{
    SessionStore,
    session::Id,
    session_store::{self, CachingSessionStore, Error},
};

use crate::{created, lasting, record};

/// Runs `body` with a store of sessions on every store of entries.
async fn every_session_store(name: &str, body: impl AsyncFn(CacheStore)) {
    every_store(name, async |cache| body(CacheStore::new(cache)).await).await;
}

fn is_encode<T>(result: &session_store::Result<T>) -> bool {
    matches!(result, Err(Error::Encode(_)))
}

#[tokio::test]
async fn created_session_is_loaded_as_it_was() {
    every_session_store("created", async |store| {
        let values = json!({
            "null": null, "text": "ü\n\0", "number": u64::MAX, "less": i64::MIN, "float": 0.1, "list": [[], {}, [null]],
        });
        let mut created = record(&values);
        store.create(&mut created).await.unwrap();
        assert_eq!(store.load(&created.id).await.unwrap(), Some(created));
    })
    .await;
}

#[tokio::test]
async fn saved_session_is_loaded_whether_it_was_created_or_not() {
    every_session_store("saved", async |store| {
        let mut saved = record(&json!(1));
        store.save(&saved).await.unwrap();
        assert_eq!(store.load(&saved.id).await.unwrap(), Some(saved.clone()));
        saved.data.insert("more".to_owned(), json!(2));
        saved.expiry_date += Duration::days(1);
        store.save(&saved).await.unwrap();
        assert_eq!(store.load(&saved.id).await.unwrap(), Some(saved));
    })
    .await;
}

#[tokio::test]
async fn deleted_session_is_gone_and_can_be_deleted_again() {
    every_session_store("deleted", async |store| {
        let (one, other) = (created(&store, "one").await, created(&store, "other").await);
        store.delete(&one.id).await.unwrap();
        assert_eq!(store.load(&one.id).await.unwrap(), None);
        store.delete(&one.id).await.unwrap();
        assert_eq!(store.load(&other.id).await.unwrap(), Some(other));
    })
    .await;
}

#[tokio::test]
async fn session_that_was_never_issued_is_none() {
    every_session_store("never-issued", async |store| {
        created(&store, "somebody").await;
        for id in [0, 1, -1, i128::MIN, i128::MAX] {
            assert_eq!(store.load(&Id(id)).await.unwrap(), None);
        }
    })
    .await;
}

#[tokio::test]
async fn create_never_takes_an_id_that_is_in_use() {
    every_session_store("in-use", async |store| {
        let first = created(&store, "first").await;
        let mut second = record(&json!("second"));
        second.id = first.id;
        store.create(&mut second).await.unwrap();
        assert_ne!(second.id, first.id);
        assert_eq!(store.load(&first.id).await.unwrap(), Some(first));
        assert_eq!(store.load(&second.id).await.unwrap(), Some(second));
    })
    .await;
}

#[tokio::test]
async fn id_of_a_deleted_session_is_not_used_again() {
    every_session_store("used-again", async |store| {
        let first = created(&store, "first").await;
        store.delete(&first.id).await.unwrap();
        let mut second = record(&json!("second"));
        second.id = first.id;
        store.create(&mut second).await.unwrap();
        assert_ne!(second.id, first.id);
        assert_eq!(store.load(&first.id).await.unwrap(), None);
        assert_eq!(store.load(&second.id).await.unwrap(), Some(second));
    })
    .await;
}

/// A request that began before a logout and ends after it.
#[tokio::test]
async fn deleted_session_is_not_brought_back_by_who_has_loaded_it() {
    every_session_store("brought-back", async |store| {
        let mut loaded = created(&store, "Ada").await;
        store.delete(&loaded.id).await.unwrap();
        loaded.data.insert("more".to_owned(), json!(1));
        for _ in 0..3 {
            assert!(matches!(store.save(&loaded).await, Err(Error::Backend(_))));
            assert_eq!(store.load(&loaded.id).await.unwrap(), None);
        }
    })
    .await;
}

#[tokio::test]
async fn session_ends_at_its_expiry() {
    every_session_store("expiry", async |store| {
        let mut short = lasting(&json!("short"), Duration::milliseconds(300));
        store.create(&mut short).await.unwrap();
        assert!(store.load(&short.id).await.unwrap().is_some());
        tokio::time::sleep(std::time::Duration::from_millis(320)).await;
        assert_eq!(store.load(&short.id).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn session_that_is_over_is_not_kept() {
    every_session_store("over", async |store| {
        for expiry in [
            OffsetDateTime::now_utc(),
            OffsetDateTime::UNIX_EPOCH,
            datetime!(-9999-01-01 0:00 UTC),
        ] {
            let mut over = created(&store, "lasts").await;
            over.expiry_date = expiry;
            store.save(&over).await.unwrap();
            assert_eq!(store.load(&over.id).await.unwrap(), None);
            store.create(&mut over).await.unwrap();
            assert_eq!(store.load(&over.id).await.unwrap(), None);
        }
    })
    .await;
}

#[tokio::test]
async fn session_may_last_for_ever() {
    every_session_store("for-ever", async |store| {
        let mut lasts = record(&json!("long"));
        lasts.expiry_date = datetime!(9999-12-31 23:59:59.999999999 UTC);
        store.create(&mut lasts).await.unwrap();
        assert_eq!(store.load(&lasts.id).await.unwrap(), Some(lasts));
    })
    .await;
}

#[tokio::test]
async fn session_that_cannot_be_read_back_is_an_error_and_not_kept() {
    every_session_store("unstorable", async |store| {
        let deep = (0..130).fold(Value::Null, |inner, _| json!([inner]));
        let large = json!("x".repeat(9 << 20));
        for value in [deep, large] {
            let mut refused = record(&value);
            assert!(is_encode(&store.create(&mut refused).await));
            assert!(is_encode(&store.save(&refused).await));
            assert_eq!(store.load(&refused.id).await.unwrap(), None);
        }
    })
    .await;
}

#[tokio::test]
async fn bypass_and_refresh_do_not_reach_sessions() {
    every_store("modes", async |cache| {
        let store = CacheStore::new(cache.clone());
        let session = created(&store, "Ada").await;
        let loaded = cache.bypass(store.load(&session.id)).await.unwrap();
        assert_eq!(loaded.as_ref(), Some(&session));
        let loaded = cache.refresh(store.load(&session.id)).await.unwrap();
        assert_eq!(loaded.as_ref(), Some(&session));
        let other = cache.bypass(created(&store, "Grace")).await;
        assert_eq!(store.load(&other.id).await.unwrap(), Some(other));
    })
    .await;
}

#[tokio::test]
async fn sessions_of_another_prefix_are_other_sessions() {
    every_store("prefixes", async |cache| {
        let users = CacheStore::new(cache.clone());
        let admins = CacheStore::new(cache).with_prefix("admin:session");
        let user = created(&users, "user").await;
        assert_eq!(admins.load(&user.id).await.unwrap(), None);
        admins.delete(&user.id).await.unwrap();
        assert_eq!(users.load(&user.id).await.unwrap(), Some(user));
    })
    .await;
}

#[tokio::test]
async fn all_sessions_of_a_prefix_end_at_once() {
    every_store("end-all", async |cache| {
        let store = CacheStore::new(cache.clone());
        let session = created(&store, "Ada").await;
        cache.invalidate("session").await.unwrap();
        assert_eq!(store.load(&session.id).await.unwrap(), None);
        let session = created(&store, "Grace").await;
        assert_eq!(store.load(&session.id).await.unwrap(), Some(session));
    })
    .await;
}

#[tokio::test]
async fn who_reads_redis_learns_no_session_id() {
    let name = namespace("secret");
    let store = CacheStore::new(tests::Store::Redis.cache(&name));
    let session = created(&store, "Ada").await;
    let server = RedisServer::shared();
    let keys = server.keys(&format!("{name}:session:*"));
    assert_eq!(keys.len(), 1, "{keys:?}");
    let ids = [
        session.id.to_string(),
        session.id.0.to_string(),
        format!("{:032x}", session.id.0),
    ];
    for text in [
        &keys[0],
        &server.cli(&["GET", &keys[0]]),
        &format!("{store:?}"),
    ] {
        assert!(ids.iter().all(|id| !text.contains(id)), "{text}");
    }
}

#[tokio::test]
async fn what_is_no_session_is_none() {
    every_store("no-session", async |cache| {
        let store = CacheStore::new(cache.clone());
        let session = record(&json!(1));
        let digest = blake3::hash(&session.id.0.to_le_bytes());
        let key = format!("session:{}", digest.to_hex());
        cache
            .set(&key, &"something else".to_owned(), None)
            .await
            .unwrap();
        assert_eq!(store.load(&session.id).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn cache_that_is_turned_off_is_an_error() {
    let cache = Cache::builder().enabled(false).build().unwrap();
    let store = CacheStore::new(cache);
    let mut session = record(&json!(1));
    for result in [
        store.create(&mut session).await,
        store.save(&session).await,
        store.load(&session.id).await.map(drop),
    ] {
        let error = result.unwrap_err();
        assert!(
            matches!(&error, Error::Backend(why) if why.contains("turned off")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn copy_in_another_store_survives_a_flush() {
    every_store("copy", async |cache| {
        let database = tower_sessions::MemoryStore::default();
        let store = CachingSessionStore::new(CacheStore::new(cache.clone()), database);
        let mut session = record(&json!("Ada"));
        store.create(&mut session).await.unwrap();
        cache.clear().await.unwrap();
        let loaded = store.load(&session.id).await.unwrap();
        assert_eq!(loaded.as_ref(), Some(&session));
        // And is in the cache again.
        let front = CacheStore::new(cache.clone());
        assert_eq!(front.load(&session.id).await.unwrap(), Some(session));
    })
    .await;
}

/// A copy that takes whatever is saved has the session back; it is not taken from there.
#[tokio::test]
async fn session_that_was_ended_is_not_taken_from_its_copy() {
    every_store("copy-ended", async |cache| {
        let database = tower_sessions::MemoryStore::default();
        let store = CachingSessionStore::new(CacheStore::new(cache), database.clone());
        let mut session = record(&json!("Ada"));
        store.create(&mut session).await.unwrap();
        store.delete(&session.id).await.unwrap();
        assert_eq!(store.load(&session.id).await.unwrap(), None);
        assert!(store.save(&session).await.is_err());
        assert!(database.load(&session.id).await.unwrap().is_some());
        assert!(store.load(&session.id).await.is_err());
    })
    .await;
}

/// Another version of a service finds the sessions of this one, or its users are logged out.
#[tokio::test]
async fn stored_session_looks_the_same_in_every_version() {
    let name = namespace("pinned");
    let store = CacheStore::new(tests::Store::Redis.cache(&name));
    let mut pinned = record(&json!("Ada"));
    pinned.id = Id(42);
    pinned.expiry_date = datetime!(2999-12-31 23:59:59.5 UTC);
    store.create(&mut pinned).await.unwrap();
    let digest = "76e42af59a96755e8d34db203996f20b8980316601bb8966e871f888fb3d0d54";
    let key = format!("{name}:session:{digest}");
    let stored = RedisServer::shared().cli(&["GET", &key]);
    let body = stored.split_once('\n').map(|(_, body)| body);
    let expected = r#"{"Lasts":{"expires":[32503679999,500000000],"data":{"value":"Ada"}}}"#;
    assert_eq!(
        body,
        Some(expected),
        "{:?}",
        RedisServer::shared().keys(&format!("{name}:*"))
    );
}
