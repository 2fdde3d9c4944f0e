//! The tables of hits: on Redis, by the number of groups, by the size of the value, in memory.

use tokio::runtime::Runtime;

use crate::contestants;
use crate::options::Options;
use crate::rounds::{self, Row, Trial};
use crate::server::Server;
use crate::subject::Profile;
use crate::table;

/// How many tasks call at once, where a server answers.
const ON_REDIS: [u32; 3] = [1, 64, 256];

/// The same in memory: one core, two of them, and more tasks than cores.
const IN_MEMORY: [u32; 3] = [1, 2, 64];

pub(crate) fn on_redis(options: &Options, runtime: &Runtime) -> anyhow::Result<()> {
    let server = Server::start()?;
    let trials = runtime.block_on(contestants::on_redis(&server.url()))?;
    let trials = options.chosen(trials);
    throughput("One hit on Redis", &trials, &ON_REDIS, options, runtime)?;
    Ok(())
}

/// Many at once, and one that waits alone: what the markers of a hit cost.
pub(crate) fn by_groups(options: &Options, runtime: &Runtime) -> anyhow::Result<()> {
    let server = Server::start()?;
    let trials = runtime.block_on(contestants::by_groups(&server.url()))?;
    let trials = options.chosen(trials);
    let title = "One hit by the number of its groups";
    let runs = throughput(title, &trials, &ON_REDIS, options, runtime)?;
    if let Some(rows) = runs.first() {
        print!("{}", table::markers(&options.tasks(&ON_REDIS), rows));
    }
    drop(trials);

    let runtime = one_thread()?;
    let trials = runtime.block_on(contestants::by_groups(&server.url()))?;
    let trials = options.chosen(trials);
    let title = "One hit by the number of its groups, one thread, the middle call";
    options.announce(title, trials.len());
    let runs = repeated(options, || rounds::middle_call(&trials, options, &runtime))?;
    print!("{}", table::latency(title, &runs));
    Ok(())
}

fn one_thread() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

pub(crate) fn in_memory(options: &Options, runtime: &Runtime) -> anyhow::Result<()> {
    let trials = options.chosen(contestants::in_memory::<u64>()?);
    let title = "One hit in memory, `u64`";
    throughput(title, &trials, &IN_MEMORY, options, runtime)?;
    let trials = options.chosen(contestants::in_memory::<Profile>()?);
    let title = "One hit in memory, six allocations";
    throughput(title, &trials, &IN_MEMORY, options, runtime)?;
    Ok(())
}

pub(crate) fn alone_in_memory(options: &Options) -> anyhow::Result<()> {
    let trials = options.chosen(contestants::in_memory::<u64>()?);
    latency("One hit in memory, one thread, `u64`", &trials, options)?;
    let trials = options.chosen(contestants::in_memory::<Profile>()?);
    let title = "One hit in memory, one thread, six allocations";
    latency(title, &trials, options)
}

fn throughput(
    title: &str,
    trials: &[Trial],
    tasks: &[u32],
    options: &Options,
    runtime: &Runtime,
) -> anyhow::Result<Vec<Vec<Row>>> {
    let tasks = options.tasks(tasks);
    options.announce(title, trials.len() * tasks.len());
    let runs = repeated(options, || {
        rounds::throughput(trials, &tasks, options, runtime)
    })?;
    print!("{}", table::throughput(title, &tasks, &runs));
    Ok(runs)
}

fn latency(title: &str, trials: &[Trial], options: &Options) -> anyhow::Result<()> {
    options.announce(title, trials.len());
    let runs = repeated(options, || rounds::latency(trials, options))?;
    print!("{}", table::latency(title, &runs));
    Ok(())
}

/// The rows of each run of one table.
fn repeated(
    options: &Options,
    run: impl Fn() -> anyhow::Result<Vec<Row>>,
) -> anyhow::Result<Vec<Vec<Row>>> {
    (0..options.runs).map(|_| run()).collect()
}
