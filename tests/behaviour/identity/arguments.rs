//! Arguments that differ, however alike they look, and arguments that are equal.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashMap, HashSet};

use cached_core::cached;
use serde::Serialize;
use tests::{CountingLoader, every_store};

use super::{differ, loads_once, same, shown};
use crate::stored;

#[cached(ttl = "1h", prefix = "pair")]
async fn pair(one: String, other: String, #[cached(skip)] loader: CountingLoader) -> String {
    loader.load(format!("{one}|{other}")).await
}

#[tokio::test]
async fn boundaries_between_arguments_count() {
    let pairs = [
        ("ab", "c"),
        ("a", "bc"),
        ("abc", ""),
        ("", "abc"),
        ("a\0b", "c"),
        ("a", "\0bc"),
        ("a:b", "c"),
        ("a", "b:c"),
        ("c", "ab"),
    ];
    let keys = pairs.map(|(one, other)| pair::key(one.to_owned(), other.to_owned()));
    differ(&keys);
    every_store("boundaries", async |_| {
        for (one, other) in pairs {
            loads_once(&format!("{one}|{other}"), async |loader| {
                pair(one.to_owned(), other.to_owned(), loader).await
            })
            .await;
        }
    })
    .await;
}

/// One type that serde shows as whatever it holds.
#[derive(Clone, Serialize)]
#[serde(untagged)]
#[allow(clippy::option_option, reason = "this is what is tested")]
enum Any {
    Unit(()),
    Optional(Option<Option<()>>),
    Bool(bool),
    Byte(u8),
    Word(u16),
    Long(u64),
    Signed(i8),
    Float(f64),
    Short(f32),
    Char(char),
    Text(String),
    List(Vec<u8>),
    Pair(u8, u8),
    Map(BTreeMap<String, u8>),
    Fields { a: u8 },
}

fn alike() -> Vec<Any> {
    let text = |text: &str| Any::Text(text.to_owned());
    vec![
        Any::Unit(()),
        Any::Optional(None),
        Any::Optional(Some(None)),
        Any::Optional(Some(Some(()))),
        text("None"),
        text("null"),
        text(""),
        text("()"),
        Any::Bool(true),
        text("true"),
        Any::Byte(1),
        Any::Word(1),
        Any::Long(1),
        Any::Signed(1),
        Any::Float(1.0),
        Any::Short(1.0),
        Any::Float(0.0),
        Any::Float(-0.0),
        Any::Float(f64::NAN),
        Any::Float(f64::INFINITY),
        text("NaN"),
        text("1"),
        text("1.0"),
        Any::Char('1'),
        Any::List(vec![1]),
        Any::List(vec![]),
        Any::List(vec![1, 2]),
        Any::Pair(1, 2),
        text("[1,2]"),
        Any::Map(BTreeMap::from([("a".to_owned(), 1)])),
        Any::Fields { a: 1 },
        text("{\"a\":1}"),
    ]
}

#[cached(ttl = "1h", prefix = "any")]
async fn any(value: Any, #[cached(skip)] loader: CountingLoader) -> u8 {
    let _ = &value;
    loader.load(1).await
}

#[tokio::test]
async fn values_that_print_alike_are_different_arguments() {
    let alike = alike();
    differ(&alike.iter().cloned().map(any::key).collect::<Vec<_>>());
    every_store("alike", async |_| {
        let loader = CountingLoader::new();
        for _ in 0..2 {
            for value in &alike {
                any(value.clone(), loader.clone()).await;
            }
        }
        assert_eq!(loader.runs(), alike.len());
    })
    .await;
}

#[tokio::test]
async fn types_behind_impl_trait_are_different_arguments() {
    every_store("impl", async |_| {
        let loader = CountingLoader::new();
        for _ in 0..2 {
            shown(1_u8, loader.clone()).await;
            shown(1_u16, loader.clone()).await;
            shown("1", loader.clone()).await;
            shown(None::<u8>, loader.clone()).await;
            shown((), loader.clone()).await;
        }
        assert_eq!(loader.runs(), 5);
    })
    .await;
}

/// Its parameter is called as it is itself, which its companions must bear.
#[cached(ttl = "1h", prefix = "weights")]
async fn weights(weights: HashMap<String, u32>, #[cached(skip)] loader: CountingLoader) -> u32 {
    loader.load(weights.values().sum()).await
}

#[cached(ttl = "1h", prefix = "sets")]
async fn sum_of_set(numbers: HashSet<u32>, #[cached(skip)] loader: CountingLoader) -> u32 {
    loader.load(numbers.iter().sum()).await
}

#[cached(ttl = "1h", prefix = "sets")]
async fn sum_of_lent_set(numbers: &HashSet<u32>, #[cached(skip)] loader: CountingLoader) -> u32 {
    loader.load(numbers.iter().sum()).await
}

