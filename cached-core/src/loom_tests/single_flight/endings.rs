//! Ends of flights: nobody waits for ever, and nothing is left behind.

use super::*;

/// A leader that ends, and two other calls.
fn everybody_ends(variant: Variant, end: fn(Lead), calls: [Call; 2]) -> bool {
    is_right_within(2, move || {
        let world = World::new(variant);
        let lead = world.lead(&view(1));
        let calls = calls.map(|call| world.spawn(call));
        world.lead_alone(&lead, || ());
        end(lead);
        for call in calls {
            call.join().unwrap();
        }
        claim(world.is_empty());
    })
}

#[test]
fn nobody_waits_for_ever_nor_leaves_anything_behind() {
    for end in ENDS {
        assert!(everybody_ends(RIGHT, end, [World::call, World::call]));
        assert!(everybody_ends(
            RIGHT,
            end,
            [World::call, World::call_and_leave]
        ));
    }
    let leave = World::call_and_leave;
    assert!(everybody_ends(RIGHT, ENDS[0], [leave, leave]));
}

#[test]
fn a_follower_must_register_before_it_looks() {
    fn follow(follower: Follower) -> FollowOutcome {
        wait(async move {
            loop {
                match follower.next_step() {
                    NextStep::Completed => return FollowOutcome::Shared(follower),
                    NextStep::Outcome(outcome) => return outcome,
                    NextStep::Wait | NextStep::WaitOrRunAlone => {}
                }
                follower.flight().changed.notified().await;
            }
        })
    }
    let variant = Variant { follow, ..RIGHT };
    for end in [ENDS[0], ENDS[1]] {
        assert!(!everybody_ends(variant, end, [World::call, World::call]));
    }
}

#[test]
fn a_follower_that_leads_must_say_so() {
    fn follow(follower: Follower) -> FollowOutcome {
        let flight = Arc::clone(follower.flight());
        let outcome = wait(async move { follower.follow().await });
        if let FollowOutcome::Lead(_) = outcome {
            flight.set_phase(Phase::Vacant);
        }
        outcome
    }
    let variant = Variant { follow, ..RIGHT };
    assert!(!everybody_ends(
        variant,
        ENDS[0],
        [World::call, World::call]
    ));
}

/// A flight that an invalidation left behind ends, while two calls join another.
fn old_flight_removes_itself_alone(complete: fn(&World, Lead)) -> bool {
    is_right_within(2, move || {
        let world = World::new(RIGHT);
        let old = world.lead(&view(1));
        old.begin(view(1).captures());
        world.0.epochs.advance();
        let ends = world.spawn(move |world| complete(world, old));
        let other = {
            let world = world.clone();
            thread::spawn(move || world.join(&view(1)))
        };
        let mine = world.join(&view(1));
        ends.join().unwrap();
        let both = [mine, other.join().unwrap()];
        let leaders = both.iter().filter(|call| matches!(call, Role::Lead(_)));
        claim(leaders.count() == 1);
        drop(both);
        claim(world.is_empty());
    })
}

#[test]
fn a_flight_that_ends_leaves_the_next_one_alone() {
    assert!(old_flight_removes_itself_alone(|_, old| {
        drop(old.complete(Some(shared(0))));
    }));
}

#[test]
fn a_flight_must_not_be_removed_by_its_key() {
    assert!(!old_flight_removes_itself_alone(|world, old| {
        mem::forget(old);
        let key = Key::from("key");
        world.0.flights.lock().remove(key.local());
    }));
}
