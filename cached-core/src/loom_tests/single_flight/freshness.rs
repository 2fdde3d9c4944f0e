//! Freshness: nobody is given a load from before an invalidation that is over.

use super::*;

/// One call after an invalidation, and two at any time.
fn nobody_joins_what_was_invalidated(variant: Variant, calls: [Call; 2]) -> bool {
    is_right_within(2, move || {
        let world = World::new(variant);
        let calls = calls.map(|call| world.spawn(call));
        world.write_and_invalidate();
        world.call();
        for call in calls {
            call.join().unwrap();
        }
        claim(world.is_empty());
    })
}

#[test]
fn nobody_joins_a_load_that_began_before_an_invalidation_that_is_over() {
    for call in [World::call, World::call_and_leave] {
        assert!(nobody_joins_what_was_invalidated(
            RIGHT,
            [World::call, call]
        ));
    }
}

#[test]
fn a_call_must_ask_what_was_invalidated_here() {
    let variant = Variant {
        asks_epochs: false,
        ..RIGHT
    };
    assert!(!nobody_joins_what_was_invalidated(
        variant,
        [World::call, World::call]
    ));
}

#[test]
fn a_load_must_have_begun_before_its_body_runs() {
    fn load(world: &World, lead: &Lead, view: &View) -> u64 {
        let value = world.0.source.load(Ordering::Acquire);
        lead.begin(view.captures());
        value
    }
    let variant = Variant { load, ..RIGHT };
    assert!(!nobody_joins_what_was_invalidated(
        variant,
        [World::call, World::call]
    ));
}

/// A leader finds that a load which began before has its captures. Its follower came after an invalidation in
/// another process, which only its own read has seen.
fn followers_are_not_handed_on(rejoin: fn(&World, Lead), end: fn(Lead)) -> bool {
    is_right_within(2, move || {
        let world = World::new(RIGHT);
        let absent = View {
            occupant: Occupant::Absent,
            ..view(1)
        };
        let first = world.lead(&view(1));
        first.begin(view(1).captures());
        let second = world.lead(&absent);
        world.0.source.store(1, Ordering::Release);
        let newer = world.join(&absent);
        let newer = world.spawn(move |world| claim(world.finish(newer, &view(2)) == 1));
        let second = world.spawn(move |world| rejoin(world, second));
        end(first);
        newer.join().unwrap();
        second.join().unwrap();
        claim(world.is_empty());
    })
}

#[test]
fn a_leader_that_joins_another_load_goes_alone() {
    fn rejoin(world: &World, lead: Lead) {
        let (key, view) = (Key::from("key"), view(1));
        world.finish(lead.rejoin(caller(&key, &view)), &view);
    }
    for end in [ENDS[0], ENDS[1]] {
        assert!(followers_are_not_handed_on(rejoin, end));
    }
}

#[test]
fn a_leader_must_not_pass_on_what_another_load_gives() {
    fn rejoin(world: &World, lead: Lead) {
        let (key, view) = (Key::from("key"), view(1));
        let flights = &world.0.flights;
        let other = flights.follow(&flights.lock(), caller(&key, &view), Some(lead.flight()));
        match other.map(follow) {
            Some(FollowOutcome::Shared(other)) => drop(lead.complete(other.shared().cloned())),
            _ => drop(world.finish(Role::Lead(lead), &view)),
        }
    }
    assert!(!followers_are_not_handed_on(rejoin, ENDS[1]));
}
