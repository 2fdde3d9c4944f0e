//! [`Flights`]: the flights under way, and the one that a call joins.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use hashbrown::DefaultHashBuilder;
use smallvec::SmallVec;

use super::{
    Epochs, Follower, Lead, clock,
    flight::{self, Flight, FlightState, LoadStart, Phase},
    sync::{Mutex, MutexGuard},
};
use crate::{codec::Shared, coherence::rules::View, format::freshness::Lifetime, key::Key};

/// The flights of one cache, by the keys they load. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Flights(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    by_key: Mutex<ByKey>,
    pub(super) epochs: Epochs,
    /// The greatest age of a load that a call joins, if that is limited.
    pub(super) max_load_age: Option<Duration>,
}

/// The flights of each key. There can be several: those that began before an invalidation, and one after it.
pub(super) type ByKey = HashMap<Box<[u8]>, SmallVec<[Arc<Flight>; 1]>, DefaultHashBuilder>;

/// A call that has missed, as far as flights are concerned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoadCaller<'a> {
    pub(crate) key: &'a Key,
    pub(crate) began: Instant,
    /// The state of the store that it saw; `None` if the store did not answer.
    pub(crate) saw: Option<&'a View>,
}

/// The role of a call on a flight.
#[derive(Debug)]
pub(crate) enum Role {
    Lead(Lead),
    Follow(Follower),
}

impl Flights {
    pub(crate) fn new(epochs: Epochs, max_load_age: Option<Duration>) -> Self {
        Self(Arc::new(Inner {
            by_key: Mutex::default(),
            epochs,
            max_load_age,
        }))
    }

    /// Joins a flight that may answer `caller`, or a new one, which it leads.
    pub(crate) fn join(&self, caller: LoadCaller<'_>, parallel: usize) -> Role {
        let mut by_key = self.lock();
        if let Some(follower) = self.follow(&by_key, caller, None) {
            return Role::Follow(follower);
        }
        let flight = Arc::new(Flight::new(self, caller.key, parallel));
        by_key
            .entry(caller.key.local().into())
            .or_default()
            .push(Arc::clone(&flight));
        Role::Lead(Lead::new(flight))
    }

    /// Joins a flight that may answer `caller`, if there is one `except` this.
    pub(super) fn follow(
        &self,
        by_key: &ByKey,
        caller: LoadCaller<'_>,
        except: Option<&Arc<Flight>>,
    ) -> Option<Follower> {
        let mut flights = by_key.get(caller.key.local())?.iter();
        let flight = flights.find(|flight| {
            let mut state = flight.lock_state();
            let joins = except.is_none_or(|except| !Arc::ptr_eq(except, flight))
                && self.0.admits(&state, caller);
            if joins {
                state.followers = state.followers.saturating_add(1);
            }
            joins
        })?;
        Some(Follower::new(flight))
    }

    /// Returns the value of a load that is over, and whose entry may not have reached the store yet, for a call
    /// that found nothing there; and its lifetime, where that is known.
    pub(crate) fn completed(&self, caller: LoadCaller<'_>) -> Option<(Shared, Lifetime)> {
        let by_key = self.lock();
        by_key.get(caller.key.local())?.iter().find_map(|flight| {
            let state = flight.lock_state();
            match &state.phase {
                Phase::Completed { fresh, .. } if self.0.admits(&state, caller) => {
                    let shared = flight.result()?.clone();
                    let lifetime = fresh.map(|(since, ttl)| {
                        let lived = clock::instant().saturating_duration_since(since);
                        Lifetime::coming(ttl, lived)
                    });
                    Some((shared, lifetime.unwrap_or_default()))
                }
                _ => None,
            }
        })
    }

    /// Returns the keys that are being loaded.
    pub(crate) fn keys(&self) -> Vec<Key> {
        let by_key = self.lock();
        let flights = by_key.values().flatten();
        flights.map(|flight| flight.key.clone()).collect()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, ByKey> {
        flight::lock(&self.0.by_key)
    }
}

impl Inner {
    fn admits(&self, state: &FlightState, caller: LoadCaller<'_>) -> bool {
        let age = |begun: &LoadStart| caller.began.saturating_duration_since(begun.began);
        let is_too_old = self
            .max_load_age
            .zip(state.begun.as_ref())
            .is_some_and(|(max_age, begun)| age(begun) > max_age);
        !is_too_old && state.admits(caller, &self.epochs)
    }
}

/// Removes `flight`.
pub(super) fn remove(by_key: &mut ByKey, flight: &Arc<Flight>) {
    if let Some(flights) = by_key.get_mut(flight.key.local()) {
        flights.retain(|found| !Arc::ptr_eq(found, flight));
        if flights.is_empty() {
            by_key.remove(flight.key.local());
        }
    }
}
