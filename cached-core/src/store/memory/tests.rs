use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use proptest::prelude::*;

use super::*;
use crate::entry::Outcome;

fn store(capacity: u64) -> (MemoryStore, Clock) {
    let clock = Clock::manual();
    let config = Config {
        memory_capacity: capacity,
        clock: clock.clone(),
        ..Config::default()
    };
    let store = MemoryStore::new(&config, crate::generations::Generations::default());
    (store, clock)
}

fn shared(value: impl std::any::Any + Send + Sync) -> Shared {
    Shared {
        outcome: Outcome::Value,
        value: Some(Arc::new(value)),
    }
}

fn put(store: &MemoryStore, key: &str, value: u64, bytes: usize, ttl: u64) {
    store.insert(&key.into(), shared(value), bytes, Duration::from_secs(ttl));
}

fn get(store: &MemoryStore, key: &str) -> Option<u64> {
    let mut found = None;
    store.look(&key.into(), &mut |shared| {
        found = shared
            .value
            .as_ref()
            .and_then(|value| value.downcast_ref().copied());
    });
    found
}

fn weight(store: &MemoryStore) -> u64 {
    store.weight.load(Ordering::Relaxed)
}

fn len(store: &MemoryStore) -> usize {
    store.shards.iter().map(|shard| read(shard).len()).sum()
}

#[test]
fn an_entry_ends_with_its_own_ttl() {
    let (store, clock) = store(1 << 20);
    put(&store, "short", 1, 8, 1);
    put(&store, "long", 2, 8, 10);
    clock.advance(Duration::from_millis(999));
    assert_eq!(get(&store, "short"), Some(1));
    clock.advance(Duration::from_millis(1));
    assert_eq!((get(&store, "short"), get(&store, "long")), (None, Some(2)));
}

#[test]
fn expired_entries_that_nobody_asks_for_leave_as_others_come() {
    let (store, clock) = store(1 << 30);
    for number in 0..10_000 {
        put(&store, &format!("old:{number}"), number, 8, 1);
    }
    clock.advance(Duration::from_secs(2));
    for number in 0..10_000 {
        put(&store, &format!("new:{number}"), number, 8, 100);
    }
    assert!(len(&store) < 10_100, "{} entries", len(&store));
}

#[test]
fn the_capacity_holds_whatever_comes() {
    let (store, _) = store(100_000);
    for number in 0..10_000 {
        put(&store, &format!("key:{number}"), number, 100, 60);
        assert!(weight(&store) <= 100_000);
    }
    assert!(len(&store) > 300, "{} entries", len(&store));
}

#[test]
fn what_is_asked_for_survives_what_is_not() {
    let (store, _) = store(400 * 1_000);
    for number in 0..100 {
        put(&store, &format!("hot:{number}"), number, 500, 60);
    }
    for round in 0..50_u64 {
        for number in 0..100 {
            get(&store, &format!("hot:{number}"));
        }
        for number in 0..100 {
            put(&store, &format!("cold:{round}:{number}"), number, 500, 60);
        }
    }
    let hot = (0..100).filter(|number| get(&store, &format!("hot:{number}")).is_some());
    assert_eq!(hot.count(), 100);
}

#[test]
fn an_entry_larger_than_the_store_is_not_kept_and_empties_nothing_else_for_ever() {
    let (store, _) = store(10_000);
    put(&store, "huge", 1, 20_000, 60);
    assert_eq!(
        (get(&store, "huge"), weight(&store), len(&store)),
        (None, 0, 0)
    );
    put(&store, "small", 2, 10, 60);
    assert_eq!(get(&store, "small"), Some(2));
}

#[test]
fn a_value_may_use_the_store_while_it_is_dropped() {
    struct Looks(Weak<MemoryStore>);
    impl Drop for Looks {
        fn drop(&mut self) {
            if let Some(store) = self.0.upgrade() {
                get(&store, "key");
                put(&store, "key", 2, 8, 60);
            }
        }
    }
    let (store, _) = store(1 << 20);
    let store = Arc::new(store);
    let value = shared(Looks(Arc::downgrade(&store)));
    store.insert(&"key".into(), value, 8, Duration::from_secs(60));
    put(&store, "key", 1, 8, 60);
    assert_eq!(get(&store, "key"), Some(2));
}

#[derive(Clone, Debug)]
enum Step {
    Put(u8, u64, u64),
    Get(u8),
    Remove(u8),
    Touch(u8, u64),
    Wait(u64),
    Purge(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let key = 0..40_u8;
    prop_oneof![
        4 => (key.clone(), any::<u64>(), 1..30_u64).prop_map(|(key, value, ttl)| Step::Put(key, value, ttl)),
        3 => key.clone().prop_map(Step::Get),
        1 => key.clone().prop_map(Step::Remove),
        1 => (key.clone(), 1..30_u64).prop_map(|(key, ttl)| Step::Touch(key, ttl)),
        1 => (0..10_u64).prop_map(Step::Wait),
        1 => (0..4_u8).prop_map(Step::Purge),
    ]
}

proptest! {
    /// Without eviction the store is a map whose entries end with their ttl.
    #[test]
    fn the_store_is_a_map_with_ttls(steps in prop::collection::vec(step(), 1..200)) {
        let (store, clock) = store(1 << 30);
        let mut model: HashMap<u8, (u64, u64)> = HashMap::new();
        let mut now = 0;
        let name = |key: u8| format!("{}:{key}", key % 4);
        for step in steps {
            model.retain(|_, (_, end)| *end > now);
            match step {
                Step::Put(key, value, ttl) => {
                    put(&store, &name(key), value, 8, ttl);
                    model.insert(key, (value, now + ttl));
                }
                Step::Get(key) => {
                    prop_assert_eq!(get(&store, &name(key)), model.get(&key).map(|(value, _)| *value));
                }
                Step::Remove(key) => {
                    let (hash, local) = (store.place(Key::from(name(key)).local()).0, Key::from(name(key)));
                    prop_assert_eq!(store.remove(hash, local.local()).is_some(), model.remove(&key).is_some());
                }
                Step::Touch(key, ttl) => {
                    let key_ = Key::from(name(key));
                    let (hash, shard) = store.place(key_.local());
                    let tick = store.clock.now();
                    let touched = write(shard).touch(hash, key_.local(), tick, tick.after(Duration::from_secs(ttl)));
                    prop_assert_eq!(touched, model.contains_key(&key));
                    model.entry(key).and_modify(|(_, end)| *end = now + ttl);
                }
                Step::Wait(seconds) => {
                    clock.advance(Duration::from_secs(seconds));
                    now += seconds;
                }
                Step::Purge(group) => {
                    let before = model.len();
                    model.retain(|key, _| key % 4 != group);
                    prop_assert_eq!(store.purge_matching(&format!("{group}:*")), (before - model.len()) as u64);
                }
            }
        }
        let weights: u64 = store.shards.iter().map(|shard| read(shard).weight()).sum();
        prop_assert_eq!(weight(&store), weights);
    }
}
