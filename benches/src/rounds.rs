//! Contestants in turn, round after round, so that a slow moment of the machine hits them all alike.

use std::time::Duration;

use anyhow::Context as _;
use tokio::runtime::Runtime;

use crate::contestant::Contestant;
use crate::measure;
use crate::options::Options;
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
            measured: Box::new(Typed {
                contestant,
                value: std::marker::PhantomData::<fn() -> V>,
            }),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
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
    options: &Options,
    runtime: &Runtime,
) -> anyhow::Result<Vec<Row>> {
    for trial in trials {
        trial
            .measured
            .warm(runtime)
            .with_context(|| format!("warming `{}`", trial.name))?;
    }
    let mut rows = empty(trials);
    for &tasks in &options.tasks {
        in_turn(trials, &mut rows, options.rounds, |trial| {
            trial.throughput(runtime, tasks, options.span)
        })?;
    }
    Ok(rows)
}

/// Nanoseconds per hit of every trial.
pub(crate) fn latency(trials: &[Trial], options: &Options) -> anyhow::Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    for trial in trials {
        trial
            .measured
            .warm(&runtime)
            .with_context(|| format!("warming `{}`", trial.name))?;
    }
    let mut rows = empty(trials);
    in_turn(trials, &mut rows, options.rounds, |trial| {
        trial.latency(options.span)
    })?;
    Ok(rows)
}

fn empty(trials: &[Trial]) -> Vec<Row> {
    trials
        .iter()
        .map(|trial| Row {
            name: trial.name,
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
    let mut seen = vec![(Vec::new(), Vec::new()); trials.len()];
    for _ in 0..rounds {
        let mut first = None;
        for (trial, (values, ratios)) in trials.iter().zip(&mut seen) {
            let value =
                measure(&*trial.measured).with_context(|| format!("measuring `{}`", trial.name))?;
            values.push(value);
            ratios.push(value / *first.get_or_insert(value));
        }
    }
    for (row, (values, ratios)) in rows.iter_mut().zip(seen) {
        row.cells.push(Cell {
            value: median(values),
            ratio: median(ratios),
        });
    }
    Ok(())
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

trait Measured {
    fn warm(&self, runtime: &Runtime) -> anyhow::Result<()>;
    fn throughput(&self, runtime: &Runtime, tasks: u32, span: Duration) -> anyhow::Result<f64>;
    fn latency(&self, span: Duration) -> anyhow::Result<f64>;
}

struct Typed<V, C> {
    contestant: C,
    value: std::marker::PhantomData<fn() -> V>,
}

impl<V: Subject, C: Contestant<V>> Measured for Typed<V, C> {
    fn warm(&self, runtime: &Runtime) -> anyhow::Result<()> {
        runtime.block_on(measure::warm(&self.contestant))
    }

    fn throughput(&self, runtime: &Runtime, tasks: u32, span: Duration) -> anyhow::Result<f64> {
        measure::throughput(&self.contestant, runtime, tasks, span)
    }

    fn latency(&self, span: Duration) -> anyhow::Result<f64> {
        measure::latency(&self.contestant, span)
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::median;

    #[test]
    fn median_is_the_middle_one() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]).total_cmp(&2.0), Ordering::Equal);
        assert!(median(vec![]).is_nan());
    }
}
