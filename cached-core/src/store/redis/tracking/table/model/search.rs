//! Depth-first search through all histories of a scenario. Each state is visited once, and remembered by a
//! fingerprint of 64 bits: the chance that two of a million share one is below 3 in 10⁸.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    sync::atomic::{AtomicBool, Ordering},
};

use super::{
    super::{Slot, Table},
    scenario::Scenario,
    world::{Broken, State},
};

/// What a search has found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) states: usize,
    pub(super) broken: Option<Broken>,
    /// How the first history that breaks goes.
    pub(super) example: Vec<(&'static str, usize)>,
}

/// All histories, or those up to the first that breaks.
pub(super) fn search(scenario: &Scenario) -> Found {
    let mut search = Search {
        scenario,
        known: HashSet::new(),
        path: Vec::new(),
    };
    let broken = search.from(&State::start(scenario)).err();
    Found {
        states: search.known.len(),
        broken,
        example: search.path,
    }
}

struct Search<'a> {
    scenario: &'a Scenario,
    known: HashSet<u64>,
    path: Vec<(&'static str, usize)>,
}

impl Search<'_> {
    fn from(&mut self, state: &State) -> Result<(), Broken> {
        let mut fingerprint = DefaultHasher::new();
        state.hash(&mut fingerprint);
        if !self.known.insert(fingerprint.finish()) {
            return Ok(());
        }
        state.look_after()?;
        for next in state.moves(self.scenario) {
            self.path.push(next.what);
            self.from(&next.end?)?;
            self.path.pop();
        }
        Ok(())
    }
}

impl Clone for Table {
    fn clone(&self) -> Self {
        Self {
            slots: self.slots.clone(),
            places: self.places.clone(),
            hasher: self.hasher.clone(),
            free: self.free.clone(),
            ..*self
        }
    }
}

impl Clone for Slot {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            is_used: AtomicBool::new(self.is_used.load(Ordering::Relaxed)),
            ..*self
        }
    }
}

/// All that matters for what happens next.
impl Hash for Table {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for slot in &self.slots {
            let is_used = slot.is_used.load(Ordering::Relaxed);
            (&slot.name, slot.number, slot.round, slot.token, is_used).hash(state);
        }
        let mut places: Vec<u32> = self.places.iter().copied().collect();
        places.sort_unstable();
        (places, &self.free, self.hand, self.begun, self.round).hash(state);
    }
}
