//! [`Table`]: the markers that are watched, and their tokens.

use std::{
    hash::BuildHasher,
    sync::atomic::{AtomicBool, Ordering},
};

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::format::entry::Token;

/// A bounded table. The marker that makes room for another is found by the clock algorithm (Corbató, 1968).
#[derive(Debug)]
pub(super) struct Table {
    slots: Vec<Slot>,
    /// The indices of slots, by the names in them.
    by_name: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// The indices of slots that nothing is in.
    free: Vec<u32>,
    capacity: usize,
    hand: usize,
    /// The number of the last marker that was begun: no two holds are alike.
    last_number: u64,
    /// The current round of time: what was begun before the last one is begun again.
    round: u64,
}

#[derive(Debug)]
struct Slot {
    name: Box<str>,
    hash: u64,
    /// The number of the marker in it; zero if there is none.
    number: u64,
    /// The round in which it was begun.
    round: u64,
    /// The token; `None` while it is on its way.
    token: Option<Token>,
    is_used: AtomicBool,
}

/// The state of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WatchState {
    /// Watched, or on its way.
    Watched,
    /// Watched for so long that it is to be begun again.
    Over,
    /// Not known; its name has this hash.
    Unknown(u64),
}

/// A marker at the time at which it was begun: worth nothing once it has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in super::super) struct Hold {
    slot: u32,
    number: u64,
}

impl Table {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            slots: Vec::new(),
            by_name: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            free: Vec::new(),
            capacity,
            hand: 0,
            last_number: 0,
            round: 0,
        }
    }

    pub(super) fn is_at(&self, round: u64) -> bool {
        self.round == round
    }

    /// Goes on in time, to this round.
    pub(super) fn set_round(&mut self, round: u64) {
        self.round = round;
    }

    /// Returns the state of this marker.
    pub(super) fn state_of(&self, name: &str) -> WatchState {
        let hash = self.hasher.hash_one(name.as_bytes());
        match self.find_slot(hash, name.as_bytes()) {
            None => WatchState::Unknown(hash),
            Some((_, slot)) if self.is_over(slot) => WatchState::Over,
            Some(_) => WatchState::Watched,
        }
    }

    fn is_over(&self, slot: &Slot) -> bool {
        slot.round.saturating_add(1) < self.round
    }

    fn find_slot(&self, hash: u64, name: &[u8]) -> Option<(u32, &Slot)> {
        let is_it = |index: &u32| {
            let slot = self.slots.get(*index as usize);
            slot.is_some_and(|slot| slot.name.as_bytes() == name)
        };
        let index = *self.by_name.find(hash, is_it)?;
        Some((index, self.slots.get(index as usize)?))
    }

    /// Returns the hold of a marker whose token is here.
    pub(super) fn find(&self, name: &str) -> Option<Hold> {
        let hash = self.hasher.hash_one(name.as_bytes());
        let (index, slot) = self.find_slot(hash, name.as_bytes())?;
        slot.token?;
        if self.is_over(slot) {
            return None;
        }
        // Written only where it is not yet: readers share the cache line.
        if !slot.is_used.load(Ordering::Relaxed) {
            slot.is_used.store(true, Ordering::Relaxed);
        }
        Some(Hold {
            slot: index,
            number: slot.number,
        })
    }

    /// Returns the token of a marker, unless it has changed since.
    pub(super) fn token(&self, hold: Hold) -> Option<Token> {
        let slot = self.slots.get(hold.slot as usize)?;
        slot.token.filter(|_| slot.number == hold.number)
    }

    /// Begins to watch a marker, unless that was begun before. To be called before the server is asked: what it tells
    /// from then on counts.
    pub(super) fn begin_watch(&mut self, name: &str) -> Option<Hold> {
        let hash = match self.state_of(name) {
            WatchState::Watched => return None,
            WatchState::Over => {
                self.end_watch(name.as_bytes());
                self.hasher.hash_one(name.as_bytes())
            }
            WatchState::Unknown(hash) => hash,
        };
        self.last_number = self.last_number.saturating_add(1);
        let slot = Slot {
            name: name.into(),
            hash,
            number: self.last_number,
            round: self.round,
            token: None,
            is_used: AtomicBool::new(false),
        };
        let index = self.make_room()?;
        match self.slots.get_mut(index as usize) {
            Some(free) => *free = slot,
            None => self.slots.push(slot),
        }
        let Self { slots, by_name, .. } = self;
        let hash_of = |index: &u32| slots.get(*index as usize).map_or(0, |slot| slot.hash);
        by_name.insert_unique(hash, index, hash_of);
        Some(Hold {
            slot: index,
            number: self.last_number,
        })
    }

    /// Learns what the server has answered; no token where there was none, or no answer. Counts for nothing if the server
    /// has told of a change since.
    pub(super) fn learn_token(&mut self, hold: Hold, token: Option<Token>) {
        let Some(slot) = self.slots.get_mut(hold.slot as usize) else {
            return;
        };
        if slot.number != hold.number || slot.token.is_some() {
            return;
        }
        match token {
            Some(token) => slot.token = Some(token),
            None => self.clear_slot(hold.slot),
        }
    }

    /// Watches this marker no more: it has changed.
    pub(super) fn end_watch(&mut self, name: &[u8]) {
        let hash = self.hasher.hash_one(name);
        if let Some((index, _)) = self.find_slot(hash, name) {
            self.clear_slot(index);
        }
    }

    pub(super) fn end_all_watches(&mut self) {
        self.by_name.clear();
        self.slots.clear();
        self.free.clear();
        self.hand = 0;
    }

    /// Makes room for one more: returns the index of a new slot, or of that of a marker that is read seldom.
    fn make_room(&mut self) -> Option<u32> {
        if let Some(index) = self.free.pop() {
            return Some(index);
        }
        if self.slots.len() < self.capacity {
            return u32::try_from(self.slots.len()).ok();
        }
        // The hand goes twice round: the first time may find all of them used.
        for _ in 0..self.slots.len().saturating_mul(2) {
            let index = self.hand;
            let next = index.saturating_add(1);
            self.hand = if next < self.slots.len() { next } else { 0 };
            let slot = self.slots.get(index)?;
            if !slot.is_used.swap(false, Ordering::Relaxed) {
                self.clear_slot(u32::try_from(index).ok()?);
                return self.free.pop();
            }
        }
        None
    }

    fn clear_slot(&mut self, index: u32) {
        let Some(slot) = self.slots.get_mut(index as usize) else {
            return;
        };
        slot.token = None;
        // No hold has this number.
        slot.number = 0;
        slot.name = Box::default();
        if let Ok(there) = self.by_name.find_entry(slot.hash, |there| *there == index) {
            there.remove();
            self.free.push(index);
        }
    }
}

#[cfg(test)]
mod model;
