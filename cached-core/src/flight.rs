//! [`Flights`]: one load per key in a process.
//!
//! The first call that misses a key leads: it runs its body. Those that miss the key meanwhile
//! follow: they wait for the leader's value. What a follower may rely on:
//!
//! - It gets the value of a load that had not ended when its own call began.
//! - A leader that is cancelled, or panics, hands over: one follower leads with its own body.
//! - A leader whose result cannot be shared releases all followers to run their own bodies, a few
//!   at a time; as soon as one has a value that can be shared, the others take it.
//! - Nobody waits longer than `follower_wait`.
//!
//! Wording and the guard against cancellation follow moka's `future::Cache::get_with`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use hashbrown::DefaultHashBuilder;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::{clock, codec::Shared};

/// The flights of one cache, by the keys they load. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flights(Arc<Mutex<ByKey>>);

type ByKey = HashMap<Box<[u8]>, Arc<Flight>, DefaultHashBuilder>;

/// One load, shared by all calls that missed its key while it was under way.
///
/// Where both locks are held, the one of [`Flights`] is taken first.
#[derive(Debug)]
pub(crate) struct Flight {
    key: Box<[u8]>,
    board: Mutex<Board>,
    changed: Notify,
    /// Lets a few followers at a time run their own bodies, once a load could not be shared.
    alone: Arc<Semaphore>,
}

#[derive(Debug)]
struct Board {
    state: State,
    followers: usize,
    /// A `set` or `delete` of the key has come since.
    detached: bool,
}

#[derive(Debug)]
enum State {
    /// A leader runs its body.
    Loading,
    /// The leader is gone without a result: a follower, or the next call to come by, leads.
    Vacant,
    /// There is a result; calls that began before `ended` may take it.
    Landed {
        shared: Shared,
        ended: Option<Instant>,
    },
    /// There was a result that cannot be shared: every call runs its own body.
    Unshareable,
}

/// What a call does about its miss.
#[derive(Debug)]
pub(crate) enum Turn {
    /// Run the body, and say how it ended.
    Lead(Lead),
    /// Take this.
    Shared(Shared),
    /// Run the body alone: the leader's result could not be shared. The permit counts those who do.
    Alone(Lone),
    /// Run the body alone: the leader took too long.
    GaveUp,
}

impl Flights {
    /// Boards the flight for `key`, for a call that began at `began`, and has missed.
    pub(crate) fn board(&self, key: &[u8], began: Instant, parallel: usize) -> Boarding {
        let mut by_key = lock(&self.0);
        if let Some(flight) = by_key.get(key) {
            let mut board = lock(&flight.board);
            if board.state.admits(began) {
                board.followers = board.followers.saturating_add(1);
                return Boarding::Follow(Follower {
                    flights: self.clone(),
                    flight: Arc::clone(flight),
                });
            }
        }
        let flight = Arc::new(Flight {
            key: key.into(),
            board: Mutex::new(Board {
                state: State::Loading,
                followers: 0,
                detached: false,
            }),
            changed: Notify::new(),
            alone: Arc::new(Semaphore::new(parallel)),
        });
        by_key.insert(key.into(), Arc::clone(&flight));
        Boarding::Lead(Lead::new(self, flight))
    }

    /// The value of a load that is over, and whose entry may not have reached the store yet, for a
    /// call that began at `began` and found nothing there.
    pub(crate) fn landed(&self, key: &[u8], began: Instant) -> Option<Shared> {
        let by_key = lock(&self.0);
        let board = lock(&by_key.get(key)?.board);
        match &board.state {
            State::Landed { shared, .. } if board.state.admits(began) => Some(shared.clone()),
            _ => None,
        }
    }

    /// From now on nobody joins the flight of `key`; those who did keep it.
    pub(crate) fn detach(&self, key: &[u8]) {
        if let Some(flight) = lock(&self.0).remove(key) {
            lock(&flight.board).detached = true;
        }
    }

    /// As [`detach`](Self::detach), for all keys.
    pub(crate) fn detach_all(&self) {
        for (_, flight) in lock(&self.0).drain() {
            lock(&flight.board).detached = true;
        }
    }
}

/// Takes `flight` out, unless another one has its place.
fn remove(by_key: &mut ByKey, flight: &Arc<Flight>) {
    if by_key
        .get(&flight.key)
        .is_some_and(|found| Arc::ptr_eq(found, flight))
    {
        by_key.remove(&flight.key);
    }
}

impl State {
    fn admits(&self, began: Instant) -> bool {
        match self {
            Self::Loading | Self::Vacant => true,
            Self::Landed { ended, .. } => ended.is_none_or(|ended| began < ended),
            Self::Unshareable => false,
        }
    }
}

impl Flight {
    fn set(&self, state: State) {
        // What it replaces may hold a value, whose `Drop` is the user's code: not under the lock.
        let replaced = std::mem::replace(&mut lock(&self.board).state, state);
        self.changed.notify_waiters();
        drop(replaced);
    }

    fn is_current(&self) -> bool {
        !lock(&self.board).detached
    }
}

/// A call on a flight.
#[derive(Debug)]
pub(crate) enum Boarding {
    Lead(Lead),
    Follow(Follower),
}

