//! Maps and sets: their order does not count.

use std::collections::{HashMap, HashSet};

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[cached]
async fn sizes(
    map: &HashMap<String, u32>,
    set: HashSet<u64>,
    perhaps: Option<&HashSet<u64>>,
) -> usize {
    Runs::add();
    map.len() + set.len() + perhaps.map_or(0, HashSet::len)
}

#[invalidates(sizes(map, set, None))]
async fn change(map: &HashMap<String, u32>, set: HashSet<u64>) {}

fn map(keys: [u32; 3]) -> HashMap<String, u32> {
    keys.map(|key| (key.to_string(), key)).into_iter().collect()
}

#[tokio::test]
async fn equal_calls_hit() {
    let set = HashSet::from([1, 2, 3]);
    check(async || sizes(&map([1, 2, 3]), HashSet::from([3, 2, 1]), Some(&set)).await).await;
}

#[tokio::test]
async fn other_calls_miss() {
    let map = map([1, 2, 3]);
    check_miss(
        || sizes(&map, HashSet::from([1]), None),
        || sizes(&map, HashSet::from([2]), None),
    )
    .await;
}

#[test]
fn order_does_not_count() {
    let (one, other) = (map([1, 2, 3]), map([3, 2, 1]));
    for _ in 0..20 {
        let (set, reversed) = (HashSet::from([1, 2, 3]), HashSet::from([3, 2, 1]));
        let key = sizes::key(&one, set.clone(), Some(&set));
        assert_eq!(key, sizes::key(&other, reversed.clone(), Some(&reversed)));
        assert_ne!(key, sizes::key(&one, set.clone(), None));
        assert_ne!(key, sizes::key(&one, set, Some(&HashSet::new())));
    }
}

#[tokio::test]
async fn writes_invalidate() {
    let map = map([1, 2, 3]);
    let set = || HashSet::from([1, 2]);
    check_invalidates(|| sizes(&map, set(), None), change(&map, set())).await;
}
