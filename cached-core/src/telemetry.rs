//! The cache as others see it: events, statistics, observers, health.

pub(crate) mod event;
pub(crate) mod health;
pub(crate) mod observer;
pub(crate) mod stats;
