//! How many instructions a hit in memory takes: this program under `valgrind`, with two numbers of calls.
//!
//! They are the same from run to run and from machine to machine of one kind, however busy it is.

use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};

use crate::contestants;
use crate::options::{Named as _, Options};
use crate::rounds::{self, Row, Trial};
use crate::subject::Profile;
use crate::table;

/// The first argument of the program that is counted.
const COUNTED: &str = "counted";

/// What the two numbers of calls differ by takes the difference of the instructions; all before the first hit is in
/// both.
const CALLS: [u32; 2] = [10_000, 60_000];

const VALUES: [&str; 2] = ["u64", "six allocations"];

/// Prints the instructions of one hit of each contestant, or how to be able to.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let valgrind = Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if !valgrind.is_ok_and(|status| status.success()) {
        println!(
            "\nInstructions are counted by valgrind, which is not here (Debian: apt-get install valgrind)."
        );
        return Ok(());
    }
    for value in VALUES {
        eprintln!("Instructions, {value}: a minute");
        let trials = options.chosen(trials(value)?);
        if trials.is_empty() {
            continue;
        }
        let mut runs = Vec::new();
        for _ in 0..options.runs {
            runs.push(rows(value, &trials)?);
        }
        let title = format!("One hit in memory, {value}, by callgrind");
        let heads = ["instructions", "besides clone and drop"].map(str::to_owned);
        let what = "of one · ratio";
        print!(
            "{}",
            table::render(&title, what, &heads, &runs, |count| format!("{count:.0}"))
        );
    }
    Ok(())
}

fn rows(value: &str, trials: &[Trial]) -> anyhow::Result<Vec<Row>> {
    let mut counts = Vec::new();
    for trial in trials {
        let [few, many] = CALLS.map(|calls| instructions(value, trial.name(), calls));
        counts.push((many? - few?) / f64::from(CALLS[1] - CALLS[0]));
    }
    let ceiling = instructions(value, CEILING, CALLS[1])? - instructions(value, CEILING, CALLS[0])?;
    let ceiling = ceiling / f64::from(CALLS[1] - CALLS[0]);
    let besides = counts.iter().map(|count| count - ceiling).collect();
    let mut rows = rounds::rows(trials.iter().map(Trial::name));
    rounds::add_column(&mut rows, &[counts]);
    rounds::add_column(&mut rows, &[besides]);
    Ok(rows)
}

const CEILING: &str = "ceiling: the value's clone alone";

fn trials(value: &str) -> anyhow::Result<Vec<Trial>> {
    let mut trials = match value {
        "u64" => contestants::in_memory::<u64>()?,
        _ => contestants::in_memory::<Profile>()?,
    };
    // The noise of the first: there is none.
    trials.pop();
    Ok(trials)
}

/// Of the whole program that calls this contestant so often.
fn instructions(value: &str, name: &str, calls: u32) -> anyhow::Result<f64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args([COUNTED, value, name, &calls.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{name}` under valgrind: {said}");
    let line = said
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    let (_, count) = line.context("valgrind has not said how many")?;
    Ok(count.trim().parse()?)
}

/// Whether these are the arguments of the program that is counted; if so, it has called what they say.
pub(crate) fn is_counted(arguments: &[String]) -> anyhow::Result<bool> {
    let [first, value, name, calls] = arguments else {
        return Ok(false);
    };
    if first != COUNTED {
        return Ok(false);
    }
    for trial in trials(value)? {
        if trial.name() == name {
            rounds::hits(&trial, calls.parse()?)?;
            return Ok(true);
        }
    }
    bail!("no contestant is called `{name}`")
}
