//! The rules of freshness: which entries still count, and what this process has invalidated and stored.
//!
//! `rules` has the pure decisions, `model` enumerates every interleaving of them.

pub(crate) mod epochs;
pub(crate) mod journal;
#[cfg(test)]
mod model;
pub(crate) mod outcome;
pub(crate) mod own_stores;
pub(crate) mod rules;
