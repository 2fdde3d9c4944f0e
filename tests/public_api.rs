//! The public API of each crate, held against the committed list of it in `public_api/`: it changes on purpose only.
//!
//! `UPDATE_GOLDEN=1 cargo test -p tests --test public_api` writes the lists anew; the changelog tells why.
//!
//! They are made of the JSON that rustdoc writes. Its format is not stable: where the toolchain's is another than the
//! one that is read here, nothing is compared, and that is said. Hidden items, above all `__private`, are no part of a
//! list, nor are blanket implementations, which say nothing of the crate.
// A test says what is wrong by panicking.
#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::{env, fs};

use public_api::Builder;

#[test]
fn cached_core_changes_on_purpose_only() {
    check("cached-core");
}

#[test]
fn cached_macros_changes_on_purpose_only() {
    check("cached-macros");
}

#[test]
fn cached_axum_changes_on_purpose_only() {
    check("cached-axum");
}

/// Fails unless the list of `package` is the committed one. With `UPDATE_GOLDEN` set it writes the list instead.
fn check(package: &str) {
    let json = document(package);
    let format = format_version(&json);
    let readable = rustdoc_types::FORMAT_VERSION;
    if format != readable {
        // Not `println`, which only a failure shows.
        let mut stderr = std::io::stderr();
        let why = format!("this rustdoc writes format {format}, and {readable} is read here");
        writeln!(stderr, "skipped: the public API of {package}: {why}").unwrap();
        return;
    }
    let now = list(&json);
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("public_api")
        .join(format!("{package}.txt"));
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &now).unwrap();
        return;
    }
    let pinned = fs::read_to_string(&path).unwrap_or_default();
    let missing = lines_besides(&pinned, &now);
    let new = lines_besides(&now, &pinned);
    assert!(
        pinned == now,
        "the public API of {package} changed:\n{}{}\
         If that is meant, say so in the changelog, and run this test once with UPDATE_GOLDEN=1.",
        marked("- ", &missing),
        marked("+ ", &new),
    );
}

/// Has rustdoc write about `package`, and returns the file.
fn document(package: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["rustdoc", "--quiet", "--locked", "--lib", "--all-features"])
        .args(["--package", package, "--target-dir"])
        .arg(target)
        .args(["--", "-Zunstable-options", "--output-format=json"])
        .env("RUSTDOC", &*RUSTDOC)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let name = package.replace('-', "_");
    target.join("doc").join(format!("{name}.json"))
}

/// A rustdoc that may write JSON.
///
/// The variable that allows it is set for rustdoc alone: it would have cargo build half of the dependencies anew.
static RUSTDOC: LazyLock<PathBuf> = LazyLock::new(|| {
    use std::os::unix::fs::PermissionsExt as _;
    let rustdoc = env::var("RUSTDOC").unwrap_or_else(|_| "rustdoc".to_owned());
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rustdoc");
    let script = format!("#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec '{rustdoc}' \"$@\"\n");
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
});

/// The version of the format that a file has.
fn format_version(json: &Path) -> u32 {
    let text = fs::read_to_string(json).unwrap();
    let (_, rest) = text.rsplit_once("\"format_version\":").unwrap();
    let digits = rest.trim_start().split(|c: char| !c.is_ascii_digit());
    digits.into_iter().next().unwrap().parse().unwrap()
}

/// Traits that the compiler implements, and that change with what is inside or with the compiler. `Send`, `Sync` and
/// `Unpin` are promises.
const UNPROMISED: [&str; 5] = [
    " core::marker::Freeze for ",
    " core::marker::StructuralPartialEq for ",
    " core::marker::UnsafeUnpin for ",
    "core::panic::unwind_safe::RefUnwindSafe for ",
    "core::panic::unwind_safe::UnwindSafe for ",
];

/// The public API, an item a line.
fn list(json: &Path) -> String {
    let api = Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .build()
        .unwrap();
    let lines = api.items().map(ToString::to_string);
    lines
        .filter(|line| !UNPROMISED.iter().any(|promise| line.contains(promise)))
        .map(|line| without_rooms(&line) + "\n")
        .collect()
}

/// The modules of cached-core that users name.
const PUBLIC_MODULES: [&str; 1] = ["integration"];

/// The line without the private modules in which cached-core has what it exports at its root: another crate's list
/// names those.
fn without_rooms(line: &str) -> String {
    let mut parts = line.split("cached_core::");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for mut part in parts {
        while let Some((word, rest)) = part.split_once("::")
            && word.chars().all(|c| c.is_ascii_lowercase() || c == '_')
            && !PUBLIC_MODULES.contains(&word)
        {
            part = rest;
        }
        shown.push_str("cached_core::");
        shown.push_str(part);
    }
    shown
}

/// The lines of `text` that `other` has not.
fn lines_besides<'a>(text: &'a str, other: &str) -> Vec<&'a str> {
    let other: Vec<&str> = other.lines().collect();
    let lines = text.lines();
    lines.filter(|line| !other.contains(line)).collect()
}

fn marked(mark: &str, lines: &[&str]) -> String {
    let lines = lines.iter().map(|line| [mark, line, "\n"].concat());
    lines.collect()
}
