//! The slot of a lane: one connection, replaced once.

#![allow(
    clippy::duplicate_mod,
    dead_code,
    reason = "compiled with other locks; not everything is needed here"
)]

use std::sync::Arc;

use loom::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use super::{
    claim, is_right,
    sync::{self, Notify, wait},
};

#[path = "../store/redis/lanes/slot.rs"]
mod slot;

use slot::{Found, Slot, SlotState};

#[derive(Clone)]
struct Attempt(Arc<Outcome>);

struct Outcome {
    /// The lane, or that whoever connected has gone.
    end: std::sync::Mutex<Option<Result<Arc<Lane>, Gone>>>,
    ended: Notify,
}

#[derive(Clone, Debug)]
struct Gone;

#[derive(Debug)]
struct Lane {
    retired: AtomicBool,
}

/// An attempt that its caller has to finish.
struct Begun {
    number: u64,
    attempt: Attempt,
}

impl Attempt {
    fn new() -> Self {
        Self(Arc::new(Outcome {
            end: std::sync::Mutex::default(),
            ended: Notify::new(),
        }))
    }

    fn goes_on(&self) -> bool {
        self.0.end.lock().unwrap().is_none()
    }

    fn end(&self, end: Result<Arc<Lane>, Gone>) {
        *self.0.end.lock().unwrap() = Some(end);
        self.0.ended.notify_waiters();
    }

    async fn lane(&self) -> Result<Arc<Lane>, Gone> {
        loop {
            let ended = self.0.ended.notified();
            let end = self.0.end.lock().unwrap().clone();
            match end {
                Some(end) => return end,
                None => ended.await,
            }
        }
    }
}

/// The slot, and all lanes there ever were.
#[derive(Clone)]
struct World(Arc<Inner>);

struct Inner {
    slot: Slot<Lane, Attempt>,
    lanes: std::sync::Mutex<Vec<Arc<Lane>>>,
    variant: Variant,
}

#[derive(Clone, Copy)]
struct Variant {
    put: fn(&Slot<Lane, Attempt>, u64, &Arc<Lane>) -> bool,
    remove: fn(&Slot<Lane, Attempt>, &Arc<Lane>) -> bool,
}

const RIGHT: Variant = Variant {
    put: |slot, number, lane| slot.put(number, Some(lane)),
    remove: Slot::remove,
};

impl World {
    fn new(variant: Variant) -> Self {
        Self(Arc::new(Inner {
            slot: Slot::new(),
            lanes: std::sync::Mutex::default(),
            variant,
        }))
    }

    fn find(&self, goes_on: fn(&Attempt) -> bool) -> (Found<Lane, Attempt>, Option<Begun>) {
        let mut begun = None;
        let found = self.0.slot.find(goes_on, |number| {
            let attempt = Attempt::new();
            begun = Some(Begun {
                number,
                attempt: attempt.clone(),
            });
            Ok::<_, ()>(attempt)
        });
        (found.unwrap(), begun)
    }

    /// Ends the attempt with a lane.
    fn connect(&self, Begun { number, attempt }: Begun) -> Arc<Lane> {
        let lane = Arc::new(Lane {
            retired: AtomicBool::new(false),
        });
        self.0.lanes.lock().unwrap().push(Arc::clone(&lane));
        if !(self.0.variant.put)(&self.0.slot, number, &lane) {
            lane.retire();
        }
        attempt.end(Ok(Arc::clone(&lane)));
        lane
    }

    /// Returns the lane that a caller gets.
    fn lane_if(&self, goes_on: fn(&Attempt) -> bool) -> Result<Arc<Lane>, Gone> {
        let (found, begun) = self.find(goes_on);
        if let Some(begun) = begun {
            self.connect(begun);
        }
        match found {
            Found::Lane(lane) => Ok(lane),
            Found::Attempt(attempt) => wait(attempt.lane()),
        }
    }

    fn lane(&self) -> Result<Arc<Lane>, Gone> {
        self.lane_if(Attempt::goes_on)
    }

    /// Gives `lane` up.
    fn replace(&self, lane: &Arc<Lane>) {
        if (self.0.variant.remove)(&self.0.slot, lane) {
            lane.retire();
        }
    }

    fn close(&self) {
        if let Some(lane) = self.0.slot.close() {
            lane.retire();
        }
    }

    /// A caller whose lane breaks. It never gets the same again.
    fn call_and_replace(&self) {
        let lane = self.lane().unwrap();
        self.replace(&lane);
        let next = self.lane().unwrap();
        claim(!Arc::ptr_eq(&lane, &next));
    }

