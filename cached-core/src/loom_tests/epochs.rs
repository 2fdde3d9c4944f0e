//! The table of epochs.

use loom::{
    sync::{Arc, Mutex, RwLock, atomic::Ordering},
    thread,
};
use smallvec::SmallVec;

use super::{
    claim, is_right,
    table::{Checked, Table},
};

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

fn advance_epoch_first(table: &Table, name: u64) {
    let epoch = table.now.fetch_add(1, Ordering::AcqRel) + 1;
    table.history.write().unwrap().remember(name, epoch);
}

fn confirm(checked: &Checked, table: &Table) -> bool {
    checked.confirm(table, groups)
}

fn confirm_looking_first(checked: &Checked, table: &Table) -> bool {
    let since = checked.0.load(Ordering::Acquire);
    let holds = since == table.now() || table.read().holds(since, &groups());
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
fn the_epoch_must_come_after_the_names() {
    assert!(!nobody_accepts_what_began_before(
        advance_epoch_first,
        confirm
    ));
}

#[test]
fn the_epoch_must_be_read_before_the_names() {
    assert!(!nobody_accepts_what_began_before(
        advance,
        confirm_looking_first
    ));
}

/// A slot in memory: the epoch until which its value is checked, if there is one.
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
fn the_removal_must_come_after_the_epoch() {
    assert!(!late_value_is_never_found(|entries, slot| {
        slot.write().unwrap().take();
        entries.advance([ENTRY]);
    }));
}

/// A value that was there, a set, and what removes the entry or replaces it at the same time. The one who has set looks
/// at once, and another one later.
fn nobody_sees_what_a_set_replaced(other: fn(&Table, &Mutex<Value>)) -> bool {
    is_right(move || {
        let entries = Arc::new(Table::new(8));
        let slot = Arc::new(Mutex::new(Value::Old));
        let other = thread::spawn({
            let (entries, slot) = (entries.clone(), slot.clone());
            move || other(&entries, &slot)
        });
        set(&entries, &slot);
        claim(*slot.lock().unwrap() != Value::Old);
        other.join().unwrap();
        claim(*slot.lock().unwrap() != Value::Old);
    })
}

/// The value of a slot in memory.
#[derive(Clone, Copy, PartialEq)]
enum Value {
    None,
    Old,
    New,
}

fn set(entries: &Table, slot: &Mutex<Value>) {
    let began = entries.begin();
    let mut slot = slot.lock().unwrap();
    let entry = || SmallVec::from_slice(&[ENTRY]);
    if entries.holds(began, entry).is_some() {
        *slot = Value::New;
    }
    entries.advance_to(began, ENTRY);
}

#[test]
fn what_a_set_is_turned_away_for_has_put_an_end_to_what_was_there() {
    assert!(nobody_sees_what_a_set_replaced(set));
    assert!(nobody_sees_what_a_set_replaced(|entries, slot| {
        let mut slot = slot.lock().unwrap();
        entries.advance([ENTRY]);
        *slot = Value::None;
    }));
}

#[test]
fn the_epoch_of_a_removal_must_be_given_while_the_place_is_locked() {
    assert!(!nobody_sees_what_a_set_replaced(|entries, slot| {
        entries.advance([ENTRY]);
        *slot.lock().unwrap() = Value::None;
    }));
}

#[test]
fn the_epoch_of_a_set_must_be_given_while_the_place_is_locked() {
    assert!(!nobody_sees_what_a_set_replaced(|entries, slot| {
        let began = entries.begin();
        entries.advance_to(began, ENTRY);
        let mut slot = slot.lock().unwrap();
        let entry = || SmallVec::from_slice(&[ENTRY]);
        if entries.holds(began, entry).is_some() {
            *slot = Value::New;
        }
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
