//! [`Ledger`]: the open invalidations, the part of the journal that threads share.

use std::sync::PoisonError;

use hashbrown::HashTable;

// The standard library's; in `loom_tests`, which compiles this file again, the scheduler's.
use super::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicUsize, Ordering},
};
use crate::{
    coherence::journal::open::OpenNumbers,
    key::{group, target::Target},
};

/// The open invalidations, by what they delete.
#[derive(Debug)]
pub(super) struct Ledger {
    /// The number of targets that are postponed. Changed while `state` is locked, read without.
    postponed: AtomicUsize,
    state: Mutex<LedgerState>,
}

#[derive(Debug)]
struct LedgerState {
    targets: HashTable<OpenTarget>,
    capacity: usize,
    /// The number of the last invalidation that was entered.
    entered: u64,
    /// The number of times that something was taken to be sent again.
    rounds: u64,
    /// Invalidations up to this number were replaced by one of the namespace.
    collapsed: u64,
}

/// A target with open invalidations.
#[derive(Debug)]
struct OpenTarget {
    target: HashedTarget,
    open: OpenNumbers,
    /// The round in which it was last sent again.
    round: u64,
}

/// A target and its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HashedTarget {
    pub(super) hash: u64,
    pub(super) target: Target,
}

/// The targets of one or several commands that are sent in one go.
#[derive(Debug)]
pub(crate) struct TargetBatch {
    /// The commands are sent after everything up to this number was entered.
    pub(super) number: u64,
    pub(super) targets: Vec<HashedTarget>,
}

