//! [`Flights`]: one load per key in a process.
//!
//! The first call that misses a key leads: it runs its body. Those that miss the key meanwhile
//! follow: they wait for the leader's value. What a follower may rely on:
//!
//! - It gets the value of a load that may answer it: one that had not begun when it came, or one whose
//!   captures it has seen itself, by its own read ([`generation::joins`]), with nothing invalidated in
//!   this process since.
//! - A leader that is cancelled, or panics, hands over: one follower leads with its own body.
//! - A leader that finds an answer for itself alone, before it loads, sends all followers back to read
//!   for themselves; it hands them to no other flight.
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

use smallvec::SmallVec;

use crate::{
    Key, clock,
    codec::Shared,
    generation::{self, Captures, Stage, View},
    generations::{Epoch, Generations},
};

/// The flights of one cache, by the keys they load. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Flights(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    by_key: Mutex<ByKey>,
    generations: Generations,
}

/// Of one key there can be several: those that began before an invalidation, and one after it.
type ByKey = HashMap<Box<[u8]>, SmallVec<[Arc<Flight>; 1]>, DefaultHashBuilder>;

/// One load, shared by all calls that missed its key while it was under way.
///
/// Where both locks are held, the one of [`Flights`] is taken first.
#[derive(Debug)]
pub(crate) struct Flight {
    key: Key,
    board: Mutex<Board>,
    changed: Notify,
    /// Lets a few followers at a time run their own bodies, once a load could not be shared.
    alone: Arc<Semaphore>,
}

#[derive(Debug)]
struct Board {
    state: State,
    followers: usize,
    /// What the load began with, once it has begun.
    begun: Option<Captured>,
}

/// What was there before a load began.
#[derive(Clone, Debug)]
pub(crate) struct Captured {
    /// The generation of this process.
    pub(crate) at: Epoch,
    /// The moment it began.
    pub(crate) began: Instant,
    /// In the store; `None` if it did not answer, or if nothing may be written there.
    pub(crate) from: Option<Captures>,
}

#[derive(Debug)]
enum State {
    /// A leader is about to run its body, or runs it.
    Loading,
    /// The leader is gone without a result: a follower, or the next call to come by, leads.
    Vacant,
    /// The leader found its answer before it loaded: everybody reads again.
    Dissolved,
    /// There is a result. Once it has `ended`, only calls that began before may take it.
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
    /// Read again: what the leader found is for the leader alone.
    Again,
    /// Take this.
    Shared(Shared),
    /// Run the body alone: the leader's result could not be shared. The permit counts those who do.
    Alone(Lone),
    /// Run the body alone: the leader took too long.
    GaveUp,
}

/// A call that has missed, as far as flights are concerned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passenger<'a> {
    pub(crate) key: &'a Key,
    pub(crate) began: Instant,
    /// What it saw in the store; `None` if the store did not answer.
    pub(crate) saw: Option<&'a View>,
}

impl Flights {
    pub(crate) fn new(generations: Generations) -> Self {
        Self(Arc::new(Inner {
            by_key: Mutex::default(),
            generations,
        }))
    }

    /// Boards a flight that may answer `passenger`, or a new one, which it leads.
    pub(crate) fn board(&self, passenger: Passenger<'_>, parallel: usize) -> Boarding {
        let mut by_key = self.lock();
        if let Some(follower) = self.follow(&by_key, passenger, None) {
            return Boarding::Follow(follower);
        }
        let flight = Arc::new(Flight {
            key: passenger.key.clone(),
            board: Mutex::new(Board {
                state: State::Loading,
                followers: 0,
                begun: None,
            }),
            changed: Notify::new(),
            alone: Arc::new(Semaphore::new(parallel)),
        });
        by_key
            .entry(passenger.key.local().into())
            .or_default()
            .push(Arc::clone(&flight));
        Boarding::Lead(Lead::new(self, flight))
    }

    /// A place on a flight that may answer `passenger`, `but` for one.
    fn follow(
        &self,
        by_key: &ByKey,
        passenger: Passenger<'_>,
        but: Option<&Arc<Flight>>,
    ) -> Option<Follower> {
        let mut flights = by_key.get(passenger.key.local())?.iter();
        let flight = flights.find(|flight| {
            let mut board = lock(&flight.board);
            let joins = but.is_none_or(|but| !Arc::ptr_eq(but, flight))
                && board.admits(passenger, &self.0.generations);
            if joins {
                board.followers = board.followers.saturating_add(1);
            }
            joins
        })?;
        Some(Follower {
            flights: self.clone(),
            flight: Arc::clone(flight),
        })
    }

