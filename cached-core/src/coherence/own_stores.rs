//! [`OwnStores`]: the ids that this process has stored, each with the one it replaced.
//!
//! A store compares the id that its load captured with the one that is there. If another store of this
//! process came first, nothing was invalidated in between: each step from the captured id to the one
//! there now was such a comparison. So one that is known to be the younger of the two may go on from there, and need
//! not give up. An id that is not in here was stored by another process, or after an invalidation.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use hashbrown::DefaultHashBuilder;

use crate::format::entry::Id;

/// The number of stores that are remembered: those of loads that overlap, with room to spare.
const CAPACITY: usize = 4_096;

/// The number of stores in a row that may lie between two loads.
const LONGEST: usize = 64;

/// The latest stores of one cache in this process.
#[derive(Debug, Default)]
pub(crate) struct OwnStores(Mutex<Stores>);

#[derive(Debug, Default)]
struct Stores {
    by_id: HashMap<Id, OwnStore, DefaultHashBuilder>,
    in_order: VecDeque<Id>,
}

#[derive(Clone, Copy, Debug)]
struct OwnStore {
    in_place_of: Id,
    load: LoadInterval,
}

/// The time during which a load ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LoadInterval {
    pub(crate) began: Instant,
    pub(crate) ended: Instant,
}

impl OwnStores {
    /// Remembers that `id`, the entry of this load, is about to be stored in place of another.
    /// It will be there only if that was.
    pub(crate) fn record(&self, id: Id, in_place_of: Id, load: LoadInterval) {
        let mut stores = self.lock();
        let store = OwnStore { in_place_of, load };
        if stores.by_id.insert(id, store).is_none() {
            stores.in_order.push_back(id);
        }
        if stores.in_order.len() > CAPACITY
            && let Some(oldest) = stores.in_order.pop_front()
        {
            stores.by_id.remove(&oldest);
        }
    }

    /// Returns the time of the load of `there`, if it is there because stores of this process replaced what was
    /// `captured`: then nothing was invalidated in between.
    pub(crate) fn since(&self, captured: Id, there: Id) -> Option<LoadInterval> {
        let stores = self.lock();
        let found = stores.by_id.get(&there)?;
        let mut store = found;
        for _ in 0..LONGEST {
            if store.in_place_of == captured {
                return Some(found.load);
            }
            store = stores.by_id.get(&store.in_place_of)?;
        }
        None
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

    /// A load that ran in the second numbered `second`.
    fn load(start: Instant, second: u64) -> LoadInterval {
        LoadInterval {
            began: start + Duration::from_secs(second),
            ended: start + Duration::from_secs(second + 1),
        }
    }

    #[test]
    fn what_is_there_is_known_over_any_number_of_stores_between() {
        let (stores, start) = (OwnStores::default(), Instant::now());
        let [lease, first, second] = [id(), id(), id()];
        stores.record(first, lease, load(start, 1));
        stores.record(second, first, load(start, 3));
        assert_eq!(stores.since(lease, first), Some(load(start, 1)));
        assert_eq!(stores.since(lease, second), Some(load(start, 3)));
        assert_eq!(stores.since(first, second), Some(load(start, 3)));
        assert_eq!(stores.since(second, first), None, "the other way round");
    }

    #[test]
    fn nothing_is_known_of_what_others_stored() {
        let (stores, start) = (OwnStores::default(), Instant::now());
        let [lease, other_lease, ours, theirs] = [id(), id(), id(), id()];
        stores.record(ours, lease, load(start, 1));
        assert_eq!(stores.since(lease, theirs), None);
        assert_eq!(stores.since(other_lease, ours), None);
    }

    #[test]
    fn the_oldest_stores_are_forgotten() {
        let (stores, start) = (OwnStores::default(), Instant::now());
        let [lease, first] = [id(), id()];
        stores.record(first, lease, load(start, 1));
        for _ in 0..CAPACITY {
            stores.record(id(), id(), load(start, 2));
        }
        assert_eq!(stores.since(lease, first), None);
        assert_eq!(stores.lock().by_id.len(), CAPACITY);
    }
}
