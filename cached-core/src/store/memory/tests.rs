use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::Duration,
};

use proptest::prelude::*;

use super::*;
use crate::{
    clock,
    coherence::{
        epochs::{Epoch, Supersedes},
        own_stores::LoadInterval,
    },
    format::entry::{Id, Outcome, PerGroup},
    key::{group, target::Target},
    store::Store,
};

fn store(capacity: u64) -> (MemoryStore, Clock) {
    let clock = Clock::manual();
    let config = Config {
        memory_capacity: capacity,
        clock: clock.clone(),
        ..Config::default()
    };
    (MemoryStore::new(&config, Epochs::new()), clock)
}

fn shared(value: impl std::any::Any + Send + Sync) -> Shared {
    Shared {
        outcome: Outcome::Value,
        value: Some(Arc::new(value)),
    }
}

fn put(store: &MemoryStore, key: &str, value: u64, bytes: usize, ttl: u64) {
    let captured = store.epochs.now();
    let outcome = store.store_value(value_of_a_load(key, value, bytes, ttl, captured));
    assert_eq!(outcome, StoreOutcome::Stored);
}

fn value_of_a_load(key: &str, value: u64, bytes: usize, ttl: u64, captured: Epoch) -> Write {
    Write {
        key: key.into(),
        payload: Payload::Typed(shared(value), bytes),
        ttl: Duration::from_secs(ttl),
        stale: Duration::ZERO,
        captured,
        supersedes: Supersedes::Nothing,
        markers: PerGroup::new(),
        id: Id::NONE,
        expected: Id::NONE,
        interval: LoadInterval {
            began: clock::instant(),
            ended: clock::instant(),
        },
    }
}

/// As a cache does it.
fn invalidate(store: &MemoryStore, target: Target) -> bool {
    match &target {
        Target::Entry(key) => store.forget(key),
        Target::Group(_) => {
            store.epochs.advance_groups(&[target]);
            false
        }
    }
}

fn entry(key: &str) -> Target {
    Target::Entry(key.into())
}

fn group_of(segments: &str) -> Target {
    Target::Group(group::of_prefix(segments))
}

