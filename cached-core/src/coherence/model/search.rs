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
    world::{Move, Who, World},
};

/// How many histories go on from a state, and how many of them break. A history ends where it breaks.
#[derive(Clone, Copy, Debug, Default)]
struct Histories {
    all: f32,
    broken: f32,
}

/// What a search has found.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) states: usize,
    pub(super) moves: u64,
    pub(super) histories: f32,
    pub(super) broken: f32,
    /// How the first broken history goes.
    pub(super) example: Vec<String>,
    pub(super) took: Duration,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} states, {} moves, {:.1} s: {} of {:.2e} histories break",
            self.states,
            self.moves,
            self.took.as_secs_f32(),
            self.broken,
            self.histories,
        )
    }
}

pub(super) struct Search<'a> {
    world: &'a World,
    known: HashMap<u64, Histories, BuildHasherDefault<AsItIs>>,
    path: Vec<(Who, &'static str, Keys)>,
    found: Found,
    until_broken: bool,
}

impl<'a> Search<'a> {
    /// Of all histories, or of those up to the first that breaks.
    pub(super) fn new(world: &'a World, until_broken: bool) -> Self {
        Self {
            world,
            known: HashMap::default(),
            path: Vec::new(),
            found: Found::default(),
            until_broken,
        }
    }

    pub(super) fn run(mut self) -> Found {
        let began = Instant::now();
        let histories = self.from(&self.world.scenario.start());
        self.found.histories = histories.all;
        self.found.broken = histories.broken;
        self.found.states = self.known.len();
        self.found.took = began.elapsed();
        self.found
    }

    fn from(&mut self, state: &State) -> Histories {
        let fingerprint = state.fingerprint();
        if let Some(histories) = self.known.get(&fingerprint) {
            return *histories;
        }
        if self.world.would_be_stale(state) {
            return self.breaks(Broken::WouldBeStale);
        }
        if self.world.is_at_rest(state)
            && let Some(broken) = self.world.look_after(state)
        {
            return self.breaks(broken);
        }
        let moves = self.world.moves(state);
        let mut histories = Histories::default();
        if moves.is_empty() {
            if !self.world.is_at_rest(state) {
                return self.breaks(Broken::Hangs);
            }
            histories.all = 1.0;
        }
        for next in moves {
            if self.until_broken && !self.found.example.is_empty() {
                break;
            }
            self.found.moves += 1;
            let onward = self.after(&next);
            histories.all += onward.all;
            histories.broken += onward.broken;
        }
        self.known.insert(fingerprint, histories);
        histories
    }

    fn after(&mut self, next: &Move) -> Histories {
        if self.found.example.is_empty() {
            self.path.push((next.who, next.what, next.keys));
        }
        let onward = match next.state.broken {
            Some(broken) => self.breaks(broken),
            None => self.from(&next.state),
        };
        self.path.pop();
        onward
    }

    fn breaks(&mut self, broken: Broken) -> Histories {
        if self.found.example.is_empty() {
            self.found.example = (self.path.iter())
                .map(|(who, what, keys)| format!("{who:?} {what} {}", show(*keys)))
                .collect();
            self.found.example.push(format!("{broken:?}"));
        }
        Histories {
            all: 1.0,
            broken: 1.0,
        }
    }
}

/// Fingerprints need no hashing.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
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