impl Ledger {
    /// Creates a ledger of `capacity` targets, and one at least.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            postponed: AtomicUsize::new(0),
            state: Mutex::new(LedgerState {
                targets: HashTable::new(),
                capacity,
                entered: 0,
                rounds: 0,
                collapsed: 0,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, LedgerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters an invalidation of `targets`. `namespace` takes the place of all if they are too many.
    pub(super) fn enter(
        &self,
        targets: Vec<HashedTarget>,
        namespace: impl FnOnce() -> HashedTarget,
    ) -> TargetBatch {
        let mut state = self.lock();
        state.entered = state.entered.saturating_add(1);
        let number = state.entered;
        let mut is_full = false;
        for target in &targets {
            is_full |= !state.enter(target, number);
        }
        if is_full {
            let before = state.count_postponed();
            state.collapse(namespace(), number);
            self.count_postponed(before, state.count_postponed());
        }
        TargetBatch { number, targets }
    }

    /// Takes out what a confirmed command has done: it deleted `target`, and was sent after all up to `number` were
    /// entered. What was entered later stays: its command may not have run.
    pub(super) fn acknowledge(&self, number: u64, target: &HashedTarget) {
        let mut state = self.lock();
        let Some(found) = state.find(target) else {
            return;
        };
        let covered = found.open.covers();
        let left = found.open.acknowledge(number);
        match left {
            Some(left) => found.open = left,
            None => state.remove(target),
        }
        let covers = left.is_some_and(|left| left.covers());
        self.count_postponed(usize::from(covered), usize::from(covers));
    }

    /// Postpones what was entered as `number`, as nobody waits for the reply any more. Returns `true` if it is still open:
    /// another command may have done its work.
    pub(super) fn postpone(&self, number: u64, target: &HashedTarget) -> bool {
        let mut state = self.lock();
        let found = state.find(target).filter(|found| found.open.has(number));
        let Some(found) = found else {
            return number <= state.collapsed && state.is_collapse_open();
        };
        let covered = found.open.covers();
        let is_open = found.open.postpone(number);
        self.count_postponed(usize::from(covered), 1);
        is_open
    }

    /// Returns `true` if anything is postponed.
    pub(super) fn has_postponed(&self) -> bool {
        self.postponed.load(Ordering::Acquire) > 0
    }

    /// Returns `true` if a postponed target has one of these hashes.
    pub(super) fn covers(&self, hashes: &[u64]) -> bool {
        let state = self.lock();
        hashes.iter().any(|&hash| {
            let covers = |found: &OpenTarget| found.target.hash == hash && found.open.covers();
            state.targets.find(hash, covers).is_some()
        })
    }

    /// Takes at most `limit` of what is postponed to be sent again, first what was not sent for the longest time.
    pub(super) fn take_due(&self, limit: usize) -> Option<TargetBatch> {
        let mut state = self.lock();
        state.rounds = state.rounds.saturating_add(1);
        let (round, number) = (state.rounds, state.entered);
        let mut due: Vec<_> = state
            .targets
            .iter_mut()
            .filter(|found| found.open.covers())
            .collect();
        if due.len() > limit {
            due.select_nth_unstable_by_key(limit, |found| (found.round, found.open.oldest));
            due.truncate(limit);
        }
        let take = |found: &mut OpenTarget| {
            found.round = round;
            found.target.clone()
        };
        let targets: Vec<_> = due.into_iter().map(take).collect();
        (!targets.is_empty()).then_some(TargetBatch { number, targets })
    }

    pub(super) fn len(&self) -> usize {
        self.lock().targets.len()
    }

    fn count_postponed(&self, before: usize, after: usize) {
        if after > before {
            self.postponed
                .fetch_add(after.saturating_sub(before), Ordering::Release);
        } else {
            self.postponed
                .fetch_sub(before.saturating_sub(after), Ordering::Release);
        }
    }
}

impl TargetBatch {
    pub(crate) fn targets(&self) -> impl ExactSizeIterator<Item = &Target> {
        self.targets.iter().map(|hashed| &hashed.target)
    }
}

impl LedgerState {
    fn find(&mut self, target: &HashedTarget) -> Option<&mut OpenTarget> {
        self.targets
            .find_mut(target.hash, |found| found.target == *target)
    }

    fn remove(&mut self, target: &HashedTarget) {
        if let Ok(entry) = self
            .targets
            .find_entry(target.hash, |found| found.target == *target)
        {
            entry.remove();
        }
    }

    /// Enters an invalidation of `target`. Returns `true` if there was room for it.
    fn enter(&mut self, target: &HashedTarget, number: u64) -> bool {
        if let Some(found) = self.find(target) {
            found.open.enter(number);
            return true;
        }
        let has_room = self.targets.len() < self.capacity;
        if has_room {
            self.insert(OpenTarget {
                target: target.clone(),
                open: OpenNumbers::entered(number),
                round: 0,
            });
        }
        has_room
    }

    fn insert(&mut self, open: OpenTarget) {
        self.targets
            .insert_unique(open.target.hash, open, |open| open.target.hash);
    }

    /// Puts the namespace in the place of everything: it covers whatever is open, and is due at once.
    fn collapse(&mut self, namespace: HashedTarget, number: u64) {
        let oldest = self.targets.iter().map(|found| found.open.oldest).min();
        self.remove(&namespace);
        self.insert(OpenTarget {
            open: OpenNumbers {
                oldest: oldest.map_or(number, |oldest| oldest.min(number)),
                latest: number,
                postponed: Some(number),
            },
            round: 0,
            target: namespace,
        });
        self.targets
            .retain(|found| is_namespace(&found.target.target));
        self.collapsed = number;
    }

    /// Returns `true` if the invalidation of the namespace that replaced the others is still open.
    fn is_collapse_open(&self) -> bool {
        self.targets
            .iter()
            .any(|found| is_namespace(&found.target.target) && found.open.has(self.collapsed))
    }

    fn count_postponed(&self) -> usize {
        let postponed = |found: &&OpenTarget| found.open.covers();
        self.targets.iter().filter(postponed).count()
    }
}

fn is_namespace(target: &Target) -> bool {
    matches!(target, Target::Group(name) if name == group::NAMESPACE)
}
