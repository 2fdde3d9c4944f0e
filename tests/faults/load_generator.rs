//! Processes that share a Redis, and the callers who use them: what each may see, and how long it may wait.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cached_core::{Builder, Cache, Error, Outage, cached};
use serde::{Deserialize, Serialize};
use tests::namespace;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::timer_slack::TimerSlack;

/// The deadline of a call here. Much longer than what else it may take: one of two deadlines would show.
pub(crate) const DEADLINE: Duration = Duration::from_secs(1);

/// The deadline where many of them are waited for, one after the other.
pub(crate) const SHORT: Duration = Duration::from_millis(200);

/// The time that anything may take besides, on a machine that is not late.
pub(crate) const SLACK: Duration = Duration::from_millis(300);

/// Nothing here may hang for longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The greatest age of a value that a process has loaded while it could not reach Redis.
const OUTAGE_TTL: Duration = Duration::from_millis(300);

const KEYS: usize = 16;
const CALLERS: usize = 64;
const PROCESSES: usize = 4;

/// The value that is cached. Each is large enough that a reply can break off inside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Item {
    id: usize,
    version: u64,
    text: String,
}

impl Item {
    fn new(id: usize, version: u64) -> Self {
        let text = format!("{id}.{version} ").repeat(200);
        Self { id, version, text }
    }
}

/// The versions of the keys, and what processes know of them.
#[derive(Debug)]
pub(crate) struct Database {
    versions: [AtomicU64; KEYS],
    /// The versions whose invalidation was applied, and when.
    applied: [Mutex<Vec<(u64, Instant)>>; KEYS],
}

impl Database {
    /// The moment at which an invalidation of this version of a key was applied.
    fn outdated(&self, id: usize, version: u64) -> Option<Instant> {
        let applied = self.applied[id].lock().unwrap();
        let later = applied.iter().filter(|(later, _)| *later > version);
        later.map(|(_, when)| *when).min()
    }
}

/// One process, as far as a cache can tell.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) cache: Cache,
    outage: Outage,
    database: Arc<Database>,
    /// The versions whose invalidation has returned here, applied or not.
    returned: [AtomicU64; KEYS],
    loads: [AtomicU64; KEYS],
}

#[cached(ttl = "1h", prefix = "item:{id}")]
async fn item(id: usize, #[cached(skip)] process: &Process) -> Result<Item, Error> {
    Ok(process.load(id).await)
}

impl Process {
    async fn load(&self, id: usize) -> Item {
        self.loads[id].fetch_add(1, SeqCst);
        let version = self.database.versions[id].load(SeqCst);
        tokio::task::yield_now().await;
        Item::new(id, version)
    }

    /// Makes one call, by function or by key.
    async fn call(&self, id: usize, by_key: bool) -> Result<Item, Error> {
        if by_key {
            let load = async || Ok(self.load(id).await);
            return self
                .cache
                .get_or_load(format!("item:{id}:by-key"), None, load)
                .await;
        }
        self.cache.scope(item(id, self)).await
    }

    /// Makes one call, and checks its answer.
    async fn check(&self, id: usize, by_key: bool) -> Report {
        let what = if by_key { "a call by key" } else { "a call" };
        let oldest = self.returned[id].load(SeqCst);
        let began = Instant::now();
        let answer = self.call(id, by_key).await;
        let newest = self.database.versions[id].load(SeqCst);
        let item = match answer {
            Ok(item) if item == Item::new(id, item.version) => item,
            other => return Report::of(what, began, Some(format!("{id}: {other:?}"))),
        };
        let version = item.version;
        if !(oldest..=newest).contains(&version) {
            let complaint = format!("{id}: {version}, not {oldest} to {newest}");
            return Report::of(what, began, Some(complaint));
        }
        let outdated = self.database.outdated(id, version);
        let stale = outdated.map_or(Duration::ZERO, |when| began.saturating_duration_since(when));
        Report {
            stale,
            ..Report::of(what, began, None)
        }
    }

