//! Ten thousand tasks call one cold key: how long each waits beyond the load that all of them share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tokio::runtime::Runtime;

use crate::options::{Named as _, Options};
use crate::rounds;
use crate::server::Server;
use crate::subject::{Profile, Subject};
use crate::table;

mod ways;

use ways::{Answers, Way};

const CALLERS: usize = 10_000;

/// Long enough for most callers to call by its end.
const LOAD_TAKES: Duration = Duration::from_millis(100);

/// The load of one key, which must run once.
#[derive(Debug, Default)]
pub(crate) struct Load {
    runs: AtomicU64,
    ended: OnceLock<Instant>,
}

impl Load {
    pub(crate) async fn run<V: Subject>(&self, id: u64) -> V {
        self.runs.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(LOAD_TAKES).await;
        let value = V::of(id);
        // The last thing it does: what comes after is the cache's.
        let _ = self.ended.set(Instant::now());
        value
    }
}

/// Nanoseconds that callers waited after the end of the load.
#[derive(Clone, Copy)]
struct Waits {
    middle: f64,
    all_but_one_in_a_hundred: f64,
    longest: f64,
    /// How many called when the load was over.
    late: usize,
}

/// Prints how long callers wait beyond the load, for a number and for six allocations.
pub(crate) fn run(options: &Options, runtime: &Runtime) -> anyhow::Result<()> {
    let server = Server::start()?;
    let ways = runtime.block_on(ways::all::<u64>(&server.url()))?;
    table("`u64`", &options.chosen(ways), options, runtime)?;
    let ways = runtime.block_on(ways::all::<Profile>(&server.url()))?;
    table("six allocations", &options.chosen(ways), options, runtime)
}

fn table(value: &str, ways: &[Way], options: &Options, runtime: &Runtime) -> anyhow::Result<()> {
    eprintln!("Stampede, {value}: some seconds");
    let mut runs = Vec::new();
    let mut late = vec![0; ways.len()];
    for _ in 0..options.runs {
        let mut rounds: Vec<Vec<Waits>> = Vec::new();
        for _ in 0..options.rounds {
            let waits = |way: &Way| {
                (way.run)(runtime).with_context(|| format!("a stampede on `{}`", way.name()))
            };
            let round: Vec<Waits> = ways.iter().map(waits).collect::<anyhow::Result<_>>()?;
            for (most, waits) in late.iter_mut().zip(&round) {
                *most = waits.late.max(*most);
            }
            rounds.push(round);
        }
        let mut rows = rounds::rows(ways.iter().map(Way::name));
        let figures: [fn(&Waits) -> f64; 3] = [
            |waits| waits.middle,
            |waits| waits.all_but_one_in_a_hundred,
            |waits| waits.longest,
        ];
        for figure in figures {
            let column = |round: &Vec<Waits>| round.iter().map(figure).collect();
            let column: Vec<Vec<f64>> = rounds.iter().map(column).collect();
            rounds::add_column(&mut rows, &column);
        }
        runs.push(rows);
    }
    let title = format!("Waiting for a load that {CALLERS} callers share, {value}");
    let heads = ["median", "99th percentile", "longest"].map(str::to_owned);
    let what = "beyond the load · ratio";
    print!(
        "{}",
        table::render(&title, what, &heads, &runs, table::time)
    );
    for (way, late) in ways.iter().zip(late).filter(|(_, late)| *late > 0) {
        println!(
            "\n{}: up to {late} called when the load was over.",
            way.name()
        );
    }
    Ok(())
}

/// One stampede on a key that nobody has asked for.
fn stampede<V: Subject, C: Answers<V>>(contestant: &C, runtime: &Runtime) -> anyhow::Result<Waits> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    let load = Arc::new(Load::default());
    let callers = {
        let (contestant, load) = (contestant.clone(), Arc::clone(&load));
        // From a worker, as a server's tasks come.
        runtime.spawn(async move {
            let spawn = |_| tokio::spawn(caller(contestant.clone(), id, Arc::clone(&load)));
            let callers: Vec<_> = (0..CALLERS).map(spawn).collect();
            let mut times = Vec::with_capacity(CALLERS);
            for caller in callers {
                times.push(caller.await.context("a task panicked")??);
            }
            anyhow::Ok(times)
        })
    };
    let times = runtime.block_on(callers).context("a task panicked")??;
    let runs = load.runs.load(Ordering::Relaxed);
    ensure!(runs == 1, "{runs} loads");
    let ended = *load.ended.get().context("the load did not end")?;
    // What was left of the load when a caller called lasted until the end; nothing was left for who called later.
    let wait = |(called, answered): &(Instant, Instant)| {
        let since = ended.max(*called);
        answered.saturating_duration_since(since).as_secs_f64() * 1e9
    };
    let mut waits: Vec<f64> = times.iter().map(wait).collect();
    waits.sort_by(f64::total_cmp);
    let at = |place: usize| waits.get(place).copied().unwrap_or(f64::NAN);
    Ok(Waits {
        middle: at(CALLERS / 2),
        all_but_one_in_a_hundred: at(CALLERS * 99 / 100),
        longest: at(CALLERS - 1),
        late: times.iter().filter(|(called, _)| *called > ended).count(),
    })
}

/// When it called, and when it had the value for its own.
async fn caller<V: Subject, C: Answers<V>>(
    contestant: C,
    id: u64,
    load: Arc<Load>,
) -> anyhow::Result<(Instant, Instant)> {
    let call = async {
        let called = Instant::now();
        let value = contestant.answer(id, &load).await?;
        let answered = Instant::now();
        ensure!(value == V::of(id), "id {id} came back as {value:?}");
        Ok((called, answered))
    };
    contestant.within(call).await
}
