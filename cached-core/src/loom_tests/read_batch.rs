//! The queue of those who share a command.

#![allow(
    clippy::duplicate_mod,
    dead_code,
    reason = "compiled with other locks; not everything is needed here"
)]

use std::sync::Arc;

use loom::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
};
use tokio::sync::oneshot;

use super::{
    claim, is_right_within,
    sync::{self, wait},
};

#[path = "../store/redis/read_batch/queue.rs"]
mod queue;

use queue::{Batch, Position, Queue, Waits};

/// The number of callers that share one command.
const READS_PER_COMMAND: usize = 1;

struct Waiter(oneshot::Sender<u64>);

impl Waits for Waiter {
    fn has_gone(&self) -> bool {
        self.0.is_closed()
    }
}

#[derive(Clone)]
struct World(Arc<Inner>);

struct Inner {
    queue: Queue<Waiter>,
    /// The value that commands read; each caller writes before it reads.
    source: AtomicU64,
    /// The turns whose commands are in flight, each with true if another caller has taken it.
    flying: std::sync::Mutex<Vec<(u64, bool)>>,
    variant: Variant,
}

#[derive(Clone, Copy)]
struct Variant {
    place: fn(&Queue<Waiter>) -> Position<oneshot::Receiver<u64>>,
    end: fn(&Queue<Waiter>, u64) -> Option<Batch<Waiter>>,
    send_next: SendNext,
    /// The last step of a task, which may have the turn or not.
    abandon: fn(&Queue<Waiter>, u64) -> Vec<Waiter>,
}

/// Sends the next command, when the one of this turn has ended. Returns its callers, and what it read.
type SendNext = fn(&World, u64) -> Option<(Batch<Waiter>, u64)>;

const RIGHT: Variant = Variant {
    place: |queue| queue.take_place(waiter),
    end: Queue::end_turn,
    send_next: |world, turn| {
        let batch = world.end(turn)?;
        let seen = world.send(batch.turn);
        Some((batch, seen))
    },
    abandon: Queue::abandon_turn,
};

fn waiter() -> (Waiter, oneshot::Receiver<u64>) {
    let (sender, receiver) = oneshot::channel();
    (Waiter(sender), receiver)
}

impl World {
    fn new(variant: Variant) -> Self {
        Self(Arc::new(Inner {
            queue: Queue::new(),
            source: AtomicU64::new(0),
            flying: std::sync::Mutex::default(),
            variant,
        }))
    }

    /// A caller that gets its answer, no older than its call.
    fn read(&self) {
        let written = self.0.source.fetch_add(1, Ordering::AcqRel) + 1;
        match (self.0.variant.place)(&self.0.queue) {
            Position::Turn(turn) => {
                claim(self.send(turn) >= written);
                self.go_on(turn);
            }
            Position::Wait(answer, _) => claim(wait(answer).is_ok_and(|seen| seen >= written)),
        }
    }

    /// A caller whose deadline is over as soon as it waits.
    fn read_impatiently(&self) {
        match (self.0.variant.place)(&self.0.queue) {
            Position::Turn(turn) => {
                self.send(turn);
                self.go_on(turn);
            }
            Position::Wait(answer, turn) => {
                drop(answer);
                self.take_over(turn);
            }
        }
    }

    /// A caller that is dropped before it has sent anything, or while it waits.
    fn leave(&self) {
        match (self.0.variant.place)(&self.0.queue) {
            Position::Turn(turn) => self.go_on(turn),
            Position::Wait(answer, _) => drop(answer),
        }
    }

    /// A caller that gets an answer, or is told that there is none.
    fn read_or_be_told(&self) {
        match (self.0.variant.place)(&self.0.queue) {
            Position::Turn(turn) => {
                self.send(turn);
                // The runtime ends that would go on with the batch.
                if let Some(batch) = self.end(turn) {
                    drop(self.0.queue.abandon_turn(batch.turn));
                }
            }
            Position::Wait(answer, _) => drop(wait(answer)),
        }
    }

    fn end(&self, turn: u64) -> Option<Batch<Waiter>> {
        (self.0.variant.end)(&self.0.queue, turn)
    }

    fn take_over(&self, turn: u64) {
        let next = self.end(turn);
        for (flying, overtaken) in &mut *self.0.flying.lock().unwrap() {
            *overtaken |= *flying == turn;
        }
        if let Some(batch) = next {
            let seen = self.send(batch.turn);
            self.answer_and_go_on(batch, seen);
        }
    }

    fn go_on(&self, turn: u64) {
        if let Some((batch, seen)) = (self.0.variant.send_next)(self, turn) {
            self.answer_and_go_on(batch, seen);
        }
    }

