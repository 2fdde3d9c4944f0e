//! Single-flight: one load per key.

#![allow(
    clippy::duplicate_mod,
    dead_code,
    reason = "compiled with other locks; not everything is needed here"
)]

use std::{
    collections::HashMap,
    mem,
    sync::Arc,
    time::{Duration, Instant},
};

use loom::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
};
use smallvec::SmallVec;

use super::{
    claim, is_right_within,
    sync::{self, Notify, try_once, wait},
    table::Table,
};
use crate::{
    codec::Shared,
    coherence::rules::{Occupant, View},
    format::entry::{Outcome, PerGroup},
    key::Key,
};

#[path = "../single_flight/flight.rs"]
mod flight;
#[path = "../single_flight/flights.rs"]
mod flights;
#[path = "../single_flight/follower.rs"]
mod follower;
#[path = "../single_flight/leader.rs"]
mod leader;

use flight::{LoadStart, Phase};
use flights::{Flights, LoadCaller, Role};
use follower::{FollowOutcome, Follower, NextStep};
use leader::{Completed, Lead};

type Epoch = u64;

/// The epochs of one entry.
#[derive(Clone, Debug)]
struct Epochs {
    table: Arc<Table>,
    are_asked: bool,
}

const ENTRY: u64 = 1;

impl Epochs {
    fn now(&self) -> Epoch {
        self.table.now()
    }

    fn advance(&self) {
        self.table.advance([ENTRY]);
    }

    fn holds_exactly(&self, _: &Key, since: Epoch) -> bool {
        let entry = || SmallVec::from_slice(&[ENTRY]);
        !self.are_asked || self.table.holds(since, entry).is_some()
    }
}

/// A clock that shows a later time at each look.
mod clock {
    use super::{Duration, Instant};
    use std::{cell::Cell, sync::LazyLock};

    pub(super) fn instant() -> Instant {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        thread_local!(static LOOKS: Cell<u32> = const { Cell::new(0) });
        LOOKS.set(LOOKS.get().wrapping_add(1));
        *START + Duration::from_secs(1) * LOOKS.get()
    }
}

/// The state that the calls of one key share.
#[derive(Clone)]
struct World(Arc<Inner>);

struct Inner {
    flights: Flights,
    epochs: Epochs,
    /// The value that a body reads.
    source: AtomicU64,
    /// The value in the source when the last invalidation that is over began.
    invalidated: AtomicU64,
    /// The number of calls that lead a flight, by its address.
    leaders: std::sync::Mutex<HashMap<usize, usize>>,
    variant: Variant,
}

/// The steps that a wrong variant takes otherwise.
#[derive(Clone, Copy)]
struct Variant {
    follow: fn(Follower) -> FollowOutcome,
    load: fn(&World, &Lead, &View) -> u64,
    asks_epochs: bool,
}

const RIGHT: Variant = Variant {
    follow,
    load,
    asks_epochs: true,
};

fn follow(follower: Follower) -> FollowOutcome {
    wait(async move { follower.follow().await })
}

fn load(world: &World, lead: &Lead, view: &View) -> u64 {
    lead.begin(view.captures());
    world.0.source.load(Ordering::Acquire)
}

impl World {
    fn new(variant: Variant) -> Self {
        let epochs = Epochs {
            table: Arc::new(Table::new(8)),
            are_asked: variant.asks_epochs,
        };
        Self(Arc::new(Inner {
            flights: Flights::new(epochs.clone(), None),
            epochs,
            source: AtomicU64::new(0),
            invalidated: AtomicU64::new(0),
            leaders: std::sync::Mutex::default(),
            variant,
        }))
    }

    fn join(&self, view: &View) -> Role {
        let key = Key::from("key");
        self.0.flights.join(caller(&key, view), 1)
    }

    fn lead(&self, view: &View) -> Lead {
        match self.join(view) {
            Role::Lead(lead) => lead,
            Role::Follow(_) => unreachable!(),
        }
    }

    fn write_and_invalidate(&self) {
        let written = self.0.source.fetch_add(1, Ordering::AcqRel) + 1;
        self.0.epochs.advance();
        self.0.invalidated.fetch_max(written, Ordering::AcqRel);
    }

