//! The generation table.

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

/// A value that was there, a set, and what removes the entry or replaces it at the same time: who has set looks
/// at once, and another one later.
fn nobody_sees_what_a_set_replaced(other: fn(&Table, &Mutex<Lies>)) -> bool {
    is_right(move || {
        let entries = Arc::new(Table::new(8));
        let place = Arc::new(Mutex::new(Lies::Old));
        let other = thread::spawn({
            let (entries, place) = (entries.clone(), place.clone());
            move || other(&entries, &place)
        });
        set(&entries, &place);
        claim(*place.lock().unwrap() != Lies::Old);
        other.join().unwrap();
        claim(*place.lock().unwrap() != Lies::Old);
    })
}

/// What lies at a place in memory.
#[derive(Clone, Copy, PartialEq)]
enum Lies {
    Nothing,
    Old,
    New,
}

fn set(entries: &Table, place: &Mutex<Lies>) {
    let began = entries.begin();
    let mut place = place.lock().unwrap();
    let entry = || SmallVec::from_slice(&[ENTRY]);
    if entries.holds(began, entry).is_some() {
        *place = Lies::New;
    }
    entries.advance_to(began, ENTRY);
}

#[test]
fn what_a_set_is_turned_away_for_has_put_an_end_to_what_was_there() {
    assert!(nobody_sees_what_a_set_replaced(set));
    assert!(nobody_sees_what_a_set_replaced(|entries, place| {
        let mut place = place.lock().unwrap();
        entries.advance([ENTRY]);
        *place = Lies::Nothing;
    }));
}

#[test]
fn the_number_of_a_removal_must_be_given_while_the_place_is_locked() {
    assert!(!nobody_sees_what_a_set_replaced(|entries, place| {
        entries.advance([ENTRY]);
        *place.lock().unwrap() = Lies::Nothing;
    }));
}

#[test]
fn the_number_of_a_set_must_be_given_while_the_place_is_locked() {
    assert!(!nobody_sees_what_a_set_replaced(|entries, place| {
        let began = entries.begin();
        entries.advance_to(began, ENTRY);
        let mut place = place.lock().unwrap();
        let entry = || SmallVec::from_slice(&[ENTRY]);
        if entries.holds(began, entry).is_some() {
            *place = Lies::New;
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
