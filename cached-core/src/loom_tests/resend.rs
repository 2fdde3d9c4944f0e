//! The claim of the one task that sends what is postponed.

#![allow(
    clippy::duplicate_mod,
    dead_code,
    reason = "compiled with other locks; not everything is needed here"
)]

use std::{
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use loom::thread;

use super::{
    claim, is_right_within,
    ledger::{HashedTarget, Ledger},
    sync,
};
use crate::key::{group, target::Target};

#[path = "../engine/recovery/task_claim.rs"]
mod task_claim;

use task_claim::TaskClaim;

const DURATION: Duration = Duration::from_secs(1);

#[derive(Clone)]
struct World(Arc<Inner>);

struct Inner {
    resending: TaskClaim,
    ledger: Ledger,
    /// The claims whose tasks send, each with true if another task has taken over.
    sending: std::sync::Mutex<Vec<(u64, bool)>>,
    variant: Variant,
}

#[derive(Clone, Copy)]
struct Variant {
    release: fn(&TaskClaim, u64),
    reads_again: bool,
}

const RIGHT: Variant = Variant {
    release: TaskClaim::release,
    reads_again: true,
};

fn target() -> HashedTarget {
    HashedTarget {
        hash: 1,
        target: Target::Group(group::of_prefix("user:42")),
    }
}

fn now() -> Instant {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    *START
}

impl World {
    fn postpone(&self) {
        let batch = self.0.ledger.enter(vec![target()], target);
        self.0.ledger.postpone(batch.number, &target());
    }

    fn postpone_and_send(&self) {
        self.postpone();
        self.start_resending();
    }

    fn start_resending(&self) {
        if let Some(number) = self.0.resending.acquire(now(), DURATION) {
            self.resend(number);
        }
    }

    /// Takes the claim of whoever has it.
    fn take_over(&self) {
        if let Some(number) = self.0.resending.acquire(now() + DURATION, DURATION) {
            for (_, overtaken) in &mut *self.0.sending.lock().unwrap() {
                *overtaken = true;
            }
            self.resend(number);
        }
    }

    fn resend(&self, number: u64) {
        let sending = || self.0.sending.lock().unwrap();
        claim(sending().iter().all(|&(_, overtaken)| overtaken));
        sending().push((number, false));
        let is_over = self.send_all(number);
        sending().retain(|&(other, _)| other != number);
        if is_over {
            (self.0.variant.release)(&self.0.resending, number);
            if self.0.variant.reads_again && self.0.ledger.has_postponed() {
                self.start_resending();
            }
        }
    }

    fn send_all(&self, number: u64) -> bool {
        while let Some(batch) = self.0.ledger.take_due(8) {
            for target in &batch.targets {
                self.0.ledger.acknowledge(batch.number, target);
            }
            if !self.0.resending.renew(number, now(), DURATION) {
                return false;
            }
        }
        true
    }
}

type Call = fn(&World);

fn everything_is_sent(variant: Variant, calls: [Call; 3]) -> bool {
    is_right_within(2, move || {
        let world = World(Arc::new(Inner {
            resending: TaskClaim::default(),
            ledger: Ledger::new(8),
            sending: std::sync::Mutex::default(),
            variant,
        }));
        let [mine, others @ ..] = calls;
        let others = others.map(|call| {
            let world = world.clone();
            thread::spawn(move || call(&world))
        });
        mine(&world);
        for other in others {
            other.join().unwrap();
        }
        claim(!world.0.ledger.has_postponed());
    })
}

#[test]
fn everything_is_sent_by_one_at_a_time() {
    let send = World::postpone_and_send;
    assert!(everything_is_sent(RIGHT, [send, send, send]));
    assert!(everything_is_sent(RIGHT, [send, send, World::take_over]));
}

#[test]
fn a_task_that_releases_its_claim_must_read_the_ledger_again() {
    let variant = Variant {
        reads_again: false,
        ..RIGHT
    };
    let send = World::postpone_and_send;
    assert!(!everything_is_sent(variant, [send, send, send]));
}

#[test]
fn a_claim_must_be_released_by_its_number() {
    let variant = Variant {
        release: |resending, _| resending.0.lock().unwrap().held_until = None,
        ..RIGHT
    };
    let send = World::postpone_and_send;
    assert!(!everything_is_sent(variant, [send, send, World::take_over]));
}
