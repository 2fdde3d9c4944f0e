//! The layout of Redis: keys that people can read, values that any language can.

use std::path::Path;
use std::time::Duration;

use cached_core::{Cache, cached};
use serde::{Deserialize, Serialize};
use tests::{CountingLoader, RedisServer, Reply, Store, namespace};

use crate::stored;

const HOUR: u64 = 3_600_000;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Profile {
    name: String,
    height: f64,
    tags: Vec<String>,
    friend: Option<u64>,
}

fn profile_of(id: u64) -> Profile {
    Profile {
        name: format!("Ada \"{id}\"\n\u{e9}"),
        height: 1.5,
        tags: vec!["a".to_owned(), "b".to_owned()],
        friend: None,
    }
}

#[cached(ttl = "1h", prefix = "user:{id}:profile")]
async fn profile(id: u64, #[cached(skip)] loader: CountingLoader) -> Profile {
    loader.load(profile_of(id)).await
}

/// Its key is pinned below: `id` keeps it through moves.
#[cached(
    ttl = "1h",
    prefix = "pinned:{id}:{name}",
    id = "layout-pinned",
    version = 3
)]
async fn pinned(id: u64, name: &str, #[cached(skip)] loader: CountingLoader) -> String {
    loader.load(format!("{id} {name}")).await
}

#[cached(ttl = "90s", prefix = "jittered:{id}", jitter = "50%")]
async fn jittered(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    loader.load(id).await
}

#[cached(ttl = "1d", prefix = "outcome:value")]
async fn measured(#[cached(skip)] loader: CountingLoader) -> Golden {
    let on = [("on".to_owned(), true)].into();
    let value = ("é \"quoted\"\n".to_owned(), [0.1, -0.0, 2.5], u64::MAX, on);
    loader.load(value).await
}

/// The value that the golden file holds.
type Golden = (
    String,
    [f64; 3],
    u64,
    std::collections::BTreeMap<String, bool>,
);

#[cached(ttl = "1d", cache_none = "1h", prefix = "outcome:none")]
async fn nobody(#[cached(skip)] loader: CountingLoader) -> Option<u8> {
    loader.load(None).await
}

#[cached(ttl = "1d", cache_err = "5s", prefix = "outcome:error")]
async fn failing(#[cached(skip)] loader: CountingLoader) -> Result<u8, String> {
    loader.load(Err("not found".to_owned())).await
}

#[cached(prefix = "default")]
async fn without_ttl(#[cached(skip)] loader: CountingLoader) -> u8 {
    loader.load(1).await
}

fn server() -> &'static RedisServer {
    RedisServer::shared()
}

/// The one key under `prefix` in the namespace `name`.
fn only_key(name: &str, prefix: &str) -> String {
    let keys = server().keys(&format!("{name}:{prefix}*"));
    assert_eq!(keys.len(), 1, "{keys:?}");
    keys[0].clone()
}

/// The header line and the JSON at `key`.
fn entry(key: &str) -> (String, String) {
    let Reply::Bytes(bytes) = server().command(&["GET", key]) else {
        panic!("nothing at {key}");
    };
    let text = String::from_utf8(bytes).unwrap();
    let (header, json) = text.split_once('\n').unwrap();
    (header.to_owned(), json.to_owned())
}

