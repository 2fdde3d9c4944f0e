//! What threads share without one lock around all of it, under a scheduler that tries every order of their steps,
//! and everything that their processors may see of each other's memory.
//!
//! The files are compiled a second time, with the scheduler's locks and atomics in place of the standard
//! library's. Each check also runs on a wrong variant, which it has to find: else it would show nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};

use loom::{
    sync::{self, Arc, RwLock, atomic::Ordering},
    thread,
};
use smallvec::SmallVec;

#[allow(
    clippy::duplicate_mod,
    dead_code,
    reason = "compiled with other locks; not everything is needed here"
)]
#[path = "journal/ledger.rs"]
mod ledger;
#[allow(
    clippy::duplicate_mod,
    dead_code,
    reason = "compiled with other locks; not everything is needed here"
)]
#[path = "generations/table.rs"]
mod table;

use crate::{group, invalidation::Target};
use ledger::{Ledger, Name};
use table::{Checked, Table};

/// Whether `model` is right whatever the order of its steps.
fn is_right(model: impl Fn() + Sync + Send + 'static) -> bool {
    let mut scheduler = loom::model::Builder::new();
    // Enough to find every bug that needs three switches at a bad moment, in milliseconds.
    scheduler.preemption_bound = Some(3);
    catch_unwind(AssertUnwindSafe(|| scheduler.check(model))).is_ok()
}

mod generations {
    use super::*;

    const GROUP: u64 = 1;
    const OTHER_GROUP: u64 = 2;
    const ENTRY: u64 = 3;

    type Advance = fn(&Table, u64);
    type Confirm = fn(&Checked, &Table) -> bool;

    fn groups() -> SmallVec<[u64; 8]> {
        SmallVec::from_slice(&[0, GROUP])
    }

    fn advance(table: &Table, name: u64) {
        table.advance([name]);
    }

    fn advance_number_first(table: &Table, name: u64) {
        let number = table.now.fetch_add(1, Ordering::AcqRel) + 1;
        table.names.write().unwrap().remember(name, number);
    }

    fn confirm(checked: &Checked, table: &Table) -> bool {
        checked.confirm(table, groups)
    }

    fn confirm_looking_first(checked: &Checked, table: &Table) -> bool {
        let since = checked.0.load(Ordering::Acquire);
        let holds = since == table.now() || table.read().hold(since, &groups());
        if holds {
            checked.0.store(table.now(), Ordering::Release);
        }
        holds
    }

    /// One value that was there before, a reader, and another invalidation besides.
    fn nobody_accepts_what_began_before(advance: Advance, confirm: Confirm) -> bool {
        is_right(move || {
            let table = Arc::new(Table::new(8));
            let value = Arc::new(Checked::new(table.now()));
            let reader = thread::spawn({
                let (table, value) = (table.clone(), value.clone());
                move || confirm(&value, &table)
            });
            let other = thread::spawn({
                let table = table.clone();
                move || advance(&table, OTHER_GROUP)
            });
            advance(&table, GROUP);
            assert!(!confirm(&value, &table));
            reader.join().unwrap();
            other.join().unwrap();
            assert!(!confirm(&value, &table));
        })
    }

    #[test]
    fn nobody_accepts_what_began_before_an_invalidation_that_is_over() {
        assert!(nobody_accepts_what_began_before(advance, confirm));
    }

    #[test]
    fn the_number_must_come_after_the_names() {
        assert!(!nobody_accepts_what_began_before(
            advance_number_first,
            confirm
        ));
    }

    #[test]
    fn the_number_must_be_read_before_the_names() {
        assert!(!nobody_accepts_what_began_before(
            advance,
            confirm_looking_first
        ));
    }

    /// A place in memory: what lies there, and since when it is checked.
    type Slot = RwLock<Option<Checked>>;

    /// A load that began before the invalidation of its group, or of its own entry, and ends at any time.
    fn late_value_is_never_found(remove: fn(&Table, &Slot)) -> bool {
        is_right(move || {
            let [groups, entries] = [(); 2].map(|()| Arc::new(Table::new(8)));
            let slot = Arc::new(Slot::new(None));
            let load = (groups.now(), entries.now());
            let late = thread::spawn({
                let (entries, slot) = (entries.clone(), slot.clone());
                move || {
                    let mut slot = slot.write().unwrap();
                    let entry = || SmallVec::from_slice(&[ENTRY]);
                    if entries.holds(load.1, entry).is_some() {
                        *slot = Some(Checked::new(load.0));
                    }
                }
            });
            let reader = thread::spawn({
                let (groups, slot) = (groups.clone(), slot.clone());
                move || {
                    let slot = slot.read().unwrap();
                    slot.as_ref().is_some_and(|value| confirm(value, &groups))
                }
            });
            remove(&entries, &slot);
            late.join().unwrap();
            reader.join().unwrap();
            assert!(slot.read().unwrap().is_none());
        })
    }