fn get(store: &MemoryStore, key: &str) -> Option<u64> {
    let mut found = None;
    store.visit(&key.into(), false, &mut |shared, _| {
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
    store
        .shards
        .iter()
        .map(|shard| read_lock(shard).len())
        .sum()
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
fn an_entry_is_kept_for_its_window_after_its_ttl() {
    let (store, clock) = store(1 << 20);
    let write = value_of_a_load("key", 1, 8, 1, store.epochs.now());
    let stale = Duration::from_secs(2);
    store.store_value(Write { stale, ..write });
    let kept = || {
        let mut seen = None;
        store.visit(&"key".into(), false, &mut |_, kept| seen = Some(kept));
        seen
    };
    let remaining = |seconds| freshness::Lifetime {
        ttl: Some(Duration::from_secs(1)),
        stale,
        remaining: Some(Duration::from_secs(seconds)),
    };
    assert_eq!(kept(), Some(freshness::Lifetime::default()));
    clock.advance(Duration::from_secs(2));
    assert_eq!(kept(), Some(remaining(1)));
    // What nobody may read any more leaves; what somebody may does not.
    put(&store, "other", 2, 8, 1);
    assert_eq!(kept(), Some(remaining(1)));
    clock.advance(Duration::from_secs(1));
    assert_eq!(kept(), None);
    assert!(store.remove(&"key".into()).is_none());
}

#[test]
fn touch_keeps_the_window() {
    let (store, clock) = store(1 << 20);
    let write = value_of_a_load("key", 1, 8, 1, store.epochs.now());
    let (ttl, stale) = (Duration::from_secs(5), Duration::from_secs(2));
    store.store_value(Write { stale, ..write });
    let key = Key::from("key");
    drop(store.touch(&key, ttl, stale));
    clock.advance(Duration::from_secs(6));
    let mut seen = None;
    store.visit(&key, false, &mut |_, kept| seen = kept.remaining);
    assert_eq!(seen, Some(Duration::from_secs(1)));
}

#[test]
fn entry_knows_its_age_from_the_first_moment_until_it_is_touched() {
    let (store, clock) = store(1 << 20);
    let write = value_of_a_load("key", 1, 8, 1, store.epochs.now());
    // As jitter leaves them.
    let ttl = Duration::from_nanos(29_999_999_999);
    store.store_value(Write { ttl, ..write });
    let key = Key::from("key");
    let lived = || {
        let mut seen = None;
        store.visit(&key, true, &mut |_, kept| seen = kept.lived());
        seen
    };
    assert!(lived() < Some(Duration::from_millis(1)));
    assert!(lived().is_some());
    clock.advance(Duration::from_secs(5));
    assert_eq!(lived().map(|lived| lived.as_secs()), Some(5));
    drop(store.touch(&key, ttl, Duration::ZERO));
    assert_eq!(lived(), None);
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
    // As many as make the shards alike: in one of forty entries, a few more than usual bring the hand round twice.
    const HOT: u64 = 1_000;
    let (store, _) = store(4 * HOT * 1_000);
    for number in 0..HOT {
        put(&store, &format!("hot:{number}"), number, 500, 60);
    }
    for round in 0..50_u64 {
        for number in 0..HOT {
            get(&store, &format!("hot:{number}"));
        }
        for number in 0..HOT {
            put(&store, &format!("cold:{round}:{number}"), number, 500, 60);
        }
    }
    for number in 0..HOT {
        let there = get(&store, &format!("hot:{number}"));
        assert_eq!(there, Some(number), "it was asked for");
    }
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
    let write = Write {
        payload: Payload::Typed(value, 8),
        ..value_of_a_load("key", 0, 8, 60, store.epochs.now())
    };
    store.store_value(write);
    put(&store, "key", 1, 8, 60);
    assert_eq!(get(&store, "key"), Some(2));
}

#[test]
fn an_invalidated_entry_does_not_count_and_is_overwritten_in_place() {
    let (store, _) = store(1 << 20);
    put(&store, "user:42:name", 1, 8, 60);
    put(&store, "user:43:name", 2, 8, 60);
    invalidate(&store, group_of("user:42"));
    assert_eq!(get(&store, "user:42:name"), None);
    assert_eq!(get(&store, "user:43:name"), Some(2));
    assert!(store.read_entry(&"user:42:name".into()).payload.is_none());
    put(&store, "user:42:name", 3, 8, 60);
    assert_eq!((get(&store, "user:42:name"), len(&store)), (Some(3), 2));
}

#[test]
fn a_value_that_was_loaded_before_an_invalidation_is_turned_away() {
    for target in ["*", "user", "user:42", "user:42:name"].map(|segments| match segments {
        "*" => Target::Group(group::NAMESPACE.to_owned()),
        _ => group_of(segments),
    }) {
        let (store, _) = store(1 << 20);
        let began = store.epochs.now();
        invalidate(&store, target);
        let late = value_of_a_load("user:42:name", 1, 8, 60, began);
        assert_eq!(store.store_value(late), StoreOutcome::Rejected(None));
        assert_eq!(get(&store, "user:42:name"), None);
    }
}

#[test]
fn a_value_that_was_loaded_before_a_set_or_delete_of_its_key_is_turned_away() {
    let (store, _) = store(1 << 20);
    let began = store.epochs.now();
    let late = value_of_a_load("key", 2, 8, 60, began);
    let late = || late.clone();
    let set = value_of_a_load("key", 1, 8, 60, began);
    assert_eq!(store.store_value(set), StoreOutcome::Stored);
    assert_eq!(store.store_value(late()), StoreOutcome::Rejected(None));
    assert_eq!(get(&store, "key"), Some(1));
    assert!(invalidate(&store, entry("key")));
    assert_eq!(store.store_value(late()), StoreOutcome::Rejected(None));
    let other = value_of_a_load("key:below", 3, 8, 60, began);
    assert_eq!(
        store.store_value(other),
        StoreOutcome::Stored,
        "another entry of the same groups"
    );
}

#[test]
fn what_does_not_count_is_neither_taken_nor_touched_nor_said_to_be_deleted() {
    let (store, clock) = store(1 << 20);
    put(&store, "a:1", 1, 8, 1);
    put(&store, "a:2", 2, 8, 1);
    invalidate(&store, group_of("a"));
    assert!(store.remove(&"a:1".into()).is_none());
    assert!(!invalidate(&store, entry("a:2")));
    put(&store, "b", 3, 8, 1);
    clock.advance(Duration::from_secs(1));
    assert!(store.remove(&"b".into()).is_none());
    assert_eq!(weight(&store), 0);
}

#[derive(Clone, Debug)]
enum Step {
    /// A load begins; values are numbered in the order in which their loads begin.
    Begin(u8),
    /// One of the loads that have begun ends.
    End(usize, u64),
    Get(u8),
    Delete(u8),
    Invalidate(u8),
    Clear,
    Touch(u8, u64),
    Wait(u64),
    Purge(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let key = || 0..40_u8;
    prop_oneof![
        6 => key().prop_map(Step::Begin),
        6 => (0..8_usize, 1..30_u64).prop_map(|(load, ttl)| Step::End(load, ttl)),
        6 => key().prop_map(Step::Get),
        2 => key().prop_map(Step::Delete),
        2 => (0..4_u8).prop_map(Step::Invalidate),
        1 => Just(Step::Clear),
        2 => (key(), 1..30_u64).prop_map(|(key, ttl)| Step::Touch(key, ttl)),
        2 => (0..10_u64).prop_map(Step::Wait),
        1 => (0..4_u8).prop_map(Step::Purge),
    ]
}

/// An entry of the model.
#[derive(Clone, Copy)]
struct Entry {
    value: u64,
    end: u64,
}

/// A load of the model.
struct Running {
    key: u8,
    value: u64,
    captured: Epoch,
    /// Something has invalidated its group, or its key.
    is_late: bool,
}

fn name(key: u8) -> String {
    format!("{}:{key}", key % 4)
}

proptest! {
    /// Without eviction the store is a map whose entries end with their ttl or are invalidated, and take no value that
    /// is older than an invalidation.
    #[test]
    fn the_store_is_a_map_with_ttls_and_fences(steps in prop::collection::vec(step(), 1..200)) {
        let (store, clock) = store(1 << 30);
        let mut model: HashMap<u8, Entry> = HashMap::new();
        let mut running: Vec<Running> = Vec::new();
        let (mut now, mut loads) = (0, 0);
        let start = clock::instant();
        for step in steps {
            model.retain(|_, entry| entry.end > now);
            match step {
                Step::Begin(key) => {
                    loads += 1;
                    let captured = store.epochs.now();
                    running.push(Running { key, value: loads, captured, is_late: false });
                }
                Step::End(index, ttl) => {
                    if running.is_empty() {
                        continue;
                    }
                    let load = running.swap_remove(index % running.len());
                    let write = value_of_a_load(&name(load.key), load.value, 8, ttl, load.captured);
                    let outcome = store.store_value(Write { interval: LoadInterval { began: start + Duration::from_secs(load.value), ..write.interval }, ..write });
                    let is_younger = |there: &Entry| there.value > load.value;
                    let is_late = load.is_late || model.get(&load.key).is_some_and(is_younger);
                    prop_assert_eq!(outcome == StoreOutcome::Rejected(None), is_late);
                    if outcome == StoreOutcome::Stored {
                        model.insert(load.key, Entry { value: load.value, end: now + ttl });
                    }
                }
                Step::Get(key) => {
                    prop_assert_eq!(get(&store, &name(key)), model.get(&key).map(|entry| entry.value));
                }
                Step::Delete(key) => {
                    let was_there = invalidate(&store, entry(&name(key)));
                    prop_assert_eq!(was_there, model.remove(&key).is_some());
                    for load in &mut running {
                        load.is_late |= load.key == key;
                    }
                }
                Step::Invalidate(group) => {
                    invalidate(&store, group_of(&group.to_string()));
                    model.retain(|key, _| key % 4 != group);
                    for load in &mut running {
                        load.is_late |= load.key % 4 == group;
                    }
                }
                Step::Clear => {
                    invalidate(&store, Target::Group(group::NAMESPACE.to_owned()));
                    model.clear();
                    for load in &mut running {
                        load.is_late = true;
                    }
                }
                Step::Touch(key, ttl) => {
                    let (hash, shard) = store.locate(Key::from(name(key)).local());
                    let tick = store.clock.now();
                    let touched = Key::from(name(key));
                    let mut counted = false;
                    let end = tick.after(Duration::from_secs(ttl));
                    write_lock(shard).touch(hash, touched.local(), (end, end), |slot| {
                        counted = store.is_current(slot, &touched, tick);
                        counted
                    });
                    prop_assert_eq!(counted, model.contains_key(&key));
                    model.entry(key).and_modify(|entry| entry.end = now + ttl);
                }
                Step::Wait(seconds) => {
                    clock.advance(Duration::from_secs(seconds));
                    now += seconds;
                }
                Step::Purge(group) => {
                    store.purge_matching(&format!("{group}:*"));
                    model.retain(|key, _| key % 4 != group);
                }
            }
        }
        let weights: u64 = store.shards.iter().map(|shard| read_lock(shard).weight()).sum();
        prop_assert_eq!(weight(&store), weights);
    }
}
