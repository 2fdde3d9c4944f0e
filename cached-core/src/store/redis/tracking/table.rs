//! [`Table`]: the markers that are watched, and their tokens.

use std::{
    hash::BuildHasher,
    sync::atomic::{AtomicBool, Ordering},
};

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::format::entry::Token;

/// A bounded table. What makes room is found by the clock algorithm (Corbató, 1968).
#[derive(Debug)]
pub(super) struct Table {
    slots: Vec<Slot>,
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// Slots that nothing is in.
    free: Vec<u32>,
    capacity: usize,
    hand: usize,
    /// Counts markers that were begun: no two holds are alike.
    begun: u64,
    /// Counts time: what was begun before the last one is begun again.
    round: u64,
}

#[derive(Debug)]
struct Slot {
    name: Box<str>,
    hash: u64,
    /// Of what is in it now; of nothing, the latest that was.
    number: u64,
    /// The one in which it was begun.
    round: u64,
    /// None while it is on its way.
    token: Option<Token>,
    is_used: AtomicBool,
}

/// What is known of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It is watched, or on its way.
    Watched,
    /// It was watched for so long that it is to be begun again.
    Over,
    /// Nothing; its name has this hash.
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
            places: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            free: Vec::new(),
            capacity,
            hand: 0,
            begun: 0,
            round: 0,
        }
    }

    pub(super) fn is_at(&self, round: u64) -> bool {
        self.round == round
    }

    /// Time goes on.
    pub(super) fn go_to(&mut self, round: u64) {
        self.round = round;
    }

    /// Whether this marker is watched, or is to be begun.
    pub(super) fn state(&self, name: &str) -> State {
        let hash = self.hasher.hash_one(name.as_bytes());
        match self.find_slot(hash, name.as_bytes()) {
            None => State::Unknown(hash),
            Some((_, slot)) if self.is_over(slot) => State::Over,
            Some(_) => State::Watched,
        }
    }

    fn is_over(&self, slot: &Slot) -> bool {
        slot.round.saturating_add(1) < self.round
    }

    fn find_slot(&self, hash: u64, name: &[u8]) -> Option<(u32, &Slot)> {
        let is_it = |place: &u32| {
            let slot = self.slots.get(*place as usize);
            slot.is_some_and(|slot| slot.name.as_bytes() == name)
        };
        let place = *self.places.find(hash, is_it)?;
        Some((place, self.slots.get(place as usize)?))
    }

    /// The hold of a marker whose token is here.
    pub(super) fn find(&self, name: &str) -> Option<Hold> {
        let hash = self.hasher.hash_one(name.as_bytes());
        let (place, slot) = self.find_slot(hash, name.as_bytes())?;
        slot.token?;
        if self.is_over(slot) {
            return None;
        }
        // Written only where it is not yet: readers share the line.
        if !slot.is_used.load(Ordering::Relaxed) {
            slot.is_used.store(true, Ordering::Relaxed);
        }
        Some(Hold {
            slot: place,
            number: slot.number,
        })
    }

    /// Its token, unless it has changed since.
    pub(super) fn token(&self, hold: Hold) -> Option<Token> {
        let slot = self.slots.get(hold.slot as usize)?;
        slot.token.filter(|_| slot.number == hold.number)
    }

    /// Begins to watch a marker, unless that was begun before. To be called before the server is asked: what it tells
    /// from then on counts.
    pub(super) fn begin(&mut self, name: &str) -> Option<Hold> {
        let hash = match self.state(name) {
            State::Watched => return None,
            State::Over => {
                self.end(name.as_bytes());
                self.hasher.hash_one(name.as_bytes())
            }
            State::Unknown(hash) => hash,
        };
        self.begun = self.begun.saturating_add(1);
        let slot = Slot {
            name: name.into(),
            hash,
            number: self.begun,
            round: self.round,
            token: None,
            is_used: AtomicBool::new(false),
        };
        let place = self.room()?;
        match self.slots.get_mut(place as usize) {
            Some(free) => *free = slot,
            None => self.slots.push(slot),
        }
        let Self { slots, places, .. } = self;
        let hash_of = |place: &u32| slots.get(*place as usize).map_or(0, |slot| slot.hash);
        places.insert_unique(hash, place, hash_of);
        Some(Hold {
            slot: place,
            number: self.begun,
        })
    }

    /// What the server has answered; no token where there was none, or no answer. Counts for nothing if the server
    /// has told of a change since.
    pub(super) fn learn(&mut self, hold: Hold, token: Option<Token>) {
        let Some(slot) = self.slots.get_mut(hold.slot as usize) else {
            return;
        };
        if slot.number != hold.number || slot.token.is_some() {
            return;
        }
        match token {
            Some(token) => slot.token = Some(token),
            None => self.clear(hold.slot),
        }
    }

    /// Watches this marker no more: it has changed.
    pub(super) fn end(&mut self, name: &[u8]) {
        let hash = self.hasher.hash_one(name);
        if let Some((place, _)) = self.find_slot(hash, name) {
            self.clear(place);
        }
    }

    pub(super) fn end_all(&mut self) {
        self.places.clear();
        self.slots.clear();
        self.free.clear();
        self.hand = 0;
    }

    /// A slot for one more: a new one, or that of what is read least.
    fn room(&mut self) -> Option<u32> {
        if let Some(place) = self.free.pop() {
            return Some(place);
        }
        if self.slots.len() < self.capacity {
            return u32::try_from(self.slots.len()).ok();
        }
        // Twice round: the first time may find all of them used.
        for _ in 0..self.slots.len().saturating_mul(2) {
            let place = self.hand;
            let next = place.saturating_add(1);
            self.hand = if next < self.slots.len() { next } else { 0 };
            let slot = self.slots.get(place)?;
            if !slot.is_used.swap(false, Ordering::Relaxed) {
                self.clear(u32::try_from(place).ok()?);
                return self.free.pop();
            }
        }
        None
    }

    fn clear(&mut self, place: u32) {
        let Some(slot) = self.slots.get_mut(place as usize) else {
            return;
        };
        slot.token = None;
        // A number that no hold has.
        slot.number = 0;
        slot.name = Box::default();
        if let Ok(there) = self.places.find_entry(slot.hash, |there| *there == place) {
            there.remove();
            self.free.push(place);
        }
    }
}

#[cfg(test)]
mod model;
