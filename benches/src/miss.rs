//! What a miss costs besides its body: an id that nobody has asked for, each time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tokio::runtime::Runtime;

use crate::options::{Named as _, Options};
use crate::rounds::{self, Row, median};
use crate::server::Server;
use crate::subject::{Profile, Subject as _};
use crate::table;

mod ways;

use ways::{Miss, Way};

/// What a miss runs; one for each task, so that a call knows how long its own took.
#[derive(Debug)]
pub(crate) struct Body {
    sleeps: Duration,
    took: AtomicU64,
    runs: AtomicU64,
}

impl Body {
    pub(crate) async fn load(&self, id: u64) -> Profile {
        let begun = Instant::now();
        if !self.sleeps.is_zero() {
            tokio::time::sleep(self.sleeps).await;
        }
        let profile = Profile::of(id);
        self.runs.fetch_add(1, Ordering::Relaxed);
        self.took
            .store(nanoseconds(begun.elapsed()), Ordering::Relaxed);
        profile
    }
}

/// How many call at once, and how long the body sleeps.
#[derive(Clone, Copy)]
struct Load {
    title: &'static str,
    tasks: u32,
    sleeps: Duration,
}

const LOADS: [Load; 4] = [
    Load {
        title: "1 task, no body",
        tasks: 1,
        sleeps: Duration::ZERO,
    },
    Load {
        title: "1 task, 1 ms",
        tasks: 1,
        sleeps: Duration::from_millis(1),
    },
    Load {
        title: "64 tasks, no body",
        tasks: 64,
        sleeps: Duration::ZERO,
    },
    Load {
        title: "64 tasks, 1 ms",
        tasks: 64,
        sleeps: Duration::from_millis(1),
    },
];

/// What one contestant did in one round.
struct Outcome {
    /// Nanoseconds of the middle call, besides its body.
    besides: f64,
    per_second: f64,
    /// Nanoseconds of this process's processors for each call; not a number where the system does not say.
    processor: f64,
}

/// Prints the time of a miss besides its body, how many there are in a second, and what they take of the processor.
pub(crate) fn run(options: &Options, runtime: &Runtime) -> anyhow::Result<()> {
    let server = Server::start()?;
    let one_thread = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let ways = |runtime: &Runtime| {
        let ways = runtime.block_on(ways::all(&server.url()))?;
        anyhow::Ok(options.chosen(ways))
    };
    let places = [(&one_thread, ways(&one_thread)?), (runtime, ways(runtime)?)];
    let [(_, ways), _] = &places;
    options.announce("Misses", ways.len() * LOADS.len());

    let (mut times, mut rates, mut processor) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..options.runs {
        let empty = || rounds::rows(ways.iter().map(Way::name));
        let (mut time, mut rate, mut used) = (empty(), empty(), empty());
        for load in LOADS {
            let [alone, together] = &places;
            let (runtime, ways) = if load.tasks == 1 { alone } else { together };
            let outcomes = in_turn(ways, runtime, load, options, &server)?;
            let figures = |figure: fn(&Outcome) -> f64| -> Vec<Vec<f64>> {
                let figures = |round: &Vec<Outcome>| round.iter().map(figure).collect();
                outcomes.iter().map(figures).collect()
            };
            rounds::add_column(&mut time, &figures(|outcome| outcome.besides));
            rounds::add_column(&mut rate, &figures(|outcome| outcome.per_second));
            rounds::add_column(&mut used, &figures(|outcome| outcome.processor));
        }
        times.push(time);
        rates.push(rate);
        processor.push(used);
    }
    print(&times, &rates, &processor);
    Ok(())
}

fn print(times: &[Vec<Row>], rates: &[Vec<Row>], processor: &[Vec<Row>]) {
    let heads = LOADS.map(|load| load.title.to_owned());
    let tables = [
        (
            "besides its body",
            "time of the middle call · ratio",
            times,
            table::time as fn(f64) -> String,
        ),
        ("how many", "per second · ratio", rates, table::grouped),
        (
            "of this process's processors",
            "time for each · ratio",
            processor,
            table::time,
        ),
    ];
    for (title, what, runs, shown) in tables {
        let title = format!("One miss on Redis, {title}");
        print!("{}", table::render(&title, what, &heads, runs, shown));
    }
}

/// Every contestant in every round, on a server that knows nothing.
fn in_turn(
    ways: &[Way],
    runtime: &Runtime,
    load: Load,
    options: &Options,
    server: &Server,
) -> anyhow::Result<Vec<Vec<Outcome>>> {
    let round = || {
        runtime.block_on(ways::forget(&server.url()))?;
        let outcome = |way: &Way| {
            (way.run)(runtime, load, options.span)
                .with_context(|| format!("missing `{}`", way.name()))
        };
        ways.iter().map(outcome).collect()
    };
    (0..options.rounds).map(|_| round()).collect()
}

/// Misses of one contestant for as long as `span`, and until all is stored.
fn misses<C: Miss>(
    contestant: &C,
    runtime: &Runtime,
    load: Load,
    span: Duration,
) -> anyhow::Result<Outcome> {
    let stop = Arc::new(AtomicBool::new(false));
    let used = processor_time();
    let begun = Instant::now();
    let times = runtime.block_on(async {
        let tasks: Vec<_> = (0..load.tasks)
            .map(|_| tokio::spawn(task(contestant.clone(), load, Arc::clone(&stop))))
            .collect();
        tokio::time::sleep(span).await;
        stop.store(true, Ordering::Relaxed);
        let mut times = Vec::new();
        for task in tasks {
            times.extend(task.await.context("a task panicked")??);
        }
        contestant.settled().await?;
        anyhow::Ok(times)
    })?;
    let elapsed = begun.elapsed();
    let used = processor_time()
        .zip(used)
        .map(|(after, before)| after - before);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let calls = times.len() as f64;
    Ok(Outcome {
        besides: median(times),
        per_second: calls / elapsed.as_secs_f64(),
        processor: used.unwrap_or(f64::NAN) / calls,
    })
}

/// One task: misses until told to stop; the time of each besides its body.
async fn task<C: Miss>(
    contestant: C,
    load: Load,
    stop: Arc<AtomicBool>,
) -> anyhow::Result<Vec<f64>> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let body = Body {
        sleeps: load.sleeps,
        took: AtomicU64::new(0),
        runs: AtomicU64::new(0),
    };
    let work = async {
        let mut times = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let id = NEXT.fetch_add(1, Ordering::Relaxed);
            let begun = Instant::now();
            let profile = contestant.miss(id, &body).await?;
            let time =
                nanoseconds(begun.elapsed()).saturating_sub(body.took.load(Ordering::Relaxed));
            drop(profile);
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
            times.push(time as f64);
        }
        anyhow::Ok(times)
    };
    let times = contestant.within(work).await?;
    let runs = body.runs.load(Ordering::Relaxed);
    ensure!(
        usize::try_from(runs)? == times.len(),
        "some misses were none"
    );
    Ok(times)
}

/// Nanoseconds that the threads of this process have run, where the system counts them.
fn processor_time() -> Option<f64> {
    let mut total = 0.0;
    for thread in std::fs::read_dir("/proc/self/task").ok()? {
        let line = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        total += line.split(' ').next()?.parse::<f64>().ok()?;
    }
    Some(total)
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