    /// Changes one key, and says so.
    async fn write(&self, id: usize) -> Report {
        let version = self.database.versions[id].fetch_add(1, SeqCst) + 1;
        let began = Instant::now();
        let invalidated = self.cache.invalidate(format!("item:{id}")).await;
        let what = "an invalidation";
        let Ok(invalidated) = invalidated else {
            return Report::of(what, began, Some(format!("{id}: {invalidated:?}")));
        };
        self.returned[id].fetch_max(version, SeqCst);
        if invalidated.is_applied() {
            let applied = (version, Instant::now());
            self.database.applied[id].lock().unwrap().push(applied);
        }
        Report::of(what, began, None)
    }

    pub(crate) fn loads(&self) -> [u64; KEYS] {
        self.loads.each_ref().map(|loads| loads.load(SeqCst))
    }

    /// Waits until it is healthy and each key is a hit; returns how long that took.
    pub(crate) async fn hits_again(&self) -> Duration {
        let began = Instant::now();
        let hits = async {
            for id in 0..KEYS {
                while self.cache.health().await.problem.is_some() || !self.has(id).await {
                    assert_eq!(self.check(id, false).await.complaints, [""; 0]);
                    sleep(Duration::from_millis(1)).await;
                }
            }
        };
        timeout(PATIENCE, hits).await.expect("it hits again");
        began.elapsed()
    }

    /// Returns true if a call would be a hit.
    async fn has(&self, id: usize) -> bool {
        self.cache.scope(item::peek(id)).await.is_some()
    }
}

/// The processes of a test.
pub(crate) type Processes = [Arc<Process>; PROCESSES];

/// Four processes of one namespace. Two of them run bodies in an outage, two keep what they load then.
pub(crate) fn processes(builder: impl Fn() -> Builder) -> Processes {
    let namespace = namespace("load");
    let cells = || [const { AtomicU64::new(0) }; KEYS];
    let database = Arc::new(Database {
        versions: cells(),
        applied: [const { Mutex::new(Vec::new()) }; KEYS],
    });
    [
        Outage::Origin,
        Outage::Origin,
        Outage::Memory,
        Outage::Memory,
    ]
    .map(|outage| {
        let builder = builder().namespace(&namespace).op_timeout(DEADLINE);
        let builder = builder.outage(outage).outage_ttl(OUTAGE_TTL);
        Arc::new(Process {
            cache: builder.build().unwrap(),
            outage,
            database: Arc::clone(&database),
            returned: cells(),
            loads: cells(),
        })
    })
}

/// Callers at work, until they are stopped.
pub(crate) struct LoadGenerator {
    orders: Arc<Orders>,
    callers: JoinSet<(Outage, Report)>,
    timer_slack: TimerSlack,
}

#[derive(Debug, Default)]
struct Orders {
    stop: AtomicBool,
    /// True while nobody may write.
    only_read: AtomicBool,
}

/// The outcome of one call, or of all calls of a caller.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) calls: u64,
    /// Those that may have been too slow: when they began, and what they took.
    slow: Vec<(Instant, Duration, &'static str)>,
    /// The time for which something else had been true before a call began, by an invalidation that was applied.
    stale: Duration,
    complaints: Vec<String>,
}

impl LoadGenerator {
    /// Starts 64 callers for each kind of process. Two of them write, in the first process of their kind.
    pub(crate) fn start(processes: &Processes) -> Self {
        let orders = Arc::new(Orders::default());
        let mut callers = JoinSet::new();
        for number in 0..2 * CALLERS {
            let process = Arc::clone(&processes[number % PROCESSES]);
            let is_writer = number == 0 || number == 2;
            let orders = Arc::clone(&orders);
            callers.spawn(async move {
                let mut all = Report::default();
                let mut id = number;
                while !orders.stop.load(SeqCst) {
                    // Each goes round the keys in an order of its own.
                    id = (id + 2 * number + 1) % KEYS;
                    if !is_writer {
                        all.add(process.check(id, number % 8 > 3).await);
                    } else if !orders.only_read.load(SeqCst) {
                        all.add(process.write(id).await);
                    }
                    sleep(Duration::from_millis(40)).await;
                }
                (process.outage, all)
            });
        }
        Self {
            orders,
            callers,
            timer_slack: TimerSlack::start(),
        }
    }

