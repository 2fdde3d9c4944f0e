use std::{sync::Arc, time::Duration};

use tokio::task::yield_now;

use super::*;
use crate::{
    codec::Shared,
    coherence::rules::{Occupant, View},
    format::entry::{Outcome, PerGroup},
    key::{Key, target::Target},
};

const PATIENCE: Duration = Duration::from_secs(30);

fn flights() -> Flights {
    Flights::new(Epochs::new(), None)
}

/// A call whose own replies showed `view`.
fn join_having_seen(flights: &Flights, view: &View) -> Role {
    flights.join(caller(&Key::from("key"), view), 2)
}

fn caller<'a>(key: &'a Key, view: &'a View) -> LoadCaller<'a> {
    LoadCaller {
        key,
        began: clock::instant(),
        saw: Some(view),
    }
}

fn join(flights: &Flights) -> Role {
    join_having_seen(flights, &view(1))
}

/// Something of ours with this id, in no group.
fn view(id: u8) -> View {
    View {
        occupant: Occupant::of(format!("cc1 {id:032x} L").as_bytes()),
        identity: None,
        markers: PerGroup::new(),
    }
}

fn lead(flights: &Flights) -> Lead {
    match join(flights) {
        Role::Lead(lead) => lead,
        Role::Follow(_) => panic!("there was a flight already"),
    }
}

fn follow(flights: &Flights) -> Follower {
    match join(flights) {
        Role::Lead(_) => panic!("there was no flight"),
        Role::Follow(follower) => follower,
    }
}

fn value(number: u64) -> Shared {
    Shared {
        outcome: Outcome::Value,
        value: Some(Arc::new(number)),
    }
}

fn number(outcome: &FollowOutcome) -> Option<u64> {
    match outcome {
        FollowOutcome::Shared(follower) => {
            let value = follower.shared()?.value.as_ref()?;
            value.downcast_ref().copied()
        }
        _ => None,
    }
}

fn is_empty(flights: &Flights) -> bool {
    flights.lock().is_empty()
}

#[tokio::test]
async fn followers_get_the_leaders_value() {
    let flights = flights();
    let lead = lead(&flights);
    let followers: Vec<_> = (0..100)
        .map(|_| tokio::spawn(follow(&flights).turn(PATIENCE)))
        .collect();
    yield_now().await;
    drop(lead.complete(Some(value(7))));
    for follower in followers {
        assert_eq!(number(&follower.await.expect("no panic")), Some(7));
    }
    assert!(is_empty(&flights));
}

#[tokio::test]
async fn cancelled_leader_hands_over_to_one_follower() {
    let flights = flights();
    let first = lead(&flights);
    let mut followers: Vec<_> = (0..10)
        .map(|_| tokio::spawn(follow(&flights).turn(PATIENCE)))
        .collect();
    yield_now().await;
    drop(first);
    let mut second = None;
    let mut waiting = Vec::new();
    for _ in 0..100 {
        yield_now().await;
    }
    for follower in followers.drain(..) {
        if follower.is_finished() {
            match follower.await.expect("no panic") {
                FollowOutcome::Lead(lead) => assert!(second.replace(lead).is_none(), "two leaders"),
                outcome => panic!("{outcome:?}"),
            }
        } else {
            waiting.push(follower);
        }
    }
    drop(second.expect("a new leader").complete(Some(value(8))));
    assert_eq!(waiting.len(), 9);
    for follower in waiting {
        assert_eq!(number(&follower.await.expect("no panic")), Some(8));
    }
}

#[tokio::test]
async fn a_lead_that_is_not_taken_up_goes_to_the_next() {
    let flights = flights();
    let first = lead(&flights);
    let (cancelled, waiting) = (follow(&flights), follow(&flights));
    drop(first);
    // The leadership is offered to both; one takes it, and drops it.
    let FollowOutcome::Lead(lead) = cancelled.turn(PATIENCE).await else {
        panic!("not offered");
    };
    drop(lead);
    assert!(matches!(
        waiting.turn(PATIENCE).await,
        FollowOutcome::Lead(_)
    ));
    assert!(is_empty(&flights), "the last one gone, nothing is left");
}

#[tokio::test]
async fn a_leader_without_followers_leaves_nothing_behind() {
    let flights = flights();
    drop(lead(&flights));
    assert!(is_empty(&flights));
    let lead = lead(&flights);
    let follower = follow(&flights);
    drop(lead);
    assert!(!is_empty(&flights), "the follower may still lead");
    drop(follower);
    assert!(is_empty(&flights));
}

#[tokio::test]
async fn an_unshareable_result_releases_a_few_at_a_time() {
    let flights = flights();
    let lead = lead(&flights);
    let mut followers: Vec<_> = (0..5)
        .map(|_| tokio::spawn(follow(&flights).turn(PATIENCE)))
        .collect();
    yield_now().await;
    drop(lead.complete(None));
    assert!(is_empty(&flights), "later calls start anew");
    for _ in 0..100 {
        yield_now().await;
    }
    let released: Vec<_> = followers
        .extract_if(.., |follower| follower.is_finished())
        .collect();
    assert_eq!((released.len(), followers.len()), (2, 3));
    let mut alone = Vec::new();
    for follower in released {
        match follower.await.expect("no panic") {
            FollowOutcome::Alone(lone) => alone.push(lone),
            outcome => panic!("{outcome:?}"),
        }
    }
    // One of them fails, and its place goes to the next; the other succeeds for all.
    drop(alone.pop().expect("two").complete(None));
    let shared = alone.pop().expect("two").complete(Some(value(9)));
    for _ in 0..100 {
        yield_now().await;
    }
    let mut shared_by = 0;
    for follower in followers {
        match follower.await.expect("no panic") {
            FollowOutcome::Alone(_) => {}
            outcome => {
                assert_eq!(number(&outcome), Some(9));
                shared_by += 1;
            }
        }
    }
    assert!(shared_by >= 2, "{shared_by}");
    drop(shared);
}

