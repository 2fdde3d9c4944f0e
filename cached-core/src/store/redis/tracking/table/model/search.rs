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

/// The result of a search.
#[derive(Debug, Default)]
pub(super) struct SearchResult {
    pub(super) states: usize,
    pub(super) broken: Option<Broken>,
    /// The steps of the first history that breaks.
    pub(super) example: Vec<(&'static str, usize)>,
}

/// Searches all histories, or those up to the first that breaks.
pub(super) fn search(scenario: &Scenario) -> SearchResult {
    let mut search = Search {
        scenario,
        known: HashSet::new(),
        path: Vec::new(),
    };
    let broken = search.visit(&State::start(scenario)).err();
    SearchResult {
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
    fn visit(&mut self, state: &State) -> Result<(), Broken> {
        let mut fingerprint = DefaultHasher::new();
        state.hash(&mut fingerprint);
        if !self.known.insert(fingerprint.finish()) {
            return Ok(());
        }
        state.check_when_quiet()?;
        for next in state.transitions(self.scenario) {
            self.path.push(next.event);
            self.visit(&next.result?)?;
            self.path.pop();
        }
        Ok(())
    }
}

impl Clone for Table {
    fn clone(&self) -> Self {
        Self {
            slots: self.slots.clone(),
            by_name: self.by_name.clone(),
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

/// Hashes all that matters for what happens next.
impl Hash for Table {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for slot in &self.slots {
            let is_used = slot.is_used.load(Ordering::Relaxed);
            (&slot.name, slot.number, slot.round, slot.token, is_used).hash(state);
        }
        let mut indices: Vec<u32> = self.by_name.iter().copied().collect();
        indices.sort_unstable();
        (indices, &self.free, self.hand, self.last_number, self.round).hash(state);
    }
}
