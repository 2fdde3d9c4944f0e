//! What parameters may look like.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cached_core::cached;
use serde::{Deserialize, Serialize};

use super::{Runs, check, check_apart};

#[derive(Clone, Copy, Serialize)]
struct Id(u64);

#[derive(Serialize)]
struct Range {
    from: u32,
    to: u32,
}

/// Neither serde nor `Clone`.
struct Db;

#[cached]
async fn none() -> u32 {
    Runs::add()
}

#[cached]
async fn str_slice(name: &str) -> String {
    Runs::add();
    name.to_owned()
}

#[cached]
#[allow(clippy::needless_lifetimes)]
async fn lifetime<'a>(name: &'a str, other: &'a str) -> usize {
    Runs::add();
    name.len() + other.len()
}

#[cached(prefix = "double:{id}")]
async fn mutable(mut id: u64) -> u64 {
    Runs::add();
    id *= 2;
    id
}

#[cached(prefix = "id:{id}")]
async fn newtype(Id(id): Id) -> u64 {
    Runs::add();
    id
}

#[cached(prefix = "sum:{a}")]
async fn tuple((a, mut b): (u64, u64)) -> u64 {
    Runs::add();
    b += a;
    b
}

#[cached]
async fn structure(
    Range { from, to: end }: Range,
    whole @ Id(part): Id,
    [first, ..]: [u8; 3],
) -> u64 {
    Runs::add();
    u64::from(from) + u64::from(end) + whole.0 + part + u64::from(first)
}

#[cached]
async fn unnamed(_: Db, _unused: u8) -> u32 {
    Runs::add()
}

#[cached]
async fn numbers(a: f64, b: f32, c: i128, d: char, e: bool) -> bool {
    Runs::add();
    a > f64::from(b) && c > 0 && d.is_ascii() && e
}

#[cached(skip(db))]
async fn skipped(id: u64, db: &Db) -> u64 {
    let Db = db;
    Runs::add();
    id
}

#[cached]
async fn skipped_here(#[cached(skip)] db: Arc<Db>, id: u64) -> u64 {
    let Db = *db;
    Runs::add();
    id
}

#[cached(key = (id, format!("{language}!")))]
async fn by_key(id: u64, language: &str, trace: &Db) -> usize {
    let Db = trace;
    Runs::add();
    language.len() + usize::try_from(id).unwrap()
}

#[cached]
async fn collections(
    map: &HashMap<String, u32>,
    set: HashSet<u64>,
    perhaps: Option<&HashSet<u64>>,
    list: &[u8],
) -> usize {
    Runs::add();
    map.len() + set.len() + perhaps.map_or(0, HashSet::len) + list.len()
}

#[cached]
async fn raw(r#type: u8, r#match: u8) -> u8 {
    Runs::add();
    r#type + r#match
}

#[cached(prefix = "user:{user.id}:{user.name.0}:{r#in}")]
async fn fields(user: &User, r#in: u8) -> u64 {
    Runs::add();
    user.id + u64::from(r#in)
}

#[derive(Serialize, Deserialize)]
struct User {
    id: u64,
    name: (String, String),
}

#[cached]
async fn conditional(id: u64, #[cfg(any())] trace: Trace, #[cfg(not(any()))] more: u64) -> u64 {
    Runs::add();
    id + more
}

#[cached]
async fn changed(list: &mut Vec<u8>) -> usize {
    Runs::add();
    list.push(1);
    list.len()
}

#[cached]
#[allow(clippy::too_many_arguments)]
async fn many(
    a: u8,
    b: u8,
    c: u8,
    d: u8,
    e: u8,
    f: u8,
    g: u8,
    h: u8,
    i: u8,
    j: u8,
    k: u8,
    l: u8,
    m: u8,
) -> u8 {
    Runs::add();
    a + b + c + d + e + f + g + h + i + j + k + l + m
}

#[expect(clippy::too_many_arguments)]
#[cached(prefix = "by:{cache}:{key}:{result}:{redis}:{cache_key}")]
async fn usual_names(
    cache: u8,
    key: u8,
    result: u8,
    redis: u8,
    cache_key: u8,
    codec: u8,
    load: u8,
    found: u8,
) -> u8 {
    Runs::add();
    cache + key + result + redis + cache_key + codec + load + found
}

#[tokio::test(flavor = "current_thread")]
async fn equal_arguments_hit() {
    check(none).await;
    check(|| str_slice("a:b*")).await;
    check(|| lifetime("a", "b")).await;
    check(|| mutable(4)).await;
    check(|| newtype(Id(4))).await;
    check(|| tuple((1, 2))).await;
    check(|| structure(Range { from: 1, to: 2 }, Id(3), [4, 5, 6])).await;
    check(|| unnamed(Db, 1)).await;
    check(|| numbers(1.5, 0.5, 1 << 100, 'x', true)).await;
    check(|| numbers(f64::NAN, -0.0, 1, 'x', true)).await;
    check(|| skipped(4, &Db)).await;
    check(|| skipped_here(Arc::new(Db), 4)).await;
    check(|| by_key(4, "de", &Db)).await;
    check(|| raw(1, 2)).await;
    check(|| conditional(1, 2)).await;
    check(|| many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)).await;
    check(|| usual_names(1, 2, 3, 4, 5, 6, 7, 8)).await;
    check(async || changed(&mut vec![1]).await).await;
    let user = User {
        id: 7,
        name: ("Ada".to_owned(), "L".to_owned()),
    };
    check(|| fields(&user, 1)).await;
    assert!(
        fields::key(&user, 1)
            .to_string()
            .starts_with("user:7:Ada:1:")
    );
}

#[tokio::test]
async fn order_of_sets_and_maps_does_not_count() {
    let map = |keys: [u32; 3]| {
        keys.map(|key| (key.to_string(), key))
            .into_iter()
            .collect::<HashMap<_, _>>()
    };
    let (map, other_map) = (map([1, 2, 3]), map([3, 2, 1]));
    for _ in 0..20 {
        let (set, other_set) = (HashSet::from([1, 2, 3]), HashSet::from([3, 2, 1]));
        let key = collections::key(&map, set.clone(), Some(&set), &[1]);
        assert_eq!(
            key,
            collections::key(&other_map, other_set.clone(), Some(&other_set), &[1])
        );
        assert_ne!(key, collections::key(&map, set.clone(), None, &[1]));
        assert_ne!(
            key,
            collections::key(&map, set, Some(&HashSet::new()), &[1])
        );
    }
    check(|| collections(&map, HashSet::from([1]), None, &[])).await;
}

#[tokio::test]
async fn other_arguments_do_not_hit() {
    check_apart(newtype(Id(1)), newtype(Id(2))).await;
    check_apart(tuple((1, 2)), tuple((2, 1))).await;
    check_apart(lifetime("ab", "c"), lifetime("a", "bc")).await;
    check_apart(unnamed(Db, 1), unnamed(Db, 2)).await;
    check_apart(by_key(1, "de", &Db), by_key(1, "en", &Db)).await;
}
