//! The cache as seen from outside: events, statistics, observers, health.

pub(crate) mod event;
pub(crate) mod health;
pub(crate) mod observer;
pub(crate) mod stats;
