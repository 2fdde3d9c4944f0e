//! Contestants in turn, round after round, so that a slow moment of the machine hits them all alike.

use std::time::Instant;

use anyhow::Context as _;
use tokio::runtime::Runtime;

use crate::contestant::Contestant;
use crate::measure::{self, Measured};
use crate::options::{Named, Options};
use crate::subject::Subject;

/// A contestant under its name, with its type forgotten.
pub(crate) struct Trial {
    name: &'static str,
    measured: Box<dyn Measured>,
}

impl Trial {
    pub(crate) fn new<V: Subject, C: Contestant<V>>(name: &'static str, contestant: C) -> Self {
        Self {
            name,
            measured: measure::measured::<V, C>(contestant),
        }
    }

    fn warm(&self, runtime: &Runtime) -> anyhow::Result<()> {
        let warmed = runtime.block_on(self.measured.warm());
        warmed.with_context(|| format!("warming `{}`", self.name))
    }
}

impl Named for Trial {
    fn name(&self) -> &'static str {
        self.name
    }
}

/// A contestant's name and what it reached at each number of tasks (or alone).
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) cells: Vec<Cell>,
}

/// Medians over the rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cell {
    pub(crate) value: f64,
    /// To the first contestant of the same round, which met the same weather.
    pub(crate) ratio: f64,
}

/// Hits per second of every trial at every number of tasks.
pub(crate) fn throughput(
    trials: &[Trial],
    tasks: &[u32],
    options: &Options,
    runtime: &Runtime,
) -> anyhow::Result<Vec<Row>> {
    for trial in trials {
        trial.warm(runtime)?;
    }
    let mut rows = empty(trials);
    for &tasks in tasks {
        in_turn(trials, &mut rows, options.rounds, |trial| {
            measure::throughput(trial, runtime, tasks, options.span)
        })?;
    }
    Ok(rows)
}

/// So many hits, on one thread.
pub(crate) fn hits(trial: &Trial, calls: u32) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    trial.warm(&runtime)?;
    runtime.block_on(trial.measured.hits(calls))
}

/// Nanoseconds per hit of every trial.
pub(crate) fn latency(trials: &[Trial], options: &Options) -> anyhow::Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    for trial in trials {
        trial.warm(&runtime)?;
    }
    let mut rows = empty(trials);
    in_turn(trials, &mut rows, options.rounds, |trial| {
        measure::latency(trial, &runtime, options.span)
    })?;
    Ok(rows)
}

/// Nanoseconds of the middle hit of every trial, on one thread that has nothing else to do.
///
/// They take turns call by call, there and back again: a call is a matter of when threads sleep and wake, which
/// changes from one tenth of a second to the next.
pub(crate) fn middle_call(
    trials: &[Trial],
    options: &Options,
    runtime: &Runtime,
) -> anyhow::Result<Vec<Row>> {
    for trial in trials {
        trial.warm(runtime)?;
    }
    let span = options.span * u32::try_from(trials.len())?;
    let round = || {
        let mut times = vec![Vec::new(); trials.len()];
        let begun = Instant::now();
        for id in 0.. {
            let mut call = |(trial, times): (&Trial, &mut Vec<f64>)| {
                times.push(measure::call(&*trial.measured, runtime, id)?);
                anyhow::Ok(())
            };
            let mut pairs = trials.iter().zip(&mut times);
            if id.is_multiple_of(2) {
                pairs.try_for_each(&mut call)?;
            } else {
                pairs.rev().try_for_each(&mut call)?;
            }
            if begun.elapsed() >= span {
                break;
            }
        }
        anyhow::Ok(times.into_iter().map(median).collect())
    };
    let rounds: Vec<Vec<f64>> = (0..options.rounds)
        .map(|_| round())
        .collect::<anyhow::Result<_>>()?;
    let mut rows = empty(trials);
    add_column(&mut rows, &rounds);
    Ok(rows)
}

fn empty(trials: &[Trial]) -> Vec<Row> {
    rows(trials.iter().map(Trial::name))
}

/// Rows without a cell yet.
pub(crate) fn rows(names: impl Iterator<Item = &'static str>) -> Vec<Row> {
    names
        .map(|name| Row {
            name,
            cells: Vec::new(),
        })
        .collect()
}

/// A B C, A B C, …; adds a cell to the row of each trial.
fn in_turn(
    trials: &[Trial],
    rows: &mut [Row],
    rounds: u32,
    measure: impl Fn(&dyn Measured) -> anyhow::Result<f64>,
) -> anyhow::Result<()> {
    let round = || {
        let measured = trials.iter().map(|trial| {
            measure(&*trial.measured).with_context(|| format!("measuring `{}`", trial.name))
        });
        measured.collect::<anyhow::Result<Vec<f64>>>()
    };
    let rounds = (0..rounds)
        .map(|_| round())
        .collect::<anyhow::Result<Vec<_>>>()?;
    add_column(rows, &rounds);
    Ok(())
}

/// Adds a cell to each row, from what each row reached in each round.
pub(crate) fn add_column(rows: &mut [Row], rounds: &[Vec<f64>]) {
    for (place, row) in rows.iter_mut().enumerate() {
        let values = rounds.iter().filter_map(|round| round.get(place).copied());
        let ratios = rounds
            .iter()
            .filter_map(|round| Some(round.get(place)? / round.first()?));
        row.cells.push(Cell {
            value: median(values.collect()),
            ratio: median(ratios.collect()),
        });
    }
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::{Cell, add_column, median, rows};

    #[test]
    fn median_is_the_middle_one() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]).total_cmp(&2.0), Ordering::Equal);
        assert!(median(vec![]).is_nan());
    }

    #[test]
    fn ratio_is_to_the_first_of_the_same_round() {
        let mut rows = rows(["a", "b"].into_iter());
        add_column(
            &mut rows,
            &[vec![1.0, 2.0], vec![10.0, 30.0], vec![5.0, 5.0]],
        );
        let cells: Vec<Cell> = rows.into_iter().flat_map(|row| row.cells).collect();
        let cell = |value, ratio| Cell { value, ratio };
        assert_eq!(cells, [cell(5.0, 1.0), cell(5.0, 2.0)]);
    }
}