fn pttl(key: &str) -> u64 {
    server().cli(&["PTTL", key]).parse().unwrap()
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn golden(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cached-core/tests/golden");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

#[tokio::test]
async fn keys_are_readable_under_their_prefix() {
    let name = namespace("app");
    let cache = Store::Redis.cache(&name);
    for id in [42, 43] {
        cache.scope(profile(id, CountingLoader::new())).await;
    }
    cache.set("user:42:avatar", &1, None).await.unwrap();
    stored(&cache, 3).await;

    let keys = server().keys(&format!("{name}:user:42:*"));
    assert_eq!(keys.len(), 2, "{keys:?}");
    assert_eq!(keys[0], format!("{name}:user:42:avatar"));
    let digest = keys[1]
        .strip_prefix(&format!("{name}:user:42:profile:"))
        .unwrap();
    assert!(is_hex(digest, 32), "{digest}");
    assert_eq!(keys[1], format!("{name}:{}", profile::key(42)));
    // Nothing else was left behind, but for the markers of the groups.
    let mut others = server().keys(&format!("{name}*"));
    others.retain(|key| !key.starts_with(&format!("{name}:%")));
    assert_eq!(others.len(), 3, "{others:?}");
    assert_eq!(
        markers(&name),
        [
            "%fn:behaviour:layout:profile",
            "%g",
            "%g:user",
            "%g:user:42",
            "%g:user:42:avatar",
            "%g:user:42:profile",
            "%g:user:43",
            "%g:user:43:profile",
        ]
    );
}

/// The names of all markers, without the namespace.
fn markers(name: &str) -> Vec<String> {
    let keys = server().keys(&format!("{name}:%[gft]*"));
    let names = keys.iter().filter_map(|key| key.split_once(':'));
    let mut names: Vec<String> = names.map(|(_, name)| name.to_owned()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn entry_is_a_header_line_and_json_that_another_language_parses() {
    let name = namespace("value");
    let cache = Store::Redis.cache(&name);
    cache.scope(profile(42, CountingLoader::new())).await;
    stored(&cache, 1).await;
    let key = only_key(&name, "user:42:profile:");

    let (header, json) = entry(&key);
    let fields: Vec<&str> = header.split(' ').collect();
    let [
        format,
        id,
        entry,
        sum,
        outcome,
        ttl,
        stale,
        identity,
        ref tokens @ ..,
    ] = fields[..]
    else {
        panic!("{header}");
    };
    // Those of the markers, in the order of the groups, all on one server.
    let groups = [
        "%g",
        "%fn:behaviour:layout:profile",
        "%g:user",
        "%g:user:42",
        "%g:user:42:profile",
    ];
    let there = groups.map(|group| server().cli(&["GET", &format!("{name}:{group}")]));
    assert_eq!(tokens, there);
    assert!(tokens.iter().all(|token| is_hex(token, 32)), "{header}");
    assert_eq!((format, entry, outcome, stale), ("cc1", "E", "v", "0"));
    assert!(is_hex(id, 32) && is_hex(sum, 8) && is_hex(identity, 16));
    assert_eq!(ttl.parse(), Ok(HOUR));
    assert_eq!(
        json,
        "{\"name\":\"Ada \\\"42\\\"\\né\",\"height\":1.5,\"tags\":[\"a\",\"b\"],\"friend\":null}"
    );

    // Lua, by the server's own JSON library.
    let program = "local text = redis.call('GET', KEYS[1])
        local value = cjson.decode(string.sub(text, string.find(text, '\\n') + 1))
        return {value.name, tostring(value.height), value.tags[2], tostring(value.friend == cjson.null)}";
    let read = server().command(&["EVAL", program, "1", &key]);
    let bytes = |text: &str| Reply::Bytes(text.as_bytes().to_vec());
    assert_eq!(
        read,
        Reply::List(vec![
            bytes(&profile_of(42).name),
            bytes("1.5"),
            bytes("b"),
            bytes("true")
        ])
    );
}

#[tokio::test]
async fn every_write_has_an_id_of_its_own() {
    let name = namespace("ids");
    let cache = Store::Redis.cache(&name);
    let mut seen = std::collections::HashSet::new();
    for _ in 0..20 {
        cache.set("a", &1, None).await.unwrap();
        let (header, json) = entry(&only_key(&name, "a"));
        assert_eq!(json, "1");
        assert!(seen.insert(header.split(' ').nth(1).unwrap().to_owned()));
    }
}

#[tokio::test]
async fn keys_end_within_the_declared_ttl() {
    let name = namespace("pttl");
    let cache = Store::Redis.cache(&name);
    let loader = CountingLoader::new();
    cache
        .scope(async {
            profile(42, loader.clone()).await;
            without_ttl(loader.clone()).await;
            nobody(loader.clone()).await;
            failing(loader.clone()).await.unwrap_err();
        })
        .await;
    let second = Duration::from_secs(1);
    cache.set("by-key", &1, 90 * second).await.unwrap();
    stored(&cache, 5).await;
    for (prefix, ttl) in [
        ("user:42:profile:", HOUR),
        ("default:", 300_000),
        ("outcome:none:", HOUR),
        ("outcome:error:", 5_000),
        ("by-key", 90_000),
    ] {
        let left = pttl(&only_key(&name, prefix));
        // Two seconds for a busy machine.
        assert!(
            left <= ttl && left > ttl.saturating_sub(2_000),
            "{prefix}: {left}"
        );
    }
}

#[tokio::test]
async fn jitter_takes_a_random_share_off_the_ttl() {
    let name = namespace("jitter");
    let cache = Store::Redis.cache(&name);
    for id in 0..50 {
        cache.scope(jittered(id, CountingLoader::new())).await;
    }
    stored(&cache, 50).await;
    let ttls: Vec<u64> = server()
        .keys(&format!("{name}:jittered:*"))
        .iter()
        .map(|key| pttl(key))
        .collect();
    assert!(
        ttls.iter().all(|ttl| (40_000..=90_000).contains(ttl)),
        "{ttls:?}"
    );
    let spread = ttls.iter().max().unwrap() - ttls.iter().min().unwrap();
    assert!(spread > 20_000, "{ttls:?}");
}

/// A key that changes is a cache that starts anew: then the format version, the golden files and the changelog
/// change as well.
#[tokio::test]
async fn key_of_a_call_is_pinned() {
    let name = namespace("pinned");
    let cache = Store::Redis.cache(&name);
    cache
        .scope(pinned(42, "a b:c", CountingLoader::new()))
        .await;
    stored(&cache, 1).await;
    assert_eq!(
        only_key(&name, "pinned:"),
        format!("{name}:pinned:42:a%20b%3Ac:d4d5126e224a8d7b9d161c8dacb9d603")
    );
}

#[tokio::test]
async fn entries_are_written_as_the_golden_files_say() {
    let name = namespace("golden");
    let cache = Store::Redis.cache(&name);
    cache
        .scope(async {
            let loader = CountingLoader::new();
            measured(loader.clone()).await;
            nobody(loader.clone()).await;
            failing(loader.clone()).await.unwrap_err();
        })
        .await;
    stored(&cache, 3).await;
    for (file, prefix) in [
        ("entry-value.txt", "outcome:value:"),
        ("entry-none.txt", "outcome:none:"),
        ("entry-error.txt", "outcome:error:"),
    ] {
        let (header, json) = entry(&only_key(&name, prefix));
        let golden = golden(file);
        let (golden_header, golden_json) = golden.split_once('\n').unwrap();
        assert_eq!(json, golden_json, "{file}");

        let fields: Vec<&str> = header.split(' ').collect();
        // An entry's own fields are the first eight; one token a group follows.
        let golden: Vec<&str> = golden_header.split(' ').take(8).collect();
        assert_eq!(fields.len(), 8 + 4, "{header}");
        for (at, (field, golden)) in fields.iter().zip(&golden).enumerate() {
            match at {
                // Random, or depending on it, or on the server.
                1 | 3 | 7 => assert!(field.bytes().all(|b| b.is_ascii_hexdigit()), "{field}"),
                5 if prefix == "outcome:value:" => assert_eq!(*field, "86400000"),
                6 => assert_eq!(*field, "0"),
                _ => assert_eq!(field, golden, "{file}: {header}"),
            }
            if at < 5 {
                assert_eq!(field.len(), golden.len(), "{file}: {header}");
            }
        }
    }
}

#[tokio::test]
async fn texts_become_the_keys_of_the_golden_file() {
    let name = namespace("texts");
    let cache: Cache = Store::Redis.cache(&name);
    let program = "local pairs = {}
        for _, line in ipairs(cjson.decode(ARGV[1]).texts) do
            table.insert(pairs, line.text)
            table.insert(pairs, line.key)
        end
        return pairs";
    let Reply::List(pairs) = server().command(&["EVAL", program, "0", &golden("keys.json")]) else {
        panic!("the golden file has no texts");
    };
    let pairs: Vec<String> = pairs.iter().map(ToString::to_string).collect();
    assert!(pairs.len() > 10);
    for pair in pairs.chunks(2) {
        cache.set(&pair[0], &1, None).await.unwrap();
        let key = format!("{name}:{}", pair[1]);
        assert_eq!(server().cli(&["EXISTS", &key]), "1", "{key}");
    }
    let mut keys = server().keys(&format!("{name}:*"));
    keys.retain(|key| !markers(&name).iter().any(|marker| key.ends_with(marker)));
    assert_eq!(keys.len(), pairs.len() / 2);
}
