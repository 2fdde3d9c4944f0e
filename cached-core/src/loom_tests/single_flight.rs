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

mod endings;
mod freshness;
mod one_load;

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
        // Read by an operation that writes as well: such a one is given the latest value.
        let invalidated = self.0.invalidated.fetch_add(0, Ordering::AcqRel);
        let (key, view) = (Key::from("key"), view(1));
        let value = match self.0.flights.completed(caller(&key, &view)) {
            Some((completed, _)) => number(&completed),
            None => self.finish(self.join(&view), &view),
        };
        claim(value >= invalidated);
    }

    /// Takes a call from its role to its value. If it has to read again, it sees `view`.
    fn finish(&self, mut role: Role, view: &View) -> u64 {
        loop {
            let outcome = match role {
                Role::Lead(lead) => FollowOutcome::Lead(lead),
                Role::Follow(follower) => (self.0.variant.follow)(follower),
            };
            match outcome {
                FollowOutcome::Lead(lead) => {
                    let value = self.lead_alone(&lead, || (self.0.variant.load)(self, &lead, view));
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
    fn lead_alone<T>(&self, lead: &Lead, body: impl FnOnce() -> T) -> T {
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
