//! Globs and `purge`: what they match, and what they leave alone.

use cached_core::{Cache, ErrorKind, Key};
use tests::{RedisServer, Store, every_store, namespace};

use super::{MINUTE, ada, get, set};

#[tokio::test]
async fn glob_characters_in_keys_match_only_themselves() {
    every_store("glob", async |cache| {
        let typed = ["*", "?", "[a]", "[a-z]", "\\*", "a", "z", "aa"];
        let key = |typed: &str| Key::from_segments(["user", typed]);
        for typed in typed {
            set(&cache, key(typed), typed).await;
        }
        // By key: one entry each.
        assert!(cache.delete(key("*")).await.unwrap());
        assert!(cache.delete(key("[a-z]")).await.unwrap());
        for left in ["?", "[a]", "\\*", "a", "z", "aa"] {
            assert!(cache.exists(key(left)).await.unwrap(), "{left}");
        }
        // What a key displays is a glob for that key alone.
        for typed in ["?", "\\*", "[a]"] {
            assert_eq!(cache.purge(&key(typed).to_string()).await.unwrap(), 1);
            assert!(!cache.exists(key(typed)).await.unwrap(), "{typed}");
        }
        assert_eq!(
            cache
                .get_many(["user:a", "user:z", "user:aa"])
                .await
                .unwrap(),
            ["a", "z", "aa"].map(|left| Some(left.to_owned()))
        );
    })
    .await;
}

#[tokio::test]
async fn purge_deletes_what_matches_and_counts_it() {
    every_store("purge", async |cache| {
        let keys = [
            "user:1:name",
            "user:1:age",
            "user:2:name",
            "users",
            "team:1",
        ];
        for key in keys {
            set(&cache, key, key).await;
        }
        assert_eq!(cache.purge("user:1:*").await.unwrap(), 2);
        assert_eq!(cache.purge("user:1:*").await.unwrap(), 0);
        assert_eq!(cache.purge("name").await.unwrap(), 0);
        assert_eq!(cache.purge("user:?:n[ab]me").await.unwrap(), 1);
        assert_eq!(cache.purge("").await.unwrap(), 0);
        assert!(cache.exists("users").await.unwrap());
        assert_eq!(cache.purge("*").await.unwrap(), 2);
        assert!(!cache.exists("team:1").await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn purge_in_memory_counts_what_is_being_loaded_as_well() {
    let cache = Cache::in_memory().unwrap();
    let load = async || {
        set(&cache, "user:1:name", "Ada").await;
        let purged = cache.purge("user:*").await.unwrap();
        Ok::<u64, ()>(purged)
    };
    let purged = cache.get_or_load("user:1:name", MINUTE, load).await;
    assert_eq!(purged, Ok(1));
    assert_eq!(cache.get::<u64>("user:1:name").await.unwrap(), None);
}

#[tokio::test]
async fn purge_finds_every_one_of_many_keys() {
    every_store("purge-many", async |cache| {
        let entries = (0..5_000).map(|number| (format!("number:{number}"), &0_u8));
        cache.set_many(entries, MINUTE).await.unwrap();
        set(&cache, "other", "Ada").await;
        assert_eq!(cache.purge("number:*").await.unwrap(), 5_000);
        assert_eq!(cache.purge("number:*").await.unwrap(), 0);
        assert_eq!(get(&cache, "other").await, Some(ada()));
    })
    .await;
}

/// `app` would reach into `app:eu`: the key `eu:x` of the one is the key `x` of the other.
#[test]
fn a_namespace_has_one_segment() {
    let error = Cache::builder().namespace("app:eu").build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("namespace"), "{error}");
    assert!(Cache::builder().namespace("app:").build().is_ok());
}

#[tokio::test]
async fn other_namespaces_survive_a_purge_of_everything() {
    let name = namespace("boundary");
    let neighbours: Vec<Cache> = [format!("{name}-2"), format!("x{name}"), name.to_uppercase()]
        .iter()
        .map(|name| Store::Redis.cache(name))
        .collect();
    for cache in &neighbours {
        set(cache, "a", "Ada").await;
    }
    RedisServer::shared().cli(&["SET", &format!("{name}x"), "not ours"]);
    let cache = Store::Redis.cache(&name);
    set(&cache, "a", "Grace").await;
    for glob in ["*", "../*", "*:a", "[^x]*", "\\*"] {
        cache.purge(glob).await.unwrap();
    }
    assert_eq!(get(&cache, "a").await, None);
    for cache in &neighbours {
        assert_eq!(get(cache, "a").await, Some(ada()), "{cache:?}");
    }
    assert_eq!(
        RedisServer::shared().cli(&["GET", &format!("{name}x")]),
        "not ours"
    );
}

#[tokio::test]
async fn dots_and_dashes_of_a_namespace_are_no_wildcards() {
    let name = namespace("a.b-c");
    let cache = Store::Redis.cache(&name);
    let other = Store::Redis.cache(&name.replace('.', "x"));
    set(&other, "a", "Ada").await;
    cache.purge("*").await.unwrap();
    assert_eq!(get(&other, "a").await, Some(ada()));
}
