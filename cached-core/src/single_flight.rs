//! [`Flights`]: one load per key in a process.
//!
//! The first call that misses a key leads: it runs its body. Those that miss the key meanwhile
//! follow: they wait for the leader's value. What a follower may rely on:
//!
//! - It gets the value of a load that may answer it: one that had not begun when it came, or one whose
//!   captures it has seen itself, by its own read ([`rules::joins`](crate::coherence::rules::joins)), with nothing invalidated in
//!   this process since.
//! - A leader that is cancelled, or panics, hands over: one follower leads with its own body.
//! - A leader that finds an answer for itself alone, before it loads, abandons the flight: all followers read
//!   again for themselves; it hands them to no other flight.
//! - A leader whose result cannot be shared releases all followers to run their own bodies, a few
//!   at a time; as soon as one has a value that can be shared, the others take it.
//! - Nobody waits longer than `follower_wait`.
//!
//! Wording and the guard against cancellation follow moka's `future::Cache::get_with`.

use std::{sync, time::Duration};

use tokio::sync::Notify;

use crate::{
    clock,
    coherence::epochs::{Epoch, Epochs},
};

mod flight;
mod flights;
mod follower;
mod leader;

pub(crate) use flight::{Flight, LoadStart};
pub(crate) use flights::{Flights, LoadCaller, Role};
pub(crate) use follower::{FollowOutcome, Follower, Lone};
pub(crate) use leader::{Completed, Lead};

impl Follower {
    /// Waits until it is clear what this call does; gives up after `patience`.
    pub(crate) async fn turn(self, patience: Duration) -> FollowOutcome {
        clock::within(patience, self.follow())
            .await
            .unwrap_or(FollowOutcome::GaveUp)
    }
}

#[cfg(test)]
mod tests;
