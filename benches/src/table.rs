//! Rows as Markdown, so that a run can be pasted.

use std::fmt::Write as _;

use crate::rounds::Row;

/// Operations per second and the ratio to the first row, a column for each number of tasks.
pub(crate) fn throughput(title: &str, tasks: &[u32], rows: &[Row]) -> String {
    let heads: Vec<_> = tasks.iter().map(|&tasks| counted(tasks)).collect();
    render(
        title,
        "operations per second · ratio",
        &heads,
        rows,
        grouped,
    )
}

/// Nanoseconds per operation and how many times the first row's.
pub(crate) fn latency(title: &str, rows: &[Row]) -> String {
    let heads = ["ns".to_owned()];
    render(title, "time of one · ratio", &heads, rows, |value| {
        format!("{value:.0}")
    })
}

fn render(
    title: &str,
    what: &str,
    heads: &[String],
    rows: &[Row],
    shown: impl Fn(f64) -> String,
) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{title} ({what})\n\n| contestant |");
    for head in heads {
        let _ = write!(text, " {head} |");
    }
    let _ = writeln!(text, "\n|---|{}", "--:|".repeat(heads.len()));
    for row in rows {
        let _ = write!(text, "| {} |", row.name);
        for cell in &row.cells {
            let _ = write!(text, " {} · {:.2} |", shown(cell.value), cell.ratio);
        }
        text.push('\n');
    }
    text
}

fn counted(tasks: u32) -> String {
    if tasks == 1 {
        "1 task".to_owned()
    } else {
        format!("{tasks} tasks")
    }
}

/// Three significant digits, thousands apart: `356,000`.
fn grouped(value: f64) -> String {
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
    fn a_row_shows_value_and_ratio_of_each_column() {
        let rows = [Row {
            name: "a",
            cells: vec![Cell {
                value: 1000.0,
                ratio: 0.5,
            }],
        }];
        let text = throughput("t", &[64], &rows);
        assert!(
            text.contains("| contestant | 64 tasks |\n|---|--:|\n| a | 1,000 · 0.50 |"),
            "{text}"
        );
    }
}
