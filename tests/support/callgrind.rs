//! Instructions of a program, counted by valgrind: the same from run to run, however busy the machine is.

use std::io;
use std::process::{Command, Stdio};

/// Returns true if `valgrind` is in `PATH` and runs.
pub fn has_valgrind() -> bool {
    let version = Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    version.is_ok_and(|status| status.success())
}

/// Runs this program once more with `arguments`, under callgrind, and returns the instructions of all of it.
///
/// The difference between two numbers of calls is what the calls take: all before the first is in both.
///
/// # Errors
///
/// There is no valgrind, the program fails, or valgrind does not say how many.
pub fn count_instructions(arguments: &[&str]) -> io::Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(arguments)
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(io::Error::other(format!(
            "{arguments:?} under valgrind: {said}"
        )));
    }
    let collected = said
        .lines()
        .find_map(|line| line.split_once("Collected : "))
        .and_then(|(_, count)| count.trim().parse().ok());
    collected.ok_or_else(|| io::Error::other("valgrind has not said how many"))
}
