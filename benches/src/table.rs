//! Rows as Markdown, so that a run can be pasted.

use std::fmt::Write as _;

use crate::compile::{Build, Cost};
use crate::rounds::Row;

/// Operations per second and the ratio to the first row, a column for each number of tasks.
pub(crate) fn throughput(title: &str, tasks: &[u32], runs: &[Vec<Row>]) -> String {
    let heads: Vec<_> = tasks.iter().map(|&tasks| counted(tasks)).collect();
    render(
        title,
        "operations per second · ratio",
        &heads,
        runs,
        grouped,
    )
}

/// Which share of a hit is its markers', from what two more of them and two more again cost.
pub(crate) fn markers(tasks: &[u32], rows: &[Row]) -> String {
    let times = |groups: u32| -> Option<Vec<f64>> {
        let name = format!("ours: {groups} groups");
        let row = rows.iter().find(|row| row.name == name)?;
        Some(row.cells.iter().map(|cell| 1.0 / cell.value).collect())
    };
    let (Some(two), Some(four), Some(six)) = (times(2), times(4), times(6)) else {
        return String::new();
    };
    let mut text = "\nShare of a hit that its markers take\n\n| |".to_owned();
    for &tasks in tasks {
        let _ = write!(text, " {} |", counted(tasks));
    }
    let _ = writeln!(text, "\n|---|{}", "--:|".repeat(tasks.len()));
    for (groups, times) in [(2.0, &two), (4.0, &four), (6.0, &six)] {
        let _ = write!(text, "| {groups} groups |");
        for (time, (less, more)) in times.iter().zip(two.iter().zip(&six)) {
            let share = groups * (more - less) / 4.0 / time;
            let _ = write!(text, " {:.0} % |", 100.0 * share);
        }
        text.push('\n');
    }
    text
}

/// Nanoseconds per operation and how many times the first row's.
pub(crate) fn latency(title: &str, runs: &[Vec<Row>]) -> String {
    let heads = ["ns".to_owned()];
    render(title, "time of one · ratio", &heads, runs, |value| {
        format!("{value:.0}")
    })
}

/// The time of one operation and how many times the first column's, a column for each number of keys.
pub(crate) fn times(title: &str, keys: &[u32], runs: &[Vec<Row>]) -> String {
    let heads: Vec<_> = keys
        .iter()
        .map(|&keys| format!("{} keys", grouped(f64::from(keys))))
        .collect();
    render(
        title,
        "time of one · ratio to the first column",
        &heads,
        runs,
        time,
    )
}

/// Seconds of each crate, its overhead over the first and the ratio of that to the second's.
pub(crate) fn builds(functions: u32, ways: &[&str], builds: &[Build]) -> String {
    let mut text = format!(
        "\nCompiling {functions} functions (seconds · on top of plain ones · ratio of that to the second row's)\n\n| crate |"
    );
    for way in ways {
        let _ = write!(text, " `{way}` |");
    }
    let _ = writeln!(text, "\n|---|{}", "--:|".repeat(ways.len()));
    for Build { title, ways } in builds {
        let _ = write!(text, "| {title} |");
        for Cost {
            seconds,
            overhead,
            ratio,
        } in ways
        {
            let _ = write!(text, " {seconds:.1} · {overhead:.1} · {ratio:.2} |");
        }
        text.push('\n');
    }
    text
}

/// A row for each contestant, and in its cells the figures of each run beside each other.
pub(crate) fn render(
    title: &str,
    what: &str,
    heads: &[String],
    runs: &[Vec<Row>],
    shown: impl Fn(f64) -> String,
) -> String {
    let Some(rows) = runs.first().filter(|rows| !rows.is_empty()) else {
        return String::new();
    };
    let mut text = format!("\n{title} ({what})\n\n| contestant |");
    for head in heads {
        let _ = write!(text, " {head} |");
    }
    let _ = writeln!(text, "\n|---|{}", "--:|".repeat(heads.len()));
    for (place, row) in rows.iter().enumerate() {
        let _ = write!(text, "| {} |", row.name);
        for column in 0..row.cells.len() {
            let cells = runs
                .iter()
                .filter_map(|run| run.get(place)?.cells.get(column));
            let (values, ratios): (Vec<_>, Vec<_>) = cells
                .map(|cell| (shown(cell.value), format!("{:.2}", cell.ratio)))
                .unzip();
            let _ = write!(text, " {} · {} |", values.join(" / "), ratios.join(" / "));
        }
        text.push('\n');
    }
    text
}

pub(crate) fn counted(tasks: u32) -> String {
    if tasks == 1 {
        "1 task".to_owned()
    } else {
        format!("{tasks} tasks")
    }
}

/// Three significant digits, thousands apart: `356,000`.
pub(crate) fn grouped(value: f64) -> String {
    let rounded = format!("{value:.2e}").parse().unwrap_or(value);
    let digits = format!("{rounded:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Nanoseconds in a unit that fits.
pub(crate) fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        shortest if shortest < 1e4 => format!("{:.2} µs", shortest / 1e3),
        short if short < 1e6 => format!("{:.0} µs", short / 1e3),
        medium if medium < 1e9 => format!("{:.1} ms", medium / 1e6),
        long => format!("{:.2} s", long / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::{grouped, throughput};
    use crate::rounds::{Cell, Row};

    #[test]
    fn numbers_keep_three_digits() {
        assert_eq!(grouped(356_401.7), "356,000");
        assert_eq!(grouped(6_423_000.0), "6,420,000");
        assert_eq!(grouped(16_749.0), "16,700");
        assert_eq!(grouped(0.0), "0");
    }

    #[test]
    fn a_row_shows_value_and_ratio_of_each_run_in_each_column() {
        let run = |value, ratio| {
            let cells = vec![Cell { value, ratio }];
            vec![Row { name: "a", cells }]
        };
        let text = throughput("t", &[64], &[run(1000.0, 0.5), run(2000.0, 0.6)]);
        assert!(
            text.contains(
                "| contestant | 64 tasks |\n|---|--:|\n| a | 1,000 / 2,000 · 0.50 / 0.60 |"
            ),
            "{text}"
        );
    }
}