/// A call that waits for another call's load. Cancelled at any moment, it leaves nothing behind: a
/// turn it did not take up goes to the next.
#[derive(Debug)]
pub(crate) struct Follower {
    flights: Flights,
    flight: Arc<Flight>,
}

impl Follower {
    pub(crate) fn flight(&self) -> &Arc<Flight> {
        &self.flight
    }

    /// Waits until it is clear what this call does, for as long as `patience`.
    pub(crate) async fn turn(self, patience: Duration) -> Turn {
        clock::within(patience, self.follow())
            .await
            .unwrap_or(Turn::GaveUp)
    }

    async fn follow(&self) -> Turn {
        loop {
            // Registered before the state is read, so that no change is missed in between.
            let changed = self.flight.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            match self.now() {
                Now::Turn(turn) => return turn,
                Now::Wait => changed.await,
                Now::WaitOrRunAlone => tokio::select! {
                    biased;
                    () = changed => {}
                    permit = Arc::clone(&self.flight.alone).acquire_owned() => {
                        return Turn::Alone(Lone {
                            flights: self.flights.clone(),
                            flight: Arc::clone(&self.flight),
                            _permit: permit.ok(),
                        });
                    }
                },
            }
        }
    }

    fn now(&self) -> Now {
        let mut board = lock(&self.flight.board);
        match &board.state {
            State::Loading => Now::Wait,
            State::Vacant => {
                board.state = State::Loading;
                Now::Turn(Turn::Lead(Lead::new(
                    &self.flights,
                    Arc::clone(&self.flight),
                )))
            }
            State::Landed { shared, .. } => Now::Turn(Turn::Shared(shared.clone())),
            State::Unshareable => Now::WaitOrRunAlone,
        }
    }
}

/// What a follower does next.
enum Now {
    Turn(Turn),
    Wait,
    WaitOrRunAlone,
}

impl Drop for Follower {
    fn drop(&mut self) {
        let mut by_key = lock(&self.flights.0);
        let mut board = lock(&self.flight.board);
        board.followers = board.followers.saturating_sub(1);
        if board.followers == 0 && matches!(board.state, State::Vacant) {
            drop(board);
            remove(&mut by_key, &self.flight);
        }
    }
}

/// The right and the duty to load. Dropped without a result, by a cancelled caller or a panicking
/// body, it hands over to a follower.
#[derive(Debug)]
pub(crate) struct Lead {
    flights: Flights,
    flight: Option<Arc<Flight>>,
}

impl Lead {
    fn new(flights: &Flights, flight: Arc<Flight>) -> Self {
        Self {
            flights: flights.clone(),
            flight: Some(flight),
        }
    }

    /// The flight that this call leads.
    pub(crate) fn flight(&self) -> Option<&Arc<Flight>> {
        self.flight.as_ref()
    }

    /// Whether no `set`, `delete` or refresh of its key has come since.
    pub(crate) fn is_current(&self) -> bool {
        self.flight
            .as_ref()
            .is_some_and(|flight| flight.is_current())
    }

    /// Gives the result to the followers: all that wait, and those that come before
    /// [`Landed::end`]. Without one they run their own bodies, and nothing is left to join.
    pub(crate) fn land(mut self, shared: Option<Shared>) -> Option<Landed> {
        let flight = self.flight.take()?;
        let Some(shared) = shared else {
            remove(&mut lock(&self.flights.0), &flight);
            flight.set(State::Unshareable);
            return None;
        };
        flight.set(State::Landed {
            shared,
            ended: None,
        });
        Some(Landed {
            flights: self.flights.clone(),
            flight,
        })
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        let Some(flight) = self.flight.take() else {
            return;
        };
        let mut by_key = lock(&self.flights.0);
        let mut board = lock(&flight.board);
        board.state = State::Vacant;
        if board.followers == 0 {
            drop(board);
            remove(&mut by_key, &flight);
        } else {
            flight.changed.notify_waiters();
        }
    }
}

/// A follower that runs its own body, because the leader's result could not be shared.
#[derive(Debug)]
pub(crate) struct Lone {
    flights: Flights,
    flight: Arc<Flight>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Lone {
    /// Gives the result to the followers that still wait for a permit, if it can be shared.
    pub(crate) fn land(self, shared: Option<Shared>) -> Option<Landed> {
        self.flight.set(State::Landed {
            shared: shared?,
            ended: None,
        });
        Some(Landed {
            flights: self.flights,
            flight: self.flight,
        })
    }
}

/// A flight whose load is over. It can be joined until this is dropped.
#[derive(Debug)]
pub(crate) struct Landed {
    flights: Flights,
    flight: Arc<Flight>,
}

impl Landed {
    /// Whether no `set` or `delete` of its key has come since.
    pub(crate) fn is_current(&self) -> bool {
        self.flight.is_current()
    }

    /// From now on only calls that have begun already may take the result.
    pub(crate) fn end(&self) {
        if let State::Landed { ended, .. } = &mut lock(&self.flight.board).state
            && ended.is_none()
        {
            *ended = Some(clock::instant());
        }
    }
}

impl Drop for Landed {
    fn drop(&mut self) {
        self.end();
        remove(&mut lock(&self.flights.0), &self.flight);
    }
}

// No code of a user runs under these locks, so a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