    /// Answers what was sent, and sends what waits until nothing does.
    fn answer_and_go_on(&self, batch: Batch<Waiter>, seen: u64) {
        let turn = batch.turn;
        for Waiter(answer) in batch.waiting {
            let _ = answer.send(seen);
        }
        match (self.0.variant.send_next)(self, turn) {
            Some((next, seen)) => self.answer_and_go_on(next, seen),
            None => drop((self.0.variant.abandon)(&self.0.queue, turn)),
        }
    }

    /// Sends a command, and returns what it reads. No other is in flight but those that were overtaken.
    fn send(&self, turn: u64) -> u64 {
        let flying = || self.0.flying.lock().unwrap();
        claim(flying().iter().all(|&(_, overtaken)| overtaken));
        flying().push((turn, false));
        let seen = self.0.source.fetch_add(0, Ordering::AcqRel);
        flying().retain(|&(other, _)| other != turn);
        seen
    }

    fn spawn(&self, call: fn(&Self)) -> thread::JoinHandle<()> {
        let world = self.clone();
        thread::spawn(move || call(&world))
    }
}

type Call = fn(&World);

/// Calls at the same time; and then nobody has the turn.
fn everybody_is_answered<const N: usize>(variant: Variant, calls: [Call; N]) -> bool {
    is_right_within(2, move || {
        let world = World::new(variant);
        let others: Vec<_> = calls[1..].iter().map(|&call| world.spawn(call)).collect();
        calls[0](&world);
        for other in others {
            other.join().unwrap();
        }
        claim(!world.0.queue.0.lock().unwrap().busy);
    })
}

#[test]
fn everybody_is_answered_by_a_command_that_was_sent_after_the_call() {
    let others: [Call; 4] = [
        World::read,
        World::read_impatiently,
        World::leave,
        World::read_or_be_told,
    ];
    for other in &others[..3] {
        assert!(everybody_is_answered(
            RIGHT,
            [World::read, World::read, *other]
        ));
    }
    let told = World::read_or_be_told;
    for other in &others[1..] {
        assert!(everybody_is_answered(RIGHT, [told, told, *other]));
    }
}

#[test]
fn a_command_must_be_sent_after_those_that_share_it_have_come() {
    let send_next = |world: &World, turn| {
        let seen = world.send(turn);
        Some((world.end(turn)?, seen))
    };
    let variant = Variant { send_next, ..RIGHT };
    assert!(!everybody_is_answered(
        variant,
        [World::read, World::read, World::read]
    ));
}

#[test]
fn whoever_finds_the_turn_taken_must_queue_at_once() {
    fn place(queue: &Queue<Waiter>) -> Position<oneshot::Receiver<u64>> {
        if !queue.0.lock().unwrap().busy {
            return queue.take_place(waiter);
        }
        let (waiter, answer) = waiter();
        let mut queue = queue.0.lock().unwrap();
        queue.waiting.push(waiter);
        Position::Wait(answer, queue.turn)
    }
    let variant = Variant { place, ..RIGHT };
    assert!(!everybody_is_answered(
        variant,
        [World::read, World::read, World::read]
    ));
}

/// A caller takes the turn of another, while a third waits and a fourth comes.
fn one_command_is_in_flight(variant: Variant) -> bool {
    let impatient = World::read_impatiently;
    everybody_is_answered(variant, [impatient, impatient, World::read, World::read])
}

#[test]
fn one_command_is_in_flight_unless_its_turn_was_taken() {
    assert!(one_command_is_in_flight(RIGHT));
}

#[test]
fn a_turn_must_end_by_its_number() {
    fn end(queue: &Queue<Waiter>, _: u64) -> Option<Batch<Waiter>> {
        let mut queue = queue.0.lock().unwrap();
        if queue.busy { queue.next() } else { None }
    }
    assert!(!one_command_is_in_flight(Variant { end, ..RIGHT }));
}

/// A task sends for one that waits, and ends, while two others come.
fn task_that_ends_takes_nobody_along(variant: Variant) -> bool {
    is_right_within(2, move || {
        let world = World::new(variant);
        let [first, second] = [(); 2].map(|()| world.0.queue.take_place(waiter));
        let (Position::Turn(turn), Position::Wait(..)) = (first, &second) else {
            unreachable!();
        };
        let others = [(); 2].map(|()| world.spawn(World::read));
        world.go_on(turn);
        for other in others {
            other.join().unwrap();
        }
    })
}

#[test]
fn a_task_that_ends_abandons_no_turn_but_its_own() {
    assert!(task_that_ends_takes_nobody_along(RIGHT));
}

#[test]
fn a_turn_must_be_abandoned_by_its_number() {
    fn abandon(queue: &Queue<Waiter>, _: u64) -> Vec<Waiter> {
        let mut queue = queue.0.lock().unwrap();
        queue.busy = false;
        std::mem::take(&mut queue.waiting)
    }
    assert!(!task_that_ends_takes_nobody_along(Variant {
        abandon,
        ..RIGHT
    }));
}
