//! [`Lineage`]: what this process has stored in place of what.
//!
//! A store compares the id that its load captured with the one that is there. If another store of this
//! process came first, nothing was invalidated in between: each step from the captured id to the one
//! there now was such a comparison. So the younger of the two loads may go on from there, and need not
//! give up. An id that is not in here was stored by another process, or after an invalidation.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use hashbrown::DefaultHashBuilder;

use crate::entry::Id;

/// How many stores are remembered: those of loads that overlap, with room to spare.
const CAPACITY: usize = 4_096;

/// How many stores in a row may lie between two loads.
const LONGEST: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Lineage(Mutex<Stores>);

#[derive(Debug, Default)]
struct Stores {
    by_id: HashMap<Id, Store, DefaultHashBuilder>,
    in_order: VecDeque<Id>,
}

#[derive(Clone, Copy, Debug)]
struct Store {
    in_place_of: Id,
    began: Instant,
}

/// Who is younger: the load that is there, or the one that found it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kin {
    /// What is there is older, and replaced what was captured: it can be replaced in its turn.
    Older,
    /// What is there is younger: it stays.
    Younger,
    /// Another process stored it, or something was invalidated.
    Unknown,
}

impl Lineage {
    /// Remembers that `id`, of a load that began at `began`, is about to be stored in place of another.
    /// It will be there only if that was.
    pub(crate) fn record(&self, id: Id, in_place_of: Id, began: Instant) {
        let mut stores = self.lock();
        let store = Store { in_place_of, began };
        if stores.by_id.insert(id, store).is_none() {
            stores.in_order.push_back(id);
        }
        if stores.in_order.len() > CAPACITY
            && let Some(oldest) = stores.in_order.pop_front()
        {
            stores.by_id.remove(&oldest);
        }
    }

    /// What `there` is to a load that began at `began` and captured `captured`.
    pub(crate) fn kin(&self, there: Id, captured: Id, began: Instant) -> Kin {
        let stores = self.lock();
        let Some(found) = stores.by_id.get(&there) else {
            return Kin::Unknown;
        };
        let mut store = found;
        for _ in 0..LONGEST {
            if store.in_place_of == captured {
                return if found.began <= began {
                    Kin::Older
                } else {
                    Kin::Younger
                };
            }
            match stores.by_id.get(&store.in_place_of) {
                Some(before) => store = before,
                None => return Kin::Unknown,
            }
        }
        Kin::Unknown
    }

    fn lock(&self) -> MutexGuard<'_, Stores> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn id() -> Id {
        Id::random().unwrap()
    }

    #[test]
    fn younger_replaces_older_over_any_number_of_stores_between() {
        let (lineage, start) = (Lineage::default(), Instant::now());
        let at = |second| start + Duration::from_secs(second);
        let [lease, first, second] = [id(), id(), id()];
        lineage.record(first, lease, at(1));
        lineage.record(second, first, at(3));
        assert_eq!(lineage.kin(first, lease, at(2)), Kin::Older);
        assert_eq!(lineage.kin(second, lease, at(2)), Kin::Younger);
        assert_eq!(lineage.kin(second, lease, at(4)), Kin::Older);
        assert_eq!(lineage.kin(second, first, at(4)), Kin::Older);
    }

    #[test]
    fn nothing_is_known_of_what_others_stored() {
        let (lineage, start) = (Lineage::default(), Instant::now());
        let [lease, other_lease, ours, theirs] = [id(), id(), id(), id()];
        lineage.record(ours, lease, start);
        assert_eq!(lineage.kin(theirs, lease, start), Kin::Unknown);
        assert_eq!(lineage.kin(ours, other_lease, start), Kin::Unknown);
    }

    #[test]
    fn the_oldest_stores_are_forgotten() {
        let (lineage, start) = (Lineage::default(), Instant::now());
        let [lease, first] = [id(), id()];
        lineage.record(first, lease, start);
        for _ in 0..CAPACITY {
            lineage.record(id(), id(), start);
        }
        assert_eq!(lineage.kin(first, lease, start), Kin::Unknown);
        assert_eq!(lineage.lock().by_id.len(), CAPACITY);
    }
}