#[cached(ttl = "1h", prefix = "sets")]
async fn sum_of_some_set(
    numbers: Option<HashSet<u32>>,
    #[cached(skip)] loader: CountingLoader,
) -> u32 {
    loader.load(numbers.iter().flatten().sum()).await
}

#[cached(ttl = "1h", prefix = "lists")]
async fn sum_of_list(numbers: Vec<u32>, #[cached(skip)] loader: CountingLoader) -> u32 {
    loader.load(numbers.iter().sum()).await
}

#[tokio::test]
async fn equal_maps_are_one_argument_whatever_their_order() {
    let entries: Vec<(String, u32)> = (0..100).map(|n| (format!("key {n}"), n)).collect();
    let map = |backwards: bool| -> HashMap<String, u32> {
        // Each state has its own order.
        let mut map = HashMap::with_hasher(RandomState::new());
        if backwards {
            map.extend(entries.iter().rev().cloned());
        } else {
            map.extend(entries.iter().cloned());
        }
        map
    };
    assert!(!map(true).keys().eq(map(false).keys()));
    same(&weights::key(map(true)), &weights::key(map(false)));
    let mut other = map(true);
    other.insert("key 0".to_owned(), 1);
    differ(&[weights::key(map(true)), weights::key(other)]);
    every_store("maps", async |_| {
        let loader = CountingLoader::new();
        for round in 0..10 {
            assert_eq!(weights(map(round % 2 == 0), loader.clone()).await, 4_950);
        }
        assert_eq!(loader.runs(), 1);
    })
    .await;
}

#[tokio::test]
async fn equal_sets_are_one_argument_and_equal_lists_are_by_order() {
    let set = || (0..100).collect::<HashSet<u32>>();
    assert!(!set().iter().eq(set().iter()));
    let other = || (1..101).collect::<HashSet<u32>>();
    same(&sum_of_set::key(set()), &sum_of_set::key(set()));
    same(&sum_of_lent_set::key(&set()), &sum_of_lent_set::key(&set()));
    same(
        &sum_of_some_set::key(Some(set())),
        &sum_of_some_set::key(Some(set())),
    );
    differ(&[
        sum_of_some_set::key(None),
        sum_of_some_set::key(Some(HashSet::new())),
        sum_of_some_set::key(Some(set())),
        sum_of_some_set::key(Some(other())),
    ]);
    differ(&[sum_of_set::key(set()), sum_of_set::key(other())]);
    differ(&[sum_of_list::key(vec![1, 2]), sum_of_list::key(vec![2, 1])]);
    every_store("sets", async |_| {
        let loader = CountingLoader::new();
        for _ in 0..10 {
            assert_eq!(sum_of_set(set(), loader.clone()).await, 4_950);
            assert_eq!(sum_of_lent_set(&set(), loader.clone()).await, 4_950);
        }
        assert_eq!(loader.runs(), 2);
    })
    .await;
}

#[cached(ttl = "1h", prefix = "user:{name}:card:{size}")]
async fn card(name: String, size: u8, #[cached(skip)] loader: CountingLoader) -> String {
    loader.load(format!("{name} {size}")).await
}

#[tokio::test]
async fn arguments_in_a_prefix_stay_in_their_segment() {
    let long = "x".repeat(10_000);
    let typed = [
        "ada", "a:b", "a:card:1", ":", "*", "?", "[a-z]", "\\", "%", "%3A", "%2A", "", " ", "\n",
        "\0", "é", "{name}", "../..", &long,
    ];
    let keys = typed.map(|name| card::key(name.to_owned(), 1));
    differ(&keys);
    let mut prefixes = HashSet::new();
    for key in &keys {
        let text = key.to_string();
        let segments: Vec<&str> = text.split(':').collect();
        assert_eq!(segments.len(), 5, "{text}");
        assert_eq!(
            (segments[0], segments[2], segments[3]),
            ("user", "card", "1")
        );
        assert!(!segments[1].is_empty());
        assert!(text.len() < 256, "{text}");
        let strange = |c: char| "*?[]\\{}".contains(c) || c.is_control() || c.is_whitespace();
        assert!(!text.contains(strange), "{text}");
        assert!(prefixes.insert(segments[1].to_owned()), "{text}");
    }
    every_store("typed", async |cache| {
        let loader = CountingLoader::new();
        for _ in 0..2 {
            for name in typed {
                let value = card(name.to_owned(), 1, loader.clone()).await;
                assert_eq!(value, format!("{name} 1"));
            }
        }
        assert_eq!(loader.runs(), typed.len());
        stored(&cache, typed.len() as u64).await;
        // One person's star is not everybody.
        let stars = format!("user:{}:*", keys[4].to_string().split(':').nth(1).unwrap());
        assert_eq!(cache.purge(&stars).await.unwrap(), 1);
        assert!(cache.exists(&keys[0]).await.unwrap());
    })
    .await;
}
