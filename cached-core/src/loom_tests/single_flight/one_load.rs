//! One load for calls of what nothing invalidates.

use super::*;

/// Three calls of what nothing invalidates, in a store that answers at once.
fn one_load_is_enough(keep: fn(&StoredValue, Lead), looks_again: bool) -> bool {
    is_right_within(2, move || {
        let world = World::new(RIGHT);
        let stored = Arc::new(StoredValue {
            value: sync::Mutex::default(),
            loads: AtomicU64::new(0),
        });
        let call = move |world: &World, stored: &StoredValue| {
            while stored.value.lock().unwrap().is_none() {
                match world.join(&view(1)) {
                    Role::Lead(lead) if looks_again && stored.value.lock().unwrap().is_some() => {
                        lead.abandon();
                    }
                    Role::Lead(lead) => {
                        lead.begin(view(1).captures());
                        claim(stored.loads.fetch_add(1, Ordering::AcqRel) == 0);
                        keep(stored, lead);
                        return;
                    }
                    Role::Follow(follower) => match follow(follower) {
                        FollowOutcome::Shared(_) => return,
                        outcome => claim(matches!(outcome, FollowOutcome::Again)),
                    },
                }
            }
        };
        let others = [(); 2].map(|()| {
            let stored = Arc::clone(&stored);
            world.spawn(move |world| call(world, &stored))
        });
        call(&world, &stored);
        for other in others {
            other.join().unwrap();
        }
        claim(world.is_empty());
    })
}

struct StoredValue {
    value: sync::Mutex<Option<u64>>,
    loads: AtomicU64,
}

fn store_and_complete(stored: &StoredValue, lead: Lead) {
    *stored.value.lock().unwrap() = Some(0);
    drop(lead.complete(Some(shared(0))));
}

#[test]
fn one_load_is_enough_for_all_who_come() {
    assert!(one_load_is_enough(store_and_complete, true));
}

#[test]
fn a_value_must_be_stored_before_its_flight_has_gone() {
    fn complete_and_store(stored: &StoredValue, lead: Lead) {
        drop(lead.complete(Some(shared(0))));
        *stored.value.lock().unwrap() = Some(0);
    }
    assert!(!one_load_is_enough(complete_and_store, true));
}

#[test]
fn a_leader_must_look_again() {
    assert!(!one_load_is_enough(store_and_complete, false));
}
