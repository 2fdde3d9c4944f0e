//! Two processes, and the callers who use them: what each of them may see, and how long it may wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use cached_core::{Builder, Cache, Error, cached};
use serde::{Deserialize, Serialize};
use tests::namespace;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::metronome::Metronome;

/// The deadline of one operation in these tests.
pub(crate) const DEADLINE: Duration = Duration::from_millis(200);

/// What anything may take besides, on a machine that is not late.
pub(crate) const SLACK: Duration = Duration::from_millis(300);

/// Nothing here may hang for longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

const KEYS: usize = 16;
const CALLERS: usize = 64;

/// What is cached. Each is large enough that a reply can break off inside it.
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

/// What is true: one version a key, and what processes know of it.
#[derive(Debug)]
pub(crate) struct Database {
    versions: [AtomicU64; KEYS],
    /// Whose invalidation was applied.
    applied: [AtomicU64; KEYS],
}

/// One process, as far as a cache can tell.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) cache: Cache,
    database: Arc<Database>,
    /// Whose invalidation has returned here, applied or not.
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

    /// One call, by function or by key.
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

    /// One call; what is wrong with it, if anything, and how long it took.
    async fn check(&self, id: usize, by_key: bool) -> (Option<String>, Duration) {
        let applied = self.database.applied[id].load(SeqCst);
        let oldest = applied.max(self.returned[id].load(SeqCst));
        let began = Instant::now();
        let answer = self.call(id, by_key).await;
        let took = began.elapsed();
        let newest = self.database.versions[id].load(SeqCst);
        let complaint = match answer {
            Err(error) => Some(format!("{id}: {error}")),
            Ok(item) if item != Item::new(id, item.version) => Some(format!("{id}: {item:?}")),
            Ok(Item { version, .. }) if (oldest..=newest).contains(&version) => None,
            Ok(Item { version, .. }) => Some(format!("{id}: {version}, not {oldest} to {newest}")),
        };
        (complaint, took)
    }

    /// Changes one key, and says so.
    async fn write(&self, id: usize) -> (Option<String>, Duration) {
        let version = self.database.versions[id].fetch_add(1, SeqCst) + 1;
        let began = Instant::now();
        let invalidated = self.cache.invalidate(format!("item:{id}")).await;
        let took = began.elapsed();
        match invalidated {
            Ok(invalidated) => {
                self.returned[id].fetch_max(version, SeqCst);
                if invalidated.is_applied() {
                    self.database.applied[id].fetch_max(version, SeqCst);
                }
                (None, took)
            }
            Err(error) => (Some(format!("{id} is not invalidated: {error}")), took),
        }
    }

    pub(crate) fn loads(&self) -> [u64; KEYS] {
        self.loads.each_ref().map(|loads| loads.load(SeqCst))
    }

    /// Waits until it is healthy and each key is a hit; says how long that took.
    pub(crate) async fn hits_again(&self) -> Duration {
        let began = Instant::now();
        let hits = async {
            for id in 0..KEYS {
                while self.cache.health().await.problem.is_some() || !self.has(id).await {
                    assert_eq!(self.check(id, false).await.0, None);
                    sleep(Duration::from_millis(1)).await;
                }
            }
        };
        timeout(PATIENCE, hits).await.expect("it hits again");
        began.elapsed()
    }

    /// Whether a call would be a hit.
    async fn has(&self, id: usize) -> bool {
        self.cache.scope(item::peek(id)).await.is_some()
    }
}

/// Processes of one namespace, which share no memory. The first of them also writes.
pub(crate) fn processes<const N: usize>(builder: impl Fn() -> Builder) -> [Arc<Process>; N] {
    let namespace = namespace("crowd");
    let cells = || [const { AtomicU64::new(0) }; KEYS];
    let database = Arc::new(Database {
        versions: cells(),
        applied: cells(),
    });
    [(); N].map(|()| {
        let builder = builder().namespace(&namespace).op_timeout(DEADLINE);
        Arc::new(Process {
            cache: builder.build().unwrap(),
            database: Arc::clone(&database),
            returned: cells(),
            loads: cells(),
        })
    })
}

