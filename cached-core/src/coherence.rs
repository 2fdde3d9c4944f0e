//! The rules of freshness: which entries still count, and what this process has invalidated and stored.
//!
//! [`rules`] has the pure decisions, and `model` enumerates every interleaving of them. What a process knows by itself is
//! in [`epochs`] (what it has invalidated), [`journal`] (what of that the store has not confirmed) and [`own_stores`].

pub(crate) mod epochs;
pub(crate) mod journal;
#[cfg(test)]
mod model;
pub(crate) mod outcome;
pub(crate) mod own_stores;
pub(crate) mod rules;
