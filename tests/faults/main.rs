//! Redis dies, hangs, lies and comes back, under load: what callers see of it.

// A test says what is wrong by panicking.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod bounds;
mod breaker;
mod crowd;
mod fixture;
mod metronome;
mod outages;
mod replies;
mod restarts;
mod start;
mod storms;
