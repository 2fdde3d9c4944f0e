//! What one cache hit costs: hand-written code, the peers and cached-core, in turn in one process.
//!
//! `cargo run --release -- --help` lists the options; `README.md` says what is compared and why it is fair.

mod compile;
mod contestant;
mod contestants;
mod invalidation;
mod measure;
mod options;
mod outage;
mod rounds;
mod server;
mod subject;
mod table;

use options::{Group, Options};
use rounds::{Row, Trial};
use server::Server;
use subject::Profile;

fn main() -> anyhow::Result<()> {
    let Some(options) = Options::from_arguments(std::env::args().skip(1))? else {
        println!("{}", options::HELP);
        return Ok(());
    };
    // As many workers as cores, which is what a service gets from `#[tokio::main]`.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;

    // It takes longer than all others, so it has to be asked for.
    if options.names(Group::Compile) {
        compile::run(&options)?;
    }
    if options.wants(Group::Redis) {
        let server = Server::start()?;
        let trials = runtime.block_on(contestants::on_redis(&server.url()))?;
        throughput("One hit on Redis", trials, &options, &runtime)?;
    }
    if options.wants(Group::Groups) {
        let server = Server::start()?;
        let trials = runtime.block_on(contestants::by_groups(&server.url()))?;
        let rows = throughput(
            "One hit by the number of its groups",
            trials,
            &options,
            &runtime,
        )?;
        print!("{}", table::markers(&options.tasks, &rows));
    }
    if options.wants(Group::Invalidate) {
        runtime.block_on(invalidation::run(&options))?;
    }
    if options.wants(Group::Outage) {
        runtime.block_on(outage::run(&options))?;
    }
    if options.wants(Group::Memory) {
        throughput(
            "One hit in memory",
            contestants::in_memory::<Profile>()?,
            &options,
            &runtime,
        )?;
    }
    if options.wants(Group::Latency) {
        latency(
            "One hit in memory, one thread, `u64`",
            contestants::in_memory::<u64>()?,
            &options,
        )?;
        latency(
            "One hit in memory, one thread, six allocations",
            contestants::in_memory::<Profile>()?,
            &options,
        )?;
    }
    Ok(())
}

fn throughput(
    title: &str,
    trials: Vec<Trial>,
    options: &Options,
    runtime: &tokio::runtime::Runtime,
) -> anyhow::Result<Vec<Row>> {
    let trials = options.chosen(trials);
    announce(title, trials.len() * options.tasks.len(), options);
    let rows = rounds::throughput(&trials, options, runtime)?;
    print!("{}", table::throughput(title, &options.tasks, &rows));
    Ok(rows)
}

fn latency(title: &str, trials: Vec<Trial>, options: &Options) -> anyhow::Result<()> {
    let trials = options.chosen(trials);
    announce(title, trials.len(), options);
    let rows = rounds::latency(&trials, options)?;
    print!("{}", table::latency(title, &rows));
    Ok(())
}

/// Says on the error stream how long the silence will be.
fn announce(title: &str, measurements: usize, options: &Options) {
    let each = options.span * options.rounds;
    let seconds = each.as_secs_f64() * f64::from(u32::try_from(measurements).unwrap_or(u32::MAX));
    if measurements > 0 {
        eprintln!("{title}: about {seconds:.0} s");
    }
}
