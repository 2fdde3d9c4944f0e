//! Responses behind a `CacheLayer`, through a router.
// A test says what is wrong by panicking.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod bad_input;
mod cache_control;
mod cache_status;
mod client_cache_control;
mod conditional;
mod ends;
mod fixture;
mod wire;
