//! The journal of invalidations that the store has not confirmed.

use loom::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use super::{
    is_right,
    ledger::{HashedTarget, Ledger},
};
use crate::key::{group, target::Target};

const HASH: u64 = 1;

fn target() -> HashedTarget {
    HashedTarget {
        hash: HASH,
        target: Target::Group(group::of_prefix("user:42")),
    }
}

fn namespace() -> HashedTarget {
    HashedTarget {
        hash: 0,
        target: Target::Group(group::NAMESPACE.to_owned()),
    }
}

type Acknowledge = fn(&Ledger, u64);

fn acknowledge(ledger: &Ledger, number: u64) {
    ledger.acknowledge(number, &target());
}

fn acknowledge_whatever_is_there(ledger: &Ledger, _: u64) {
    ledger.acknowledge(u64::MAX, &target());
}

/// One writer is confirmed, another gives up, and what is postponed is sent again. `stale` is the store: true if an
/// entry of the group there is older than what the writers wrote.
fn nothing_stale_is_trusted(acknowledge: Acknowledge, capacity: usize) -> bool {
    is_right(move || {
        let ledger = Arc::new(Ledger::new(capacity));
        let stale = Arc::new(AtomicBool::new(false));
        let confirmed = thread::spawn({
            let (ledger, stale) = (ledger.clone(), stale.clone());
            move || {
                let batch = ledger.enter(vec![target()], namespace);
                stale.store(false, Ordering::SeqCst);
                acknowledge(&ledger, batch.number);
            }
        });
        let sender = thread::spawn({
            let (ledger, stale) = (ledger.clone(), stale.clone());
            move || {
                if let Some(batch) = ledger.take_due(8) {
                    stale.store(false, Ordering::SeqCst);
                    for target in &batch.targets {
                        ledger.acknowledge(batch.number, target);
                    }
                }
            }
        });
        stale.store(true, Ordering::SeqCst);
        let batch = ledger.enter(vec![target()], namespace);
        ledger.postpone(batch.number, &target());
        let trusted =
            |ledger: &Ledger| !ledger.has_postponed() || !ledger.covers(&[namespace().hash, HASH]);
        assert!(!trusted(&ledger) || !stale.load(Ordering::SeqCst));
        confirmed.join().unwrap();
        sender.join().unwrap();
        assert!(!trusted(&ledger) || !stale.load(Ordering::SeqCst));
        while let Some(batch) = ledger.take_due(8) {
            for target in &batch.targets {
                ledger.acknowledge(batch.number, target);
            }
        }
        assert!(!ledger.has_postponed() && ledger.len() == 0);
    })
}

#[test]
fn nothing_is_trusted_that_a_postponed_invalidation_covers() {
    assert!(nothing_stale_is_trusted(acknowledge, 8));
}

#[test]
fn overflow_loses_no_postponed_invalidation() {
    assert!(nothing_stale_is_trusted(acknowledge, 0));
}

#[test]
fn a_reply_must_confirm_only_what_was_there_when_its_command_was_sent() {
    assert!(!nothing_stale_is_trusted(acknowledge_whatever_is_there, 8));
}
