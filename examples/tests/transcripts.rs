//! Transcripts: the examples print what their first lines, and the README, say they print.
// A test says what is wrong by panicking.
#![allow(clippy::expect_used)]

use std::process::{Command, Output};

use tests::{RedisServer, Reply};

const QUICKSTART: &str = env!("CARGO_BIN_EXE_quickstart");
const TWO_PROCESSES: &str = env!("CARGO_BIN_EXE_two_processes");
const INVALIDATION: &str = env!("CARGO_BIN_EXE_invalidation");
const OUTAGE: &str = env!("CARGO_BIN_EXE_outage");
const STAMPEDE: &str = env!("CARGO_BIN_EXE_stampede");

/// Runs an example with this `REDIS_URL`, or with none, and with no other setting of ours.
fn run(program: &str, redis_url: Option<&str>) -> Output {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("REDIS_") || text.starts_with("CACHE_") {
            command.env_remove(&name);
        }
    }
    if let Some(url) = redis_url {
        // A busy machine may need longer than the default deadline.
        command
            .env("REDIS_URL", url)
            .env("REDIS_SOCKET_TIMEOUT", "5s");
    }
    command.output().expect("the example starts")
}

fn printed(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{errors}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Returns the last fenced block of a file's opening comment: what the program prints.
fn promised(source: &str) -> String {
    let comment: Vec<&str> = source
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    let comment = comment.join("\n");
    let block = comment
        .split("```text\n")
        .filter_map(|rest| rest.split_once("\n```"))
        .map(|(block, _)| block)
        .filter(|block| !block.contains("cargo run") && !block.contains("redis-cli"))
        .last();
    block.expect("a block with what it prints").to_owned()
}

/// Returns the block of the README after the command that runs `example`.
fn promised_in_readme(example: &str) -> String {
    let readme = include_str!("../../README.md");
    let command = format!("$ cargo run -p examples --bin {example}\n");
    let (_, rest) = readme
        .split_once(&command)
        .expect("the command in the README");
    let (block, _) = rest.split_once("\n```").expect("the end of the block");
    block.to_owned()
}

/// Replaces every time, and every number that comes from times, and makes spaces single.
fn comparable(text: &str) -> String {
    let words = |line: &str| {
        let mut words: Vec<String> = Vec::new();
        for word in line.split_whitespace() {
            let number = word.trim_end_matches(|letter: char| letter.is_alphabetic());
            let unit = word.strip_prefix(number).unwrap_or_default();
            let is_number = number.parse::<f64>().is_ok();
            let timed = ["ns", "µs", "ms", "s", "times"].contains(&unit);
            match words.last_mut() {
                // `4.2 ms`, `37 times`
                Some(last) if number.is_empty() && timed && last.parse::<f64>().is_ok() => {
                    last.clear();
                    last.push_str("<time>");
                }
                _ if is_number && timed => words.push("<time>".to_owned()),
                _ => words.push(word.to_owned()),
            }
        }
        words.join(" ")
    };
    text.trim()
        .lines()
        .map(words)
        .collect::<Vec<_>>()
        .join("\n")
}

#[track_caller]
fn check(printed: &str, promised: &str) {
    assert_eq!(
        comparable(printed),
        comparable(promised),
        "it printed:\n{printed}"
    );
}

#[test]
fn quickstart_prints_what_it_says_and_the_readme_too() {
    let printed = printed(&run(QUICKSTART, None));
    check(&printed, &promised(include_str!("../quickstart.rs")));
    check(&printed, &promised_in_readme("quickstart"));
}

#[test]
fn second_quickstart_on_one_redis_begins_with_a_hit() {
    let server = RedisServer::start();
    let first = printed(&run(QUICKSTART, Some(&server.url())));
    let second = printed(&run(QUICKSTART, Some(&server.url())));
    assert!(first.contains("shared with every process"), "{first}");
    assert_eq!(first.matches("miss:").count(), 2, "{first}");
    assert_eq!(second.matches("miss:").count(), 1, "{second}");
    let keys = server.keys("cached:primes:300000:*");
    assert_eq!(keys.len(), 1, "{keys:?}");
}

#[test]
fn quickstart_survives_a_dead_redis() {
    let server = RedisServer::start();
    let url = server.url();
    server.kill();
    let printed = printed(&run(QUICKSTART, Some(&url)));
    assert_eq!(printed.matches("25997 primes").count(), 3, "{printed}");
    assert_eq!(printed.matches("miss:").count(), 3, "{printed}");
}

#[test]
fn two_processes_print_what_they_say_and_leave_an_entry_for_people() {
    let server = RedisServer::start();
    let printed = printed(&run(TWO_PROCESSES, Some(&server.url())));
    check(&printed, &promised(include_str!("../two_processes.rs")));

    let keys = server.keys("cached:chains:*");
    let [key] = keys.as_slice() else {
        panic!("one entry, not {keys:?}")
    };
    assert!(key.starts_with("cached:chains:100000:"), "{key}");
    let Reply::Integer(left) = server.command(&["PTTL", key]) else {
        panic!("a ttl")
    };
    assert!((1..=60_000).contains(&left), "{left} ms");
    let entry = server.cli(&["GET", key]);
    let (_header, json) = entry.split_once('\n').expect("a header line");
    assert_eq!(json, r#"{"start":77031,"steps":350}"#);
}

#[test]
fn two_processes_without_redis_say_what_to_set() {
    let output = run(TWO_PROCESSES, None);
    assert!(!output.status.success());
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("set REDIS_URL"),
        "{output:?}"
    );
}

#[test]
fn stampede_prints_what_it_says_on_both_stores() {
    let promised = promised(include_str!("../stampede.rs"));
    check(&printed(&run(STAMPEDE, None)), &promised);
    let server = RedisServer::start();
    check(&printed(&run(STAMPEDE, Some(&server.url()))), &promised);
}

#[test]
fn invalidation_prints_what_it_says_on_both_stores() {
    let promised = promised(include_str!("../invalidation.rs"));
    check(&printed(&run(INVALIDATION, None)), &promised);
    let server = RedisServer::start();
    check(&printed(&run(INVALIDATION, Some(&server.url()))), &promised);
}

#[test]
fn outage_prints_what_it_says() {
    let promised = promised(include_str!("../outage.rs"));
    check(&printed(&run(OUTAGE, None)), &promised);
}

#[cfg(feature = "sqlite")]
#[test]
fn dictionary_prints_what_it_says() {
    let printed = printed(&run(env!("CARGO_BIN_EXE_dictionary"), None));
    check(&printed, &promised(include_str!("../dictionary/main.rs")));
}
