//! Hits of values of 16 bytes, 10 kB and 200 kB, on Redis and in memory.

use tokio::runtime::Runtime;

use crate::contestants::texts;
use crate::options::Options;
use crate::rounds::{self, Row, Trial};
use crate::server::Server;
use crate::subject::{SharedText, Text};
use crate::table;

const SIZES: [&str; 3] = ["16 B", "10 kB", "200 kB"];

/// How many tasks call at once, unless the command line says.
const TASKS: [u32; 2] = [1, 64];

pub(crate) fn run(options: &Options, runtime: &Runtime) -> anyhow::Result<()> {
    let server = Server::start()?;
    let url = server.url();
    let title = "One hit on Redis by the size of its value";
    let trials = runtime.block_on(async {
        anyhow::Ok([
            texts::on_redis::<16>(&url).await?,
            texts::on_redis::<10_000>(&url).await?,
            texts::on_redis::<200_000>(&url).await?,
        ])
    })?;
    table(title, trials, options, runtime)?;
    drop(server);

    let title = "One hit in memory by the size of its value, `String`";
    let trials = [
        texts::in_memory::<Text<16>>()?,
        texts::in_memory::<Text<10_000>>()?,
        texts::in_memory::<Text<200_000>>()?,
    ];
    table(title, trials, options, runtime)?;
    let title = "One hit in memory by the size of its value, `Arc<str>`";
    let trials = [
        texts::in_memory::<SharedText<16>>()?,
        texts::in_memory::<SharedText<10_000>>()?,
        texts::in_memory::<SharedText<200_000>>()?,
    ];
    table(title, trials, options, runtime)
}

/// One table, with the columns of all sizes beside each other.
fn table(
    title: &str,
    trials: [Vec<Trial>; 3],
    options: &Options,
    runtime: &Runtime,
) -> anyhow::Result<()> {
    let trials = trials.map(|trials| options.chosen(trials));
    let tasks = options.tasks(&TASKS);
    let measurements: usize = trials.iter().map(Vec::len).sum();
    options.announce(title, measurements * tasks.len());
    let mut runs = Vec::new();
    for _ in 0..options.runs {
        let mut rows: Vec<Row> = Vec::new();
        for trials in &trials {
            let more = rounds::throughput(trials, &tasks, options, runtime)?;
            if rows.is_empty() {
                rows = more;
            } else {
                for (row, more) in rows.iter_mut().zip(more) {
                    row.cells.extend(more.cells);
                }
            }
        }
        runs.push(rows);
    }
    let columns = SIZES.iter().flat_map(|size| {
        let head = move |&tasks| format!("{size}, {}", table::counted(tasks));
        tasks.iter().map(head)
    });
    let heads: Vec<String> = columns.collect();
    let what = "operations per second · ratio";
    print!(
        "{}",
        table::render(title, what, &heads, &runs, table::grouped)
    );
    Ok(())
}