    /// Stops the writers.
    pub(crate) fn only_read(&self) {
        self.orders.only_read.store(true, SeqCst);
    }

    /// The time that a machine as late as this one adds to any other.
    pub(crate) fn slack(&self) -> Duration {
        SLACK + 2 * self.timer_slack.worst()
    }

    /// The same for a time that began then.
    fn slack_in(&self, began: Instant, took: Duration) -> Duration {
        SLACK + 2 * self.timer_slack.worst_in(began, took)
    }

    /// Stops all; none of them may have seen a wrong value or an error, or have waited longer than a deadline.
    pub(crate) async fn stop(mut self) -> u64 {
        self.orders.stop.store(true, SeqCst);
        let callers = std::mem::take(&mut self.callers);
        let ended = timeout(PATIENCE, callers.join_all()).await;
        let slack = self.slack();
        let mut calls = 0;
        for (outage, report) in ended.expect("no caller hangs") {
            assert_eq!(report.complaints, [""; 0], "{outage:?}");
            for (began, took, what) in report.slow {
                let most = DEADLINE + self.slack_in(began, took);
                assert!(took <= most, "{outage:?}: {what} took {took:?}");
            }
            let most = match outage {
                Outage::Memory => OUTAGE_TTL + slack,
                _ => Duration::ZERO,
            };
            assert!(report.stale <= most, "{outage:?}: {:?}", report.stale);
            calls += report.calls;
        }
        println!("{calls} calls, slack {slack:?}");
        calls
    }
}

impl Report {
    fn of(what: &'static str, began: Instant, complaint: Option<String>) -> Self {
        let took = began.elapsed();
        let slow = (took > DEADLINE + SLACK).then_some((began, took, what));
        Self {
            calls: 1,
            slow: slow.into_iter().collect(),
            stale: Duration::ZERO,
            complaints: complaint.into_iter().collect(),
        }
    }

    fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.slow.extend(other.slow);
        self.stale = self.stale.max(other.stale);
        if self.complaints.len() < 3 {
            self.complaints.extend(other.complaints);
        }
    }
}

/// Asserts that each key is loaded once in each process, when nothing is cached and 64 callers of each ask for one key
/// after the other, all at once.
pub(crate) async fn one_load_a_key(processes: &Processes) {
    for process in processes {
        // A machine that is too busy for the deadline makes calls run their bodies: such a round proves nothing.
        for _ in 0..10 {
            if process.cache.clear().await.unwrap().is_applied() && process.load_all().await {
                break;
            }
            process.hits_again().await;
        }
    }
}

impl Process {
    /// Returns true if the store answered all the time; then each key was loaded once.
    async fn load_all(self: &Arc<Self>) -> bool {
        let errors = || self.cache.stats().total.errors;
        let (loads, failed) = (self.loads(), errors());
        let mut callers = JoinSet::new();
        for _ in 0..CALLERS {
            let process = Arc::clone(self);
            callers.spawn(async move {
                let mut all = Report::default();
                for id in 0..KEYS {
                    all.add(process.check(id, false).await);
                }
                all.complaints
            });
        }
        let complaints = callers.join_all().await.concat();
        assert_eq!(complaints, [""; 0]);
        if errors() > failed {
            return false;
        }
        let loads = self.loads().into_iter().zip(loads);
        let loads: Vec<u64> = loads.map(|(now, before)| now - before).collect();
        assert_eq!(loads, [1; KEYS]);
        true
    }
}
