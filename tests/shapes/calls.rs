//! Fates of a call.

mod at_once;
mod dropped;
mod spawned;
