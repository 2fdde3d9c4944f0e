//! Keys from text, from segments, and of calls: each names an entry of its own.

use cached_core::{Key, cached};
use tests::{CountingLoader, every_store};

use super::{get, set};

/// Texts that people and programs put into keys, some alike to a careless eye.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        ":",
        "::",
        "%",
        "%3A",
        "%253A",
        "*",
        "?",
        "[a]",
        "{a}",
        "\\",
        "\\*",
        "a",
        "A",
        "a:b",
        "a::b",
        "a:b:",
        ":a:b",
        "a%3Ab",
        "a b",
        "a+b",
        "a\nb",
        "a\r\nb",
        "a\0b",
        "a\0",
        "a\tb",
        "é",
        "e\u{301}",
        "\u{202e}a",
        "0123456789abcdef0123456789abcdef",
        "0123456789abcdef0123456789abcdef:",
    ]
    .map(str::to_owned)
    .into();
    texts.push("x".repeat(10_000));
    texts.push(format!("{}y", "x".repeat(9_999)));
    texts.push("a:".repeat(5_000));
    texts.push("a:".repeat(5_001));
    texts
}

#[tokio::test]
async fn every_text_names_an_entry_of_its_own() {
    every_store("texts", async |cache| {
        let texts = texts();
        for text in &texts {
            set(&cache, text, text).await;
        }
        for text in &texts {
            assert_eq!(get(&cache, text).await.as_ref(), Some(text), "{text:.80?}");
        }
        for text in &texts {
            assert!(cache.delete(text).await.unwrap(), "{text:.80?}");
            assert!(!cache.exists(text).await.unwrap(), "{text:.80?}");
        }
    })
    .await;
}

#[tokio::test]
async fn every_segment_names_an_entry_of_its_own() {
    every_store("segments", async |cache| {
        let key = |typed: &str| Key::from_segments(["user", typed, "avatar"]);
        let texts = texts();
        for text in &texts {
            set(&cache, key(text), text).await;
        }
        for text in &texts {
            let key = key(text);
            assert_eq!(get(&cache, &key).await.as_ref(), Some(text), "{text:.80?}");
            let shown = key.to_string();
            assert_eq!(shown.split(':').count(), 3, "{shown}");
            assert!(shown.starts_with("user:") && shown.ends_with(":avatar"));
            assert!(shown.len() < 200, "{shown}");
        }
        set(&cache, "user:a:b:avatar", "as text").await;
        assert_eq!(get(&cache, key("a:b")).await.as_deref(), Some("a:b"));
    })
    .await;
}

#[cached(ttl = "1h", prefix = "person:{id}")]
async fn person(id: u64, #[cached(skip)] loader: CountingLoader) -> String {
    loader.load(format!("person {id}")).await
}

#[tokio::test]
async fn key_of_a_call_names_its_entry() {
    every_store("call", async |cache| {
        let loader = CountingLoader::new();
        set(&cache, person::key(1), "set by key").await;
        assert_eq!(person(1, loader.clone()).await, "set by key");
        assert_eq!(loader.runs(), 0);

        assert!(cache.delete(person::key(1)).await.unwrap());
        assert_eq!(person(1, loader.clone()).await, "person 1");
        assert_eq!(
            get(&cache, person::key(1)).await.as_deref(),
            Some("person 1")
        );
        assert_eq!(loader.runs(), 1);
        assert_eq!(get(&cache, person::key(2)).await, None);
    })
    .await;
}

/// A `None` that its function keeps is nothing by key, and nothing is wrong with it.
#[tokio::test]
async fn none_that_a_call_has_kept_is_a_plain_miss_by_key() {
    #[cached(ttl = "1h", cache_none = "1h")]
    async fn nobody(id: u64, #[cached(skip)] loader: CountingLoader) -> Option<String> {
        loader.load(None).await.filter(|_: &String| id == 0)
    }
    every_store("none", async |cache| {
        nobody(1, CountingLoader::new()).await;
        while nobody::peek(1).await.is_none() {
            tokio::task::yield_now().await;
        }
        assert_eq!(get(&cache, nobody::key(1)).await, None);
        assert_eq!(
            cache.take::<String>(nobody::key(1)).await.unwrap(),
            None::<String>
        );
        assert_eq!(cache.stats().total.undecodable, 0);
    })
    .await;
}

#[tokio::test]
async fn text_that_spells_the_key_of_a_call_is_another_key() {
    every_store("spelt", async |cache| {
        let loader = CountingLoader::new();
        person(1, loader.clone()).await;
        let spelt = person::key(1).to_string();
        set(&cache, &spelt, "forged").await;
        assert_eq!(person(1, loader.clone()).await, "person 1");
        assert!(cache.delete(&spelt).await.unwrap());
        assert!(cache.exists(person::key(1)).await.unwrap());
        assert_eq!(loader.runs(), 1);
    })
    .await;
}
