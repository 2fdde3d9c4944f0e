//! Every function shape that needs no other crate, where every lint speaks and the usual names are taken.
//!
//! It depends on cached-core alone. `count` stands for what a function does when it runs.

#![forbid(unsafe_code)]
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused,
    unused_qualifications,
    single_use_lifetimes,
    rust_2018_idioms,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    rustdoc::all
)]

pub mod arguments;
pub mod blocks;
pub mod bodies;
pub mod futures;
pub mod generics;
pub mod methods;
pub mod returns;
pub mod settings;
pub mod traits;
pub mod writes;

mod taken;

pub use taken::{alloc, cached_core, core, std};

/// The body of every function here.
pub type Count = fn() -> u32;
