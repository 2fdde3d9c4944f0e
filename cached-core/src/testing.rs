//! Golden files, which pin bytes: keys and stored entries of a released format must not change unnoticed.

use std::path::PathBuf;
use std::{env, fs};

fn path(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden")).join(name)
}

/// Returns the bytes of the golden file `name`.
pub(crate) fn read_golden(name: &str) -> Vec<u8> {
    let path = path(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Asserts that the golden file `name` holds `now`; with `UPDATE_GOLDEN` set, writes the file instead.
pub(crate) fn assert_golden(name: &str, now: &[u8]) {
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path(name), now).unwrap();
        return;
    }
    let pinned = read_golden(name);
    assert!(
        pinned == now,
        "a key or stored byte changed: tests/golden/{name}\n\
         What is stored under the old bytes will not be found, or will be misread. If that is meant: bump the format \
         version (`FORMAT` in key/text.rs for keys, in format/id.rs for entries), keep the old file for the old version, say so \
         in the changelog, and run these tests once with UPDATE_GOLDEN=1.\n\
         pinned:\n{}\nnow:\n{}",
        String::from_utf8_lossy(&pinned),
        String::from_utf8_lossy(now),
    );
}