    /// The value of a load that is over, and whose entry may not have reached the store yet, for a call
    /// that found nothing there.
    pub(crate) fn landed(&self, passenger: Passenger<'_>) -> Option<Shared> {
        let by_key = self.lock();
        by_key
            .get(passenger.key.local())?
            .iter()
            .find_map(|flight| {
                let board = lock(&flight.board);
                match &board.state {
                    State::Landed { shared, .. }
                        if board.admits(passenger, &self.0.generations) =>
                    {
                        Some(shared.clone())
                    }
                    _ => None,
                }
            })
    }

    /// The keys that are being loaded.
    pub(crate) fn keys(&self) -> Vec<Key> {
        let by_key = self.lock();
        let flights = by_key.values().flatten();
        flights.map(|flight| flight.key.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, ByKey> {
        lock(&self.0.by_key)
    }
}

/// Takes `flight` out.
fn remove(by_key: &mut ByKey, flight: &Arc<Flight>) {
    if let Some(flights) = by_key.get_mut(flight.key.local()) {
        flights.retain(|found| !Arc::ptr_eq(found, flight));
        if flights.is_empty() {
            by_key.remove(flight.key.local());
        }
    }
}

impl Board {
    /// Whether `passenger` may take what this flight gives, or will give.
    fn admits(&self, passenger: Passenger<'_>, generations: &Generations) -> bool {
        let in_time = match &self.state {
            // A new leader begins its load after this.
            State::Vacant => return true,
            State::Loading => true,
            State::Landed { ended, .. } => ended.is_none_or(|ended| passenger.began < ended),
            State::Dissolved | State::Unshareable => false,
        };
        let stage = match &self.begun {
            None => Stage::NotBegun,
            Some(captured) if generations.holds_exactly(passenger.key, captured.at) => {
                Stage::Begun(captured.from.as_ref())
            }
            // Something was invalidated here since; the store may not know it yet.
            Some(_) => return false,
        };
        in_time && generation::joins(stage, passenger.saw)
    }
}

impl Flight {
    fn set(&self, state: State) {
        // What it replaces may hold a value, whose `Drop` is the user's code: not under the lock.
        let replaced = std::mem::replace(&mut lock(&self.board).state, state);
        self.changed.notify_waiters();
        drop(replaced);
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
            State::Dissolved => Now::Turn(Turn::Again),
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
        let mut by_key = self.flights.lock();
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

    /// Whether a leader before this one had begun: what it captured precedes this load as well.
    pub(crate) fn inherits(&self) -> bool {
        self.flight
            .as_ref()
            .is_some_and(|flight| lock(&flight.board).begun.is_some())
    }

    /// Looks, after the capture, for another flight that may answer this call: one that began before,
    /// with the same captures. Then this one is dissolved, and its followers read for themselves.
    pub(crate) fn rejoin(self, passenger: Passenger<'_>) -> Boarding {
        let other = {
            let flights = self.flights.lock();
            self.flights
                .follow(&flights, passenger, self.flight.as_ref())
        };
        match other {
            None => Boarding::Lead(self),
            Some(follower) => {
                self.dissolve();
                Boarding::Follow(follower)
            }
        }
    }

    /// Gives the load up, because this call has its answer: the followers read for themselves.
    pub(crate) fn dissolve(mut self) {
        if let Some(flight) = self.flight.take() {
            remove(&mut self.flights.lock(), &flight);
            flight.set(State::Dissolved);
        }
    }

    /// From now on it can be joined only by calls that saw what was captured.
    pub(crate) fn begin(&self, from: Option<Captures>) -> Captured {
        let captured = Captured {
            at: self.flights.0.generations.now(),
            began: clock::instant(),
            from,
        };
        if let Some(flight) = &self.flight {
            let mut board = lock(&flight.board);
            match &board.begun {
                // The dead leader's: those who follow have seen these.
                Some(captured) => return captured.clone(),
                None => board.begun = Some(captured.clone()),
            }
        }
        captured
    }

    /// Gives the result to the followers: all that wait, and those that come before
    /// [`Landed::end`]. Without one they run their own bodies, and nothing is left to join.
    pub(crate) fn land(mut self, shared: Option<Shared>) -> Option<Landed> {
        let flight = self.flight.take()?;
        let Some(shared) = shared else {
            remove(&mut self.flights.lock(), &flight);
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
        let mut by_key = self.flights.lock();
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
        remove(&mut self.flights.lock(), &self.flight);
    }
}

// No code of a user runs under these locks, so a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