    /// A call, from its beginning to its value, which is none that was invalidated when it began.
    fn call(&self) {
        // As an operation that reads and writes it shows the latest.
        let invalidated = self.0.invalidated.fetch_add(0, Ordering::AcqRel);
        let (key, view) = (Key::from("key"), view(1));
        let value = match self.0.flights.completed(caller(&key, &view)) {
            Some((completed, _)) => number(&completed),
            None => self.end(self.join(&view), &view),
        };
        claim(value >= invalidated);
    }

    /// Takes a call from its role to its value. If it has to read again, it sees `view`.
    fn end(&self, mut role: Role, view: &View) -> u64 {
        loop {
            let outcome = match role {
                Role::Lead(lead) => FollowOutcome::Lead(lead),
                Role::Follow(follower) => (self.0.variant.follow)(follower),
            };
            match outcome {
                FollowOutcome::Lead(lead) => {
                    let value = self.alone_on(&lead, || (self.0.variant.load)(self, &lead, view));
                    drop(lead.complete(Some(shared(value))));
                    return value;
                }
                FollowOutcome::Shared(follower) => return number(follower.shared().unwrap()),
                FollowOutcome::Alone(lone) => {
                    let value = self.0.source.load(Ordering::Acquire);
                    drop(lone.complete(Some(shared(value))));
                    return value;
                }
                FollowOutcome::Again => role = self.join(view),
                FollowOutcome::GaveUp => unreachable!(),
            }
        }
    }

    /// Runs `body`, and claims that nobody else leads this flight meanwhile.
    fn alone_on<T>(&self, lead: &Lead, body: impl FnOnce() -> T) -> T {
        let flight = Arc::as_ptr(lead.flight()).addr();
        let count = |change: fn(usize) -> usize| {
            let mut leaders = self.0.leaders.lock().unwrap();
            let count = leaders.entry(flight).or_default();
            *count = change(*count);
            *count
        };
        claim(count(|count| count + 1) == 1);
        let value = body();
        count(|count| count - 1);
        value
    }

    /// A caller that goes away, perhaps in the middle of its load.
    fn call_and_leave(&self) {
        match self.join(&view(1)) {
            Role::Lead(lead) => {
                lead.begin(view(1).captures());
            }
            Role::Follow(follower) => drop(try_once(follower.follow())),
        }
    }

    fn is_empty(&self) -> bool {
        self.0.flights.lock().is_empty()
    }

    fn spawn(&self, call: impl FnOnce(&Self) + 'static) -> thread::JoinHandle<()> {
        let world = self.clone();
        thread::spawn(move || call(&world))
    }
}

fn caller<'a>(key: &'a Key, view: &'a View) -> LoadCaller<'a> {
    LoadCaller {
        key,
        began: clock::instant(),
        saw: Some(view),
    }
}

/// Something of ours with this id, in no group.
fn view(id: u8) -> View {
    View {
        occupant: Occupant::of(format!("cc1 {id:032x} L").as_bytes()),
        identity: None,
        markers: PerGroup::new(),
    }
}

fn shared(number: u64) -> Shared {
    Shared {
        outcome: Outcome::Value,
        value: Some(Arc::new(number)),
    }
}

fn number(shared: &Shared) -> u64 {
    *shared.value.as_ref().unwrap().downcast_ref().unwrap()
}

type Call = fn(&World);

/// The ways in which the first leader may end.
const ENDS: [fn(Lead); 4] = [
    |lead| drop(lead),
    |lead| drop(lead.complete(Some(shared(0)))),
    |lead| drop(lead.complete(None)),
    Lead::abandon,
];

/// A leader that ends, and two other calls.
fn everybody_ends(variant: Variant, end: fn(Lead), calls: [Call; 2]) -> bool {
    is_right_within(2, move || {
        let world = World::new(variant);
        let lead = world.lead(&view(1));
        let calls = calls.map(|call| world.spawn(call));
        world.alone_on(&lead, || ());
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
        let newer = world.spawn(move |world| claim(world.end(newer, &view(2)) == 1));
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
        world.end(lead.rejoin(caller(&key, &view)), &view);
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
            _ => drop(world.end(Role::Lead(lead), &view)),
        }
    }
    assert!(!followers_are_not_handed_on(rejoin, ENDS[1]));
}
