//! The promise of freshness, asked of a real server: once an invalidation has returned, no later call, in any
//! process, returns a value whose load began before it.
//!
//! Tasks of several processes read and write the same few rows, with every way to read and to invalidate there is.
//! Before each call the test notes how fresh its answer must be, afterwards it checks. Meanwhile bodies dawdle and
//! fail, callers go away, entries expire and are served for a while yet, and a thread (`chaos`) deletes what it finds.
//!
//! | variable | |
//! |---|---|
//! | `CACHED_CONSISTENCY_OPERATIONS` | how many, for a longer run: 200,000 by default |
//! | `CACHED_CONSISTENCY_SEED` | the same choices as a run that printed it; what the scheduler makes of them differs |

// A test says what is wrong by panicking.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

use std::process::{Command, Stdio};
use std::str::FromStr;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant, SystemTime};

use cached_core::{Cache, Counts};
use tests::{RedisServer, Store, namespace};

mod broken_caches;
mod chaos;
mod history;
mod outages;
mod rng;
mod subject;
mod versions;
mod world;

use broken_caches::{BrokenCache, Mistake};
use chaos::{Chaos, Deleted};
use history::{Atomics, History, Shared};
use rng::Rng;
use subject::CachedCore;
use world::{Member, Plan, World};

/// A busy machine may take longer than the default deadline; only what is about outages must see it.
const PATIENCE: Duration = Duration::from_secs(10);

fn variable<T: FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    let parsed = text.parse().ok();
    assert!(parsed.is_some(), "{name}={text} is no number");
    parsed
}

/// A plan of this many operations, or the share of a longer run that was asked for.
fn plan(operations: u64) -> Plan {
    const USUAL: u64 = 200_000;
    let asked: Option<u64> = variable("CACHED_CONSISTENCY_OPERATIONS");
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let seed = variable("CACHED_CONSISTENCY_SEED")
        .unwrap_or_else(|| Rng::new(u64::from(now.unwrap().subsec_nanos())).next_number());
    println!("CACHED_CONSISTENCY_SEED={seed}");
    Plan {
        operations: asked.unwrap_or(USUAL) * operations / USUAL,
        tasks: 48,
        // More than in life, so that there is something to see.
        changes: 4,
        pause: Duration::ZERO,
        seed,
    }
}

fn handle(server: &RedisServer, namespace: &str, deadline: Duration) -> Cache {
    Cache::builder()
        .redis_url(server.url())
        .namespace(namespace)
        .op_timeout(deadline)
        .connect_timeout(deadline)
        .build()
        .unwrap()
}

/// Three handles, as if each were a process.
fn processes(world: &World, server: &RedisServer) -> ([Cache; 3], [Member<CachedCore>; 3]) {
    let name = namespace("consistency");
    let caches = [(); 3].map(|()| handle(server, &name, PATIENCE));
    let member = |cache| Member::new(world, CachedCore::on_quiet(cache));
    let members = caches.each_ref().map(member);
    (caches, members)
}

/// Prints what happened.
fn show(world: &World, counts: &[Counts], deleted: Option<&Deleted>) {
    println!("{:?}", world.tally());
    for counts in counts {
        println!("{counts:?}");
    }
    if let Some(deleted) = deleted {
        println!("{deleted:?}");
    }
}