#[tokio::test]
async fn only_calls_that_began_before_the_end_take_a_completed_value() {
    let flights = flights();
    let (key, view) = (Key::from("key"), view(1));
    let before = caller(&key, &view);
    let completed = lead(&flights).complete(Some(value(1))).expect("completed");
    assert_eq!(number(&follow(&flights).turn(PATIENCE).await), Some(1));
    completed.end();
    let Role::Follow(early) = flights.join(before, 2) else {
        panic!("it began before the end");
    };
    assert_eq!(number(&early.turn(PATIENCE).await), Some(1));
    assert!(matches!(join(&flights), Role::Lead(_)));
    drop(completed);
    assert!(is_empty(&flights));
}

#[tokio::test(start_paused = true)]
async fn a_follower_gives_up_when_its_patience_is_over() {
    let flights = flights();
    let lead = lead(&flights);
    assert!(matches!(
        follow(&flights).turn(PATIENCE).await,
        FollowOutcome::GaveUp
    ));
    drop(lead);
    assert!(is_empty(&flights));
}

#[tokio::test]
async fn a_load_that_has_begun_is_joined_by_those_who_saw_its_captures() {
    let flights = flights();
    let old = lead(&flights);
    let early = follow(&flights);
    old.begin(view(1).captures());
    let same = join_having_seen(&flights, &view(1));
    assert!(matches!(same, Role::Follow(_)));
    let Role::Lead(new) = join_having_seen(&flights, &view(2)) else {
        panic!("something else is there than what was captured");
    };
    drop(old.complete(Some(value(1))));
    assert_eq!(number(&early.turn(PATIENCE).await), Some(1));
    assert!(
        !is_empty(&flights),
        "the new flight is not the old one's to remove"
    );
    drop(new);
}

#[tokio::test]
async fn nobody_joins_a_load_that_began_before_an_invalidation_in_this_process() {
    let flights = flights();
    let old = lead(&flights);
    let early = follow(&flights);
    old.begin(view(1).captures());
    let target = Target::Entry(Key::from("key"));
    flights.0.epochs.advance(&[target]);
    // The store shows the same as before, because the invalidation has not reached it.
    let Role::Lead(new) = join_having_seen(&flights, &view(1)) else {
        panic!("it would get what was invalidated");
    };
    let completed = old.complete(Some(value(1)));
    assert!(
        flights
            .completed(caller(&Key::from("key"), &view(1)))
            .is_none()
    );
    assert_eq!(number(&early.turn(PATIENCE).await), Some(1));
    drop((completed, new));
}

#[tokio::test]
async fn a_load_without_captures_is_joined_only_before_it_has_begun() {
    let flights = flights();
    let blind = LoadCaller {
        key: &Key::from("key"),
        began: clock::instant(),
        saw: None,
    };
    let Role::Lead(lead) = flights.join(blind, 2) else {
        panic!("there was no flight");
    };
    assert!(matches!(flights.join(blind, 2), Role::Follow(_)));
    lead.begin(None);
    assert!(matches!(flights.join(blind, 2), Role::Lead(_)));
    assert!(matches!(join(&flights), Role::Lead(_)));
}

/// A hit after the capture is for the leader alone: a follower may be newer than an invalidation.
#[tokio::test]
async fn an_abandoned_flight_sends_its_followers_back_to_read() {
    let flights = flights();
    let lead = lead(&flights);
    let follower = follow(&flights);
    lead.abandon();
    assert!(matches!(
        follower.turn(PATIENCE).await,
        FollowOutcome::Again
    ));
    assert!(is_empty(&flights));
}

#[tokio::test]
async fn a_leader_whose_captures_are_another_loads_joins_it() {
    let flights = flights();
    let first = lead(&flights);
    first.begin(view(1).captures());
    // Its read was sent before the first one's lease was there.
    let absent = View {
        occupant: Occupant::Absent,
        ..view(1)
    };
    let Role::Lead(second) = join_having_seen(&flights, &absent) else {
        panic!("it has seen something else");
    };
    let waiting = match join_having_seen(&flights, &absent) {
        Role::Follow(follower) => follower,
        Role::Lead(_) => panic!("the second has not begun"),
    };
    let Role::Follow(second) = second.rejoin(caller(&Key::from("key"), &view(1))) else {
        panic!("its own capture shows what the first one's showed");
    };
    assert!(matches!(waiting.turn(PATIENCE).await, FollowOutcome::Again));
    drop(first.complete(Some(value(1))));
    assert_eq!(number(&second.turn(PATIENCE).await), Some(1));
}