/// Callers at work, until they are sent home.
pub(crate) struct Crowd {
    orders: Arc<Orders>,
    callers: JoinSet<Report>,
    metronome: Metronome,
}

#[derive(Debug, Default)]
struct Orders {
    stop: AtomicBool,
    /// Nobody writes.
    only_read: AtomicBool,
}

/// What one caller has to say, or all of them.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) calls: u64,
    pub(crate) slowest: Duration,
    pub(crate) complaints: Vec<String>,
}

impl Crowd {
    /// 64 callers, spread over `processes`; one of them writes, in the first process.
    pub(crate) fn of<const N: usize>(processes: &[Arc<Process>; N]) -> Self {
        let orders = Arc::new(Orders::default());
        let mut callers = JoinSet::new();
        for number in 0..CALLERS {
            let process = Arc::clone(&processes[number % N]);
            let orders = Arc::clone(&orders);
            callers.spawn(async move {
                let mut report = Report::default();
                let mut id = number;
                while !orders.stop.load(SeqCst) {
                    // Each goes round the keys in an order of its own.
                    id = (id + 2 * number + 1) % KEYS;
                    let done = if number != 0 {
                        process.check(id, number % 4 == 1).await
                    } else if !orders.only_read.load(SeqCst) {
                        process.write(id).await
                    } else {
                        (None, Duration::ZERO)
                    };
                    report.add(done);
                    sleep(Duration::from_millis(10)).await;
                }
                report
            });
        }
        Self {
            orders,
            callers,
            metronome: Metronome::start(),
        }
    }

    /// From now on nobody writes.
    pub(crate) fn only_read(&self) {
        self.orders.only_read.store(true, SeqCst);
    }

    /// What a machine that is as late as this one adds to any time.
    pub(crate) fn slack(&self) -> Duration {
        SLACK + 2 * self.metronome.worst()
    }

    /// Lets all finish; none of them may have waited longer than one deadline.
    pub(crate) async fn end(self) -> Report {
        self.orders.stop.store(true, SeqCst);
        let slack = self.slack();
        let ended = timeout(PATIENCE, self.callers.join_all()).await;
        let mut all = Report::default();
        for report in ended.expect("no caller hangs") {
            all.calls += report.calls;
            all.slowest = all.slowest.max(report.slowest);
            all.complaints.extend(report.complaints);
        }
        println!("{} calls, slowest {:?}, {slack:?}", all.calls, all.slowest);
        assert_eq!(all.complaints, [""; 0]);
        assert!(all.slowest <= DEADLINE + slack, "{:?}", all.slowest);
        all
    }
}

impl Report {
    fn add(&mut self, (complaint, took): (Option<String>, Duration)) {
        self.calls += 1;
        self.slowest = self.slowest.max(took);
        if self.complaints.len() < 3 {
            self.complaints.extend(complaint);
        }
    }
}

/// 64 callers a process ask for one key after the other, all at once: each key is loaded once there.
pub(crate) async fn one_load_a_key<const N: usize>(processes: &[Arc<Process>; N]) {
    let errors = |process: &Process| process.cache.stats().total.errors;
    let before = processes
        .each_ref()
        .map(|process| (process.loads(), errors(process)));
    let mut callers = JoinSet::new();
    for process in processes {
        for _ in 0..CALLERS {
            let process = Arc::clone(process);
            callers.spawn(async move {
                let mut report = Report::default();
                for id in 0..KEYS {
                    report.add(process.check(id, false).await);
                }
                report.complaints
            });
        }
    }
    let complaints = callers.join_all().await.concat();
    assert_eq!(complaints, [""; 0]);
    for (process, (before, failed)) in processes.iter().zip(before) {
        let loads = process.loads().into_iter().zip(before);
        let loads: Vec<u64> = loads.map(|(now, before)| now - before).collect();
        // A machine that is too busy for the deadline makes calls run their bodies.
        let failed = errors(process) - failed;
        let twice: u64 = loads.iter().map(|loads| loads.saturating_sub(1)).sum();
        assert!(twice <= failed, "{loads:?}, {failed} errors");
        assert!(loads.iter().sum::<u64>() > 0, "nothing was loaded");
    }
}
