//! Which invalidations are open: the part of the journal that threads share.

use std::sync::PoisonError;

use hashbrown::HashTable;

// The standard library's; under the scheduler of `interleavings`, its own.
use super::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicUsize, Ordering},
};
use crate::{
    coherence::journal::open::Open,
    key::{group, target::Target},
};

/// The open invalidations, by what they delete.
#[derive(Debug)]
pub(super) struct Ledger {
    /// How many records are postponed. Changed while `book` is locked, read without.
    postponed: AtomicUsize,
    book: Mutex<Book>,
}

#[derive(Debug)]
struct Book {
    records: HashTable<Record>,
    capacity: usize,
    /// How many times something was entered: the number of the last.
    entered: u64,
    /// How many times something was taken to be sent again.
    rounds: u64,
    /// What has this number or a lower one is part of the record of the namespace.
    collapsed: u64,
}

/// What is open of one target.
#[derive(Debug)]
struct Record {
    name: Name,
    open: Open,
    /// The round in which it was last sent again.
    round: u64,
}

/// A target and its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) hash: u64,
    pub(super) target: Target,
}

/// What one or several commands delete.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The commands are sent after everything up to this number was entered.
    pub(super) number: u64,
    pub(super) names: Vec<Name>,
}

impl Batch {
    pub(crate) fn targets(&self) -> impl ExactSizeIterator<Item = &Target> {
        self.names.iter().map(|name| &name.target)
    }
}

impl Ledger {
    /// Holds `capacity` targets, and one at least.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            postponed: AtomicUsize::new(0),
            book: Mutex::new(Book {
                records: HashTable::new(),
                capacity,
                entered: 0,
                rounds: 0,
                collapsed: 0,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes `names` down. `namespace` takes the place of all if they are too many.
    pub(super) fn enter(&self, names: Vec<Name>, namespace: impl FnOnce() -> Name) -> Batch {
        let mut book = self.lock();
        book.entered = book.entered.saturating_add(1);
        let number = book.entered;
        let mut is_full = false;
        for name in &names {
            is_full |= !book.enter(name, number);
        }
        if is_full {
            let before = book.postponed();
            book.collapse(namespace(), number);
            self.count(before, book.postponed());
        }
        Batch { number, names }
    }

    /// The command that deletes `name`, sent after all up to `number` were entered, is confirmed. What was entered
    /// later stays: its command may not have run.
    pub(super) fn acknowledge(&self, number: u64, name: &Name) {
        let mut book = self.lock();
        let Some(record) = book.find(name) else {
            return;
        };
        let covered = record.open.covers();
        let left = record.open.acknowledge(number);
        match left {
            Some(left) => record.open = left,
            None => book.remove(name),
        }
        let covers = left.is_some_and(|left| left.covers());
        self.count(usize::from(covered), usize::from(covers));
    }

    /// Nobody waits for the reply to what was entered as `number` any more. Whether it is still open: another
    /// command may have done its work.
    pub(super) fn postpone(&self, number: u64, name: &Name) -> bool {
        let mut book = self.lock();
        let record = book.find(name).filter(|record| record.open.has(number));
        let Some(record) = record else {
            return number <= book.collapsed && book.has_collapsed();
        };
        let covered = record.open.covers();
        let is_open = record.open.postpone(number);
        self.count(usize::from(covered), 1);
        is_open
    }

    /// Whether anything is postponed.
    pub(super) fn has_postponed(&self) -> bool {
        self.postponed.load(Ordering::Acquire) > 0
    }

    /// Whether a postponed target has one of these hashes.
    pub(super) fn covers(&self, hashes: &[u64]) -> bool {
        let book = self.lock();
        hashes.iter().any(|&hash| {
            let covers = |record: &Record| record.name.hash == hash && record.open.covers();
            book.records.find(hash, covers).is_some()
        })
    }

    /// At most `limit` of what is postponed, first what was not sent for the longest time.
    pub(super) fn due(&self, limit: usize) -> Option<Batch> {
        let mut book = self.lock();
        book.rounds = book.rounds.saturating_add(1);
        let (round, number) = (book.rounds, book.entered);
        let mut due: Vec<_> = book
            .records
            .iter_mut()
            .filter(|record| record.open.covers())
            .collect();
        if due.len() > limit {
            due.select_nth_unstable_by_key(limit, |record| (record.round, record.open.oldest));
            due.truncate(limit);
        }
        let take = |record: &mut Record| {
            record.round = round;
            record.name.clone()
        };
        let names: Vec<_> = due.into_iter().map(take).collect();
        (!names.is_empty()).then_some(Batch { number, names })
    }

    pub(super) fn len(&self) -> usize {
        self.lock().records.len()
    }

    fn count(&self, before: usize, after: usize) {
        if after > before {
            self.postponed
                .fetch_add(after.saturating_sub(before), Ordering::Release);
        } else {
            self.postponed
                .fetch_sub(before.saturating_sub(after), Ordering::Release);
        }
    }
}

impl Book {
    fn find(&mut self, name: &Name) -> Option<&mut Record> {
        self.records
            .find_mut(name.hash, |record| record.name == *name)
    }

    fn remove(&mut self, name: &Name) {
        if let Ok(entry) = self
            .records
            .find_entry(name.hash, |record| record.name == *name)
        {
            entry.remove();
        }
    }

    /// Whether there was room.
    fn enter(&mut self, name: &Name, number: u64) -> bool {
        if let Some(record) = self.find(name) {
            record.open.enter(number);
            return true;
        }
        let has_room = self.records.len() < self.capacity;
        if has_room {
            self.insert(Record {
                name: name.clone(),
                open: Open::entered(number),
                round: 0,
            });
        }
        has_room
    }

    fn insert(&mut self, record: Record) {
        self.records
            .insert_unique(record.name.hash, record, |record| record.name.hash);
    }

    /// Puts the namespace in the place of everything: it covers whatever is open, and is due at once.
    fn collapse(&mut self, namespace: Name, number: u64) {
        let oldest = self.records.iter().map(|record| record.open.oldest).min();
        self.remove(&namespace);
        self.insert(Record {
            open: Open {
                oldest: oldest.map_or(number, |oldest| oldest.min(number)),
                latest: number,
                postponed: Some(number),
            },
            round: 0,
            name: namespace,
        });
        self.records
            .retain(|record| is_namespace(&record.name.target));
        self.collapsed = number;
    }

    /// Whether what the namespace stands for is still open.
    fn has_collapsed(&self) -> bool {
        self.records
            .iter()
            .any(|record| is_namespace(&record.name.target) && record.open.has(self.collapsed))
    }

    fn postponed(&self) -> usize {
        let postponed = |record: &&Record| record.open.covers();
        self.records.iter().filter(postponed).count()
    }
}

fn is_namespace(target: &Target) -> bool {
    matches!(target, Target::Group(name) if name == group::NAMESPACE)
}
