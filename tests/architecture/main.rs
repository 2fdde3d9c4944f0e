//! The architecture of the three crates, read from their sources and held against `ARCHITECTURE.md`.
//!
//! The page says which rooms there are, which of them a room may use, which names have one owner, and how a call walks
//! through the files. A table that says more than the code does is as wrong as code that does more than the table says.
//! Each rule has a module of its own below [`rules`], with a small tree in which it is broken.
// A test says what is wrong by panicking.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod checkout;
mod crate_tree;
mod markdown;
mod mentions;
mod report;
mod room_table;
mod rules;
mod test_code;
mod tokens;

use checkout::Checkout;

/// The page with the tables and the walks.
const PAGE: &str = "ARCHITECTURE.md";

/// The crates that have rooms.
const CRATES: [&str; 3] = ["cached-core", "cached-macros", "cached-axum"];

#[test]
fn the_code_is_built_as_the_page_says() {
    let violations = rules::check(&Checkout::read());
    assert!(violations.is_empty(), "{}", report::written(violations));
}