    #[test]
    fn late_value_does_not_undo_the_removal_of_its_entry() {
        assert!(late_value_is_never_found(|entries, slot| {
            entries.advance([ENTRY]);
            slot.write().unwrap().take();
        }));
    }

    #[test]
    fn the_removal_must_come_after_the_number() {
        assert!(!late_value_is_never_found(|entries, slot| {
            slot.write().unwrap().take();
            entries.advance([ENTRY]);
        }));
    }

    #[test]
    fn late_value_of_an_invalidated_group_is_not_accepted() {
        let is_right = is_right(|| {
            let groups = Arc::new(Table::new(8));
            let slot = Arc::new(Slot::new(None));
            let began = groups.now();
            let late = thread::spawn({
                let slot = slot.clone();
                move || *slot.write().unwrap() = Some(Checked::new(began))
            });
            let reader = thread::spawn({
                let (groups, slot) = (groups.clone(), slot.clone());
                move || {
                    let slot = slot.read().unwrap();
                    slot.as_ref().is_some_and(|value| confirm(value, &groups))
                }
            });
            advance(&groups, GROUP);
            let found = |slot: &Slot| {
                let slot = slot.read().unwrap();
                slot.as_ref().is_some_and(|value| confirm(value, &groups))
            };
            assert!(!found(&slot));
            late.join().unwrap();
            reader.join().unwrap();
            assert!(!found(&slot));
        });
        assert!(is_right);
    }
}

mod journal {
    use loom::sync::atomic::AtomicBool;

    use super::*;

    const HASH: u64 = 1;

    fn name() -> Name {
        Name {
            hash: HASH,
            target: Target::Group(group::of_prefix("user:42")),
        }
    }

    fn namespace() -> Name {
        Name {
            hash: 0,
            target: Target::Group(group::NAMESPACE.to_owned()),
        }
    }

    type Acknowledge = fn(&Ledger, u64);

    fn acknowledge(ledger: &Ledger, number: u64) {
        ledger.acknowledge(number, &name());
    }

    fn acknowledge_whatever_is_there(ledger: &Ledger, _: u64) {
        ledger.acknowledge(u64::MAX, &name());
    }

    /// One writer is confirmed, another gives up, and what is postponed is sent again. `stale` is the store: whether
    /// an entry of the group there is older than what the writers wrote.
    fn nothing_stale_is_trusted(acknowledge: Acknowledge, capacity: usize) -> bool {
        is_right(move || {
            let ledger = Arc::new(Ledger::new(capacity));
            let stale = Arc::new(AtomicBool::new(false));
            let confirmed = thread::spawn({
                let (ledger, stale) = (ledger.clone(), stale.clone());
                move || {
                    let batch = ledger.enter(vec![name()], namespace);
                    stale.store(false, Ordering::SeqCst);
                    acknowledge(&ledger, batch.number);
                }
            });
            let sender = thread::spawn({
                let (ledger, stale) = (ledger.clone(), stale.clone());
                move || {
                    if let Some(batch) = ledger.due(8) {
                        stale.store(false, Ordering::SeqCst);
                        for name in &batch.names {
                            ledger.acknowledge(batch.number, name);
                        }
                    }
                }
            });
            stale.store(true, Ordering::SeqCst);
            let batch = ledger.enter(vec![name()], namespace);
            ledger.postpone(batch.number, &name());
            let trusted = |ledger: &Ledger| {
                !ledger.has_postponed() || !ledger.covers(&[namespace().hash, HASH])
            };
            assert!(!trusted(&ledger) || !stale.load(Ordering::SeqCst));
            confirmed.join().unwrap();
            sender.join().unwrap();
            assert!(!trusted(&ledger) || !stale.load(Ordering::SeqCst));
            while let Some(batch) = ledger.due(8) {
                for name in &batch.names {
                    ledger.acknowledge(batch.number, name);
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
}
