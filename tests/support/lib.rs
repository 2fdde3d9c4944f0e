//! Fixtures that every test of this workspace may use.
//!
//! [`RedisServer`] is a real server of our own, [`Proxy`] a way to it that can be disturbed, [`every_store`] runs one
//! body against every store, and [`CountingLoader`] is a function body that counts its runs and can be held back.
// A fixture that cannot do its work ends the test, loudly: that is its way of returning an error.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::unwrap_used
)]

mod callgrind;
mod loader;
mod proxy;
mod resp;
mod server;
mod stores;

pub use callgrind::{count_instructions, has_valgrind};
pub use loader::CountingLoader;
pub use proxy::{Proxy, Way};
pub use resp::{Connection, Reply};
pub use server::{Dump, Occupied, RedisServer, ServerBuilder};
pub use stores::{Aging, Store, every_store, namespace};

/// The programs in the README are compiled and run with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
