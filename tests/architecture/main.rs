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

/// The page for whoever changes something.
const GUIDE: &str = "CONTRIBUTING.md";

#[test]
fn every_path_that_the_guide_for_changes_names_is_there() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = std::fs::read_to_string(root.join(GUIDE)).expect(GUIDE);
    let folders = [
        "benches/",
        "cached-axum/",
        "cached-core/",
        "cached-macros/",
        "tests/",
    ];
    // What stands between a pair of backticks.
    let named = page.split('`').skip(1).step_by(2);
    let paths = named.filter(|name| folders.iter().any(|folder| name.starts_with(folder)));
    let paths: Vec<&str> = paths.filter(|path| !path.contains('*')).collect();
    assert!(paths.len() > 20, "{paths:?}");
    let missing = paths.iter().filter(|path| !root.join(path).exists());
    let missing: Vec<_> = missing.collect();
    assert!(
        missing.is_empty(),
        "{GUIDE} names what is not there: {missing:?}"
    );
}
