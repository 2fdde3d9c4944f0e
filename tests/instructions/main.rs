//! A guard: the instructions of one hit, held against the committed ones in `figures.txt`.
//!
//! ```text
//! cargo run --release -p tests --bin instructions
//! UPDATE_GOLDEN=1 cargo run --release -p tests --bin instructions
//! ```
//!
//! Fails if a hit takes 5 % more than its figure. One that takes 5 % less is a reason to write the figures anew, with
//! the second command, so that the gain is held as well; a hit that is to cost more is the other, and the commit says
//! what for.
//!
//! The count is of this program under callgrind, so the machine may be busy, but it must be of the same kind: the
//! figures name compiler, processor and C library, and where one of them is another, nothing is compared, and said so.
//! Which processor it is does not matter beyond that. Valgrind shows the program one of its own, with AVX2 where the
//! real one has it and nothing newer, so that what is chosen at run time, such as `memcpy`, is the same everywhere.

// A guard says what is wrong by panicking.
#![allow(clippy::arithmetic_side_effects, clippy::expect_used)]

use std::process::ExitCode;

use tests::{RedisServer, count_instructions, has_valgrind};

mod figures;
mod hits;

use figures::{Figure, Kind};
use hits::Hit;

/// The first argument of the program that is counted.
const COUNTED: &str = "counted";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [COUNTED, hit, url, calls] => {
            let hit = Hit::named(hit).expect("a hit of that name");
            hit.run(url, calls.parse().expect("a number of calls"));
            ExitCode::SUCCESS
        }
        [] => check(),
        _ => {
            eprintln!("instructions takes no arguments");
            ExitCode::FAILURE
        }
    }
}

/// Counts every hit, and compares or writes the figures.
fn check() -> ExitCode {
    if !has_valgrind() {
        println!("skipped: no valgrind here (Debian: apt-get install valgrind)");
        return ExitCode::SUCCESS;
    }
    if cfg!(debug_assertions) {
        println!("skipped: the figures are of a release build (cargo run --release)");
        return ExitCode::SUCCESS;
    }
    let here = Kind::of_this_machine();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        figures::write(&here, &count_all());
        println!("written");
        return ExitCode::SUCCESS;
    }
    let pinned = figures::read();
    if pinned.kind != here {
        println!(
            "skipped: the figures are of {}, this is {here}; UPDATE_GOLDEN=1 writes them anew",
            pinned.kind
        );
        return ExitCode::SUCCESS;
    }
    // All are printed, whatever comes of one.
    let allowed = count_all().map(|figure| pinned.allows(&figure));
    if !allowed.contains(&false) {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "A hit costs more than it may: make it cheaper, or run this once with UPDATE_GOLDEN=1 and say what it is for."
    );
    ExitCode::FAILURE
}

/// The figure of every hit.
fn count_all() -> [Figure; 3] {
    let server = RedisServer::start();
    Hit::ALL.map(|hit| Figure {
        name: hit.name().to_owned(),
        instructions: count(hit, &server.url()),
    })
}

/// The instructions of one hit, besides the clone and drop of its value.
fn count(hit: Hit, url: &str) -> u64 {
    let of_calls = |hit: Hit| {
        let [few, many] = hit.calls();
        let count = |calls: u32| {
            let arguments = [COUNTED, hit.name(), url, &calls.to_string()];
            count_instructions(&arguments).expect("a count")
        };
        count(many).saturating_sub(count(few)) / u64::from(many - few)
    };
    let besides = hit.clone_alone().map_or(0, of_calls);
    of_calls(hit).saturating_sub(besides)
}