    /// Returns `true` if all lanes are given back, but for the one in the slot.
    fn is_tidy(&self) -> bool {
        let lane = self.0.slot.ready();
        let lanes = self.0.lanes.lock().unwrap();
        lanes.iter().all(|other| {
            let is_there = lane.as_ref().is_some_and(|lane| Arc::ptr_eq(lane, other));
            is_there != other.is_retired()
        })
    }

    fn spawn<T: 'static>(&self, call: impl FnOnce(&Self) -> T + 'static) -> thread::JoinHandle<T> {
        let world = self.clone();
        thread::spawn(move || call(&world))
    }
}

impl Lane {
    fn retire(&self) {
        claim(!self.retired.swap(true, Ordering::AcqRel));
    }

    fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }
}

/// Three callers, of which two find their lane broken.
fn a_lane_is_replaced_once(variant: Variant) -> bool {
    is_right(move || {
        let world = World::new(variant);
        let calls = [
            world.spawn(World::call_and_replace),
            world.spawn(|world| claim(world.lane().is_ok())),
        ];
        world.call_and_replace();
        for call in calls {
            call.join().unwrap();
        }
        claim(world.is_tidy());
    })
}

#[test]
fn a_lane_is_replaced_by_one() {
    assert!(a_lane_is_replaced_once(RIGHT));
}

#[test]
fn whoever_gives_a_lane_up_must_leave_the_next_one_alone() {
    fn remove(slot: &Slot<Lane, Attempt>, _: &Arc<Lane>) -> bool {
        slot.0.lock().unwrap().place = SlotState::Empty;
        true
    }
    assert!(!a_lane_is_replaced_once(Variant { remove, ..RIGHT }));
}

/// An attempt is under way when the slot is closed; another caller comes.
fn a_closed_slot_forgets_its_attempt(variant: Variant) -> bool {
    is_right(move || {
        let world = World::new(variant);
        let (_, begun) = world.find(Attempt::goes_on);
        let old = world.spawn(|world| world.connect(begun.unwrap()));
        let call = world.spawn(|world| claim(world.lane().is_ok()));
        world.close();
        call.join().unwrap();
        let old = old.join().unwrap();
        claim(old.is_retired() && world.is_tidy());
    })
}

#[test]
fn a_closed_slot_gets_no_lane_of_an_attempt_from_before() {
    assert!(a_closed_slot_forgets_its_attempt(RIGHT));
}

#[test]
fn an_attempt_must_know_its_own_place() {
    fn put(slot: &Slot<Lane, Attempt>, _: u64, lane: &Arc<Lane>) -> bool {
        let mut inside = slot.0.lock().unwrap();
        let is_expected = matches!(inside.place, SlotState::Connecting(..));
        if is_expected {
            inside.place = SlotState::Ready(Arc::clone(lane));
        }
        is_expected
    }
    assert!(!a_closed_slot_forgets_its_attempt(Variant { put, ..RIGHT }));
}

/// An attempt takes too long for a caller that begins another one.
fn an_overtaken_attempt_leaves_one_lane(variant: Variant) -> bool {
    is_right(move || {
        let world = World::new(variant);
        let (_, begun) = world.find(Attempt::goes_on);
        let old = world.spawn(|world| drop(world.connect(begun.unwrap())));
        let call = world.spawn(|world| claim(world.lane().is_ok()));
        claim(world.lane_if(|_| false).is_ok());
        old.join().unwrap();
        call.join().unwrap();
        claim(world.0.slot.ready().is_some() && world.is_tidy());
    })
}

#[test]
fn an_attempt_that_was_overtaken_leaves_no_second_lane() {
    assert!(an_overtaken_attempt_leaves_one_lane(RIGHT));
}

#[test]
fn an_attempt_must_look_before_it_puts_its_lane() {
    fn put(slot: &Slot<Lane, Attempt>, _: u64, lane: &Arc<Lane>) -> bool {
        slot.0.lock().unwrap().place = SlotState::Ready(Arc::clone(lane));
        true
    }
    assert!(!an_overtaken_attempt_leaves_one_lane(Variant {
        put,
        ..RIGHT
    }));
}

#[test]
fn an_attempt_whose_runtime_ends_is_followed_by_another() {
    assert!(is_right(|| {
        let world = World::new(RIGHT);
        let (_, begun) = world.find(Attempt::goes_on);
        let calls = [(); 2].map(|()| world.spawn(|world| drop(world.lane())));
        begun.unwrap().attempt.end(Err(Gone));
        for call in calls {
            call.join().unwrap();
        }
        claim(world.lane().is_ok() && world.is_tidy());
    }));
}