/// Asserts that it was not too little: a run in which everything is a miss proves nothing.
fn assert_busy(world: &World, plan: Plan, counts: &[Counts], deleted: Option<&Deleted>) {
    let tally = world.tally();
    let all = |of: fn(&Counts) -> u64| counts.iter().map(of).sum::<u64>();
    let one_in = |share: u64| plan.operations / share;
    assert!(tally.answers.load(Relaxed) > one_in(2));
    assert!(tally.changes.load(Relaxed) > one_in(50));
    assert!(tally.cancelled.load(Relaxed) > one_in(100));
    assert!(all(|counts| counts.hits) > one_in(10));
    assert!(all(|counts| counts.misses) > one_in(50));
    assert!(all(|counts| counts.loads) > one_in(50));
    assert!(all(|counts| counts.shared) > one_in(1_000));
    assert!(all(|counts| counts.stores) > one_in(100));
    assert!(all(|counts| counts.invalidations) > one_in(50));
    if let Some(deleted) = deleted {
        // Without a server it is over before anything gets old.
        assert!(all(|counts| counts.stale) > one_in(1_000));
        assert!(all(|counts| counts.refreshes) > one_in(10_000));
        // Late stores: what a load captured was invalidated, evicted or replaced before it ended.
        assert!(all(|counts| counts.stores_rejected) > one_in(10_000));
        assert!(deleted.entries.load(Relaxed) > one_in(5_000));
        assert!(deleted.markers.load(Relaxed) > one_in(5_000));
        assert!(deleted.leases.load(Relaxed) > 0);
    }
}

