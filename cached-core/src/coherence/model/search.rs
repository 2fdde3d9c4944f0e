//! Depth-first search through all histories of a scenario. Each state is visited once; how many histories
//! lead on from it is remembered, so that they are counted, not only found.
//!
//! A state is remembered by a fingerprint of 64 bits: with n states, the chance that two share one, so
//! that one of them is not looked at, is below n² / 2⁶⁵ (for ten million: 3 in a million).

use std::{
    collections::HashMap,
    fmt,
    hash::{BuildHasherDefault, Hasher},
    time::{Duration, Instant},
};

use super::{
    server::{Keys, show},
    state::{Broken, State},
    world::{Actor, Transition, World},
};

/// The number of histories that go on from a state, and of those that break. A history ends where it breaks.
#[derive(Clone, Copy, Debug, Default)]
struct Histories {
    all: f32,
    broken: f32,
}

/// The result of a search.
#[derive(Clone, Debug, Default)]
pub(super) struct SearchResult {
    pub(super) states: usize,
    pub(super) transitions: u64,
    pub(super) histories: f32,
    pub(super) broken: f32,
    /// The steps of the first history that breaks.
    pub(super) example: Vec<String>,
    pub(super) took: Duration,
}

impl fmt::Display for SearchResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} states, {} transitions, {:.1} s: {} of {:.2e} histories break",
            self.states,
            self.transitions,
            self.took.as_secs_f32(),
            self.broken,
            self.histories,
        )
    }
}

pub(super) struct Search<'a> {
    world: &'a World,
    known: HashMap<u64, Histories, BuildHasherDefault<IdentityHasher>>,
    path: Vec<(Actor, &'static str, Keys)>,
    result: SearchResult,
    until_broken: bool,
}

impl<'a> Search<'a> {
    /// Begins a search of all histories, or of those up to the first that breaks.
    pub(super) fn new(world: &'a World, until_broken: bool) -> Self {
        Self {
            world,
            known: HashMap::default(),
            path: Vec::new(),
            result: SearchResult::default(),
            until_broken,
        }
    }

    pub(super) fn run(mut self) -> SearchResult {
        let began = Instant::now();
        let histories = self.visit(&self.world.scenario.start());
        self.result.histories = histories.all;
        self.result.broken = histories.broken;
        self.result.states = self.known.len();
        self.result.took = began.elapsed();
        self.result
    }

    fn visit(&mut self, state: &State) -> Histories {
        let fingerprint = state.fingerprint();
        if let Some(histories) = self.known.get(&fingerprint) {
            return *histories;
        }
        if self.world.would_be_stale(state) {
            return self.end_broken(Broken::WouldBeStale);
        }
        if self.world.is_at_rest(state)
            && let Some(broken) = self.world.check_at_rest(state)
        {
            return self.end_broken(broken);
        }
        let transitions = self.world.transitions(state);
        let mut histories = Histories::default();
        if transitions.is_empty() {
            if !self.world.is_at_rest(state) {
                return self.end_broken(Broken::Hangs);
            }
            histories.all = 1.0;
        }
        for next in transitions {
            if self.until_broken && !self.result.example.is_empty() {
                break;
            }
            self.result.transitions += 1;
            let onward = self.follow(&next);
            histories.all += onward.all;
            histories.broken += onward.broken;
        }
        self.known.insert(fingerprint, histories);
        histories
    }

    fn follow(&mut self, next: &Transition) -> Histories {
        if self.result.example.is_empty() {
            self.path.push((next.actor, next.what, next.keys));
        }
        let onward = match next.state.broken {
            Some(broken) => self.end_broken(broken),
            None => self.visit(&next.state),
        };
        self.path.pop();
        onward
    }

    fn end_broken(&mut self, broken: Broken) -> Histories {
        if self.result.example.is_empty() {
            self.result.example = (self.path.iter())
                .map(|(actor, what, keys)| format!("{actor:?} {what} {}", show(*keys)))
                .collect();
            self.result.example.push(format!("{broken:?}"));
        }
        Histories {
            all: 1.0,
            broken: 1.0,
        }
    }
}

/// The hasher of fingerprints, which need no hashing.
#[derive(Default)]
struct IdentityHasher(u64);

impl Hasher for IdentityHasher {
    fn write(&mut self, _: &[u8]) {
        unreachable!("fingerprints are numbers");
    }

    fn write_u64(&mut self, fingerprint: u64) {
        self.0 = fingerprint;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
