//! What the crates promise, one module per behaviour.
// A test says what is wrong by panicking.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod by_key;
mod faults;
mod fixture;
mod shapes;
mod single_flight;