fn assert_fresh(world: &World) {
    let stale = world.tally().stale.load(Relaxed);
    assert_eq!(stale, 0, "{:#?}", world.complaints());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn usual_mistakes_are_seen() {
    for mistake in Mistake::ALL {
        let server = RedisServer::start();
        let world = World::new(Atomics::new(), (0, 1));
        let members = [(); 3].map(|()| Member::new(&world, BrokenCache::new(mistake, &server)));
        world::run(&world, &members, plan(30_000)).await;
        println!("{mistake:?}: {:?}", world.tally());
        assert!(world.tally().stale.load(Relaxed) > 0, "{mistake:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn functions_that_are_not_cached_are_always_fresh() {
    let server = RedisServer::start();
    let world = World::new(Atomics::new(), (0, 1));
    let cache = Cache::builder().enabled(false).build().unwrap();
    let members = [Member::new(&world, CachedCore::on_quiet(&cache))];
    world::run(&world, &members, plan(10_000)).await;
    assert_fresh(&world);
    drop(server);
}

/// As if a server came back from an old dump without saying so: the one thing that tokens cannot see.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn markers_that_come_back_are_seen() {
    let server = RedisServer::start();
    let world = World::new(Atomics::new(), (0, 1));
    let (_, members) = processes(&world, &server);
    let plan = plan(100_000);
    let restorer = chaos::Restorer::start(&server);
    world::run(&world, &members, plan).await;
    drop(restorer);
    println!("{:?}", world.tally());
    assert!(world.tally().stale.load(Relaxed) > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_call_sees_a_value_from_before_an_applied_invalidation() {
    let server = RedisServer::start();
    let world = World::new(Atomics::new(), (0, 1));
    let (caches, members) = processes(&world, &server);
    let plan = plan(200_000);
    let chaos = Chaos::start(&server, Rng::new(plan.seed));
    let began = Instant::now();
    world::run(&world, &members, plan).await;
    println!("{:?}", began.elapsed());
    let deleted = chaos.end();
    let counts = caches.each_ref().map(|cache| cache.stats().total);
    show(&world, &counts, Some(&deleted));
    assert_fresh(&world);
    assert_busy(&world, plan, &counts, Some(&deleted));
    assert_eq!(counts.iter().map(|counts| counts.errors).sum::<u64>(), 0);
}

/// So many changes that most calls miss, and reads capture what loads will need.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_call_sees_a_value_from_before_an_applied_invalidation_where_most_calls_miss() {
    let server = RedisServer::start();
    let world = World::new(Atomics::new(), (0, 1));
    let (caches, members) = processes(&world, &server);
    let mut plan = plan(60_000);
    plan.changes = 25;
    let chaos = Chaos::start(&server, Rng::new(plan.seed));
    world::run(&world, &members, plan).await;
    let deleted = chaos.end();
    let counts = caches.each_ref().map(|cache| cache.stats().total);
    show(&world, &counts, Some(&deleted));
    assert_fresh(&world);
    let all = |of: fn(&Counts) -> u64| counts.iter().map(of).sum::<u64>();
    let (hits, misses) = (all(|counts| counts.hits), all(|counts| counts.misses));
    assert!(hits > plan.operations / 100 && misses > 2 * hits);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_call_in_memory_sees_a_value_from_before_an_invalidation() {
    let world = World::new(Atomics::new(), (0, 1));
    let cache = Store::Memory.cache(&namespace("consistency"));
    let members = [Member::new(&world, CachedCore::on_quiet(&cache))];
    let plan = plan(100_000);
    world::run(&world, &members, plan).await;
    show(&world, &[cache.stats().total], None);
    assert_fresh(&world);
    assert_busy(&world, plan, &[cache.stats().total], None);
}

/// The same with time between the operations, so that entries get old.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_call_in_memory_sees_a_value_past_its_ttl_from_before_an_invalidation() {
    let world = World::new(Atomics::new(), (0, 1));
    let cache = Store::Memory.cache(&namespace("consistency"));
    let members = [Member::new(&world, CachedCore::on_quiet(&cache))];
    let mut plan = plan(50_000);
    plan.pause = Duration::from_millis(2);
    world::run(&world, &members, plan).await;
    let counts = cache.stats().total;
    show(&world, &[counts], None);
    assert_fresh(&world);
    assert!(counts.stale > plan.operations / 1_000);
    assert!(counts.refreshes > plan.operations / 10_000);
}

/// Room for a few entries only: what is evicted must not come back by its generation.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_call_in_a_small_memory_sees_a_value_from_before_an_invalidation() {
    let world = World::new(Atomics::new(), (0, 1));
    let cache = Cache::builder().memory_capacity(2_000).build().unwrap();
    let members = [Member::new(&world, CachedCore::on_quiet(&cache))];
    world::run(&world, &members, plan(50_000)).await;
    assert_fresh(&world);
}

const PROCESSES: u64 = 3;

/// Not a test: one of the processes of the next one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by the next test, as a process of its own"]
async fn one_of_several_processes() {
    let history = Shared::at(variable("CONSISTENCY_HISTORY").unwrap());
    let this = variable("CONSISTENCY_PROCESS").unwrap();
    let world = World::new(history, (this, PROCESSES));
    let cache = Cache::from_env().unwrap();
    let members = [Member::new(&world, CachedCore::on_quiet(&cache))];
    let mut plan = plan(10_000);
    plan.tasks = 16;
    plan.seed = plan.seed.wrapping_add(this);
    world::run(&world, &members, plan).await;
    show(&world, &[cache.stats().total], None);
    assert_fresh(&world);
    assert_busy(&world, plan, &[cache.stats().total], None);
    assert_eq!(cache.stats().total.errors, 0);
    println!("\nfresh");
}

#[test]
fn no_call_sees_what_another_process_invalidated() {
    let (server, database) = (RedisServer::start(), RedisServer::start());
    let name = namespace("consistency");
    let seed = Shared::new(&database).tick();
    let chaos = Chaos::start(&server, Rng::new(seed));
    let processes: Vec<_> = (0..PROCESSES)
        .map(|process| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--ignored", "--exact", "--nocapture"])
                .arg("one_of_several_processes")
                .env("CONSISTENCY_HISTORY", database.port().to_string())
                .env("CONSISTENCY_PROCESS", process.to_string())
                .env("REDIS_URL", server.url())
                .env("REDIS_CACHE_PREFIX", &name)
                .env("REDIS_SOCKET_TIMEOUT", "10s")
                .env("REDIS_SOCKET_CONNECT_TIMEOUT", "10s")
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for process in processes {
        let output = process.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let complaint = String::from_utf8_lossy(&output.stderr);
        println!("{said}");
        assert!(output.status.success(), "{complaint}");
        assert!(said.contains("\nfresh"), "{complaint}");
    }
    println!("{:?}", chaos.end());
}
