//! What one cache hit costs: hand-written code, the peers and cached-core, in turn in one process.
//!
//! `cargo run --release -- --help` lists the options; `README.md` says what is compared and why it is fair.

mod compile;
mod contestant;
mod contestants;
mod hits;
mod instructions;
mod invalidation;
mod measure;
mod miss;
mod options;
mod outage;
mod rounds;
mod server;
mod stampede;
mod subject;
mod table;
mod values;

use options::{Group, Options};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if instructions::is_counted(&arguments)? {
        return Ok(());
    }
    let Some(options) = Options::from_arguments(arguments.into_iter())? else {
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
        hits::on_redis(&options, &runtime)?;
    }
    if options.wants(Group::Groups) {
        hits::by_groups(&options, &runtime)?;
    }
    if options.wants(Group::Values) {
        values::run(&options, &runtime)?;
    }
    if options.wants(Group::Miss) {
        miss::run(&options, &runtime)?;
    }
    if options.wants(Group::Stampede) {
        stampede::run(&options, &runtime)?;
    }
    if options.wants(Group::Invalidate) {
        runtime.block_on(invalidation::run(&options))?;
    }
    if options.wants(Group::Outage) {
        runtime.block_on(outage::run(&options))?;
    }
    if options.wants(Group::Memory) {
        hits::in_memory(&options, &runtime)?;
    }
    if options.wants(Group::Latency) {
        hits::alone_in_memory(&options)?;
    }
    if options.wants(Group::Instructions) {
        instructions::run(&options)?;
    }
    Ok(())
}
