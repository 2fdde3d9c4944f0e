//! Everything but the cache: the database, the tasks that use it, and the judge of what they are told.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::JoinSet;

use crate::history::{Floor, Floors, History};
use crate::rng::Rng;
use crate::versions::{Row, Scope};

/// The value that is cached: a version of a row, and when the load began that read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    pub(crate) row: usize,
    pub(crate) version: u64,
    /// `None`: it was not loaded but given to `set`.
    pub(crate) began: Option<u64>,
}

/// A change that has returned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Done {
    /// A tick from before the invalidation began; 0 if there was none, only a write through the cache.
    pub(crate) began: u64,
    /// The version that was written before, 0 if none was.
    pub(crate) version: u64,
    pub(crate) scope: Scope,
    /// True if it holds in every process.
    pub(crate) applied: bool,
    pub(crate) how: How,
}

/// The name of the way in which something was done, for complaints.
pub(crate) type How = &'static str;

/// A cache under test, as one process has it.
pub(crate) trait Subject: Clone + Send + Sync + 'static {
    /// One call; `None` where there is no value and none was loaded.
    fn read(
        &self,
        world: &World,
        row: Row,
        rng: &mut Rng,
    ) -> impl Future<Output = (How, Option<Stamp>)> + Send;

    /// One write to the database and its invalidation; `None` if it failed.
    fn change(
        &self,
        world: &World,
        row: Row,
        rng: &mut Rng,
    ) -> impl Future<Output = Option<Done>> + Send;

    /// True if this process is in an outage, and keeps what it loads meanwhile.
    fn is_apart(&self) -> bool {
        false
    }
}

/// Counts of all that happened, so that a run in which nothing happened is seen.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) operations: AtomicU64,
    pub(crate) answers: AtomicU64,
    pub(crate) nothing: AtomicU64,
    pub(crate) loads: AtomicU64,
    pub(crate) changes: AtomicU64,
    pub(crate) postponed: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) cancelled: AtomicU64,
    pub(crate) stale: AtomicU64,
}

#[derive(Clone)]
pub(crate) struct World(Arc<Inner>);

struct Inner {
    history: Box<dyn History>,
    tally: Tally,
    /// One writer at a time for what is written through the cache: which of two is later must be known.
    writers: Vec<Mutex<()>>,
    /// The number of this process, and of how many: each has its own notes to write.
    share: (u64, u64),
    complaints: Lock<Vec<String>>,
    late: Late,
    stop: AtomicBool,
    /// The latest, for complaints.
    changes: Lock<VecDeque<Done>>,
}

/// The floors of a process in an outage: those that were applied [`LATE`] ago.
#[derive(Debug, Default)]
struct Late {
    floors: Floors,
    coming: Lock<VecDeque<(Instant, Vec<Row>, Floor)>>,
}

/// The greatest age of an answer from a process in an outage, in a test in which it keeps values for much less: a load
/// takes its time too.
const LATE: Duration = Duration::from_millis(700);

impl Late {
    fn raise(&self, rows: &[Row], floor: Floor) {
        let mut coming = self.coming.lock().unwrap_or_else(PoisonError::into_inner);
        coming.push_back((Instant::now() + LATE, rows.to_vec(), floor));
    }

    fn floor(&self, row: Row) -> Floor {
        let mut coming = self.coming.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        while coming.front().is_some_and(|(due, ..)| *due <= now)
            && let Some((_, rows, floor)) = coming.pop_front()
        {
            self.floors.raise(&rows, floor);
        }
        self.floors.get(row)
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}

impl World {
    pub(crate) fn new(history: impl History, share: (u64, u64)) -> Self {
        Self(Arc::new(Inner {
            history: Box::new(history),
            tally: Tally::default(),
            writers: Row::all().map(|_| Mutex::default()).collect(),
            share,
            complaints: Lock::default(),
            late: Late::default(),
            stop: AtomicBool::new(false),
            changes: Lock::default(),
        }))
    }

    pub(crate) fn history(&self) -> &dyn History {
        &*self.0.history
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.0.tally
    }

    pub(crate) fn complaints(&self) -> Vec<String> {
        self.0
            .complaints
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The body of everything that is cached.
    pub(crate) async fn load(&self, row: Row, mut rng: Rng) -> Stamp {
        let began = Some(self.history().tick());
        self.tally().loads.fetch_add(1, Relaxed);
        rng.pause().await;
        let version = self.history().version(row);
        rng.pause().await;
        Stamp {
            row: row.index(),
            version,
            began,
        }
    }

    /// Lets all tasks end.
    pub(crate) fn stop(&self) {
        self.0.stop.store(true, Relaxed);
    }

    /// Raises the floor: from now on, answers for `rows` must be at least this fresh in every process.
    fn raise(&self, rows: &[Row], floor: Floor) {
        self.history().raise(rows, floor);
        self.0.late.raise(rows, floor);
    }

    /// The right to write `row`; `None` if that is another process's.
    ///
    /// A value that is given to `set` was made before: only who knows that nobody else writes may give one.
    pub(crate) async fn writer(&self, row: Row) -> Option<MutexGuard<'_, ()>> {
        let (this, count) = self.0.share;
        if row.user() % count != this {
            return None;
        }
        Some(self.0.writers[row.index()].lock().await)
    }

    fn complain(&self, complaint: String) {
        self.tally().stale.fetch_add(1, Relaxed);
        let mut complaints = self
            .0
            .complaints
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if complaints.len() < 5 {
            complaints.push(complaint);
        }
    }

    fn remember(&self, done: Done) {
        const ENOUGH: usize = 1_000;
        let mut changes = self
            .0
            .changes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        changes.push_back(done);
        if changes.len() > ENOUGH {
            changes.pop_front();
        }
    }

    /// The changes that raised this floor.
    fn causes(&self, floor: Floor) -> Vec<(How, Scope)> {
        let changes = self
            .0
            .changes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_cause = |done: &&Done| {
            done.began == floor.began && done.began > 0
                || done.version == floor.version && done.version > 0
        };
        let causes = changes.iter().filter(is_cause);
        causes.map(|done| (done.how, done.scope)).collect()
    }

    fn judge(&self, row: Row, floor: Floor, how: How, stamp: Stamp) {
        assert_eq!(stamp.row, row.index(), "the value of another call");
        let began = stamp
            .began
            .or_else(|| self.history().set_at(stamp.version))
            .unwrap_or(u64::MAX);
        if stamp.version < floor.version || began < floor.began {
            let causes = self.causes(floor);
            self.complain(format!(
                "{how} {row:?}: {stamp:?}, though it began under {floor:?} of {causes:?}"
            ));
        }
    }
}

/// A process, real or as good as.
#[derive(Clone)]
pub(crate) struct Member<S> {
    world: World,
    subject: S,
    /// The floors that only this process knows: postponed invalidations hold here.
    floors: Arc<Floors>,
    /// The floors that held here when it was last seen outside of an outage.
    before: Arc<Floors>,
}

impl<S: Subject> Member<S> {
    pub(crate) fn new(world: &World, subject: S) -> Self {
        Self {
            world: world.clone(),
            subject,
            floors: Arc::default(),
            before: Arc::default(),
        }
    }

    fn floor(&self, row: Row) -> Floor {
        let (there, here) = (self.world.history().floor(row), self.floors.get(row));
        // Asked after that: the loads of an outage that begins now begin later.
        if !self.subject.is_apart() {
            self.before.raise(&[row], there);
            return here.and(there);
        }
        here.and(self.before.get(row))
            .and(self.world.0.late.floor(row))
    }

    async fn read(&self, row: Row, rng: &mut Rng) {
        let floor = self.floor(row);
        let mut fork = rng.fork();
        let read = self.subject.read(&self.world, row, &mut fork);
        let tally = self.world.tally();
        match rng.run_or_drop(read).await {
            None => tally.cancelled.fetch_add(1, Relaxed),
            Some((_, None)) => tally.nothing.fetch_add(1, Relaxed),
            Some((how, Some(stamp))) => {
                self.world.judge(row, floor, how, stamp);
                tally.answers.fetch_add(1, Relaxed)
            }
        };
    }

    async fn change(&self, row: Row, rng: &mut Rng) {
        let mut fork = rng.fork();
        let change = self.subject.change(&self.world, row, &mut fork);
        let tally = self.world.tally();
        match rng.run_or_drop(change).await {
            None => tally.cancelled.fetch_add(1, Relaxed),
            Some(None) => tally.failed.fetch_add(1, Relaxed),
            Some(Some(done)) => {
                self.record(row, done);
                tally.changes.fetch_add(1, Relaxed)
            }
        };
    }

    fn record(&self, row: Row, done: Done) {
        self.world.remember(done);
        let version = Floor {
            version: done.version,
            began: 0,
        };
        let began = Floor {
            version: 0,
            began: done.began,
        };
        let covered: Vec<Row> = done.scope.covers(row).collect();
        if done.applied {
            self.world.raise(&[row], version);
            self.world.raise(&covered, began);
        } else {
            self.world.tally().postponed.fetch_add(1, Relaxed);
        }
        self.floors.raise(&[row], version);
        self.floors.raise(&covered, began);
    }

    /// The floor of every row here, now.
    pub(crate) fn knows(&self) -> Vec<(Row, Floor)> {
        Row::all().map(|row| (row, self.floors.get(row))).collect()
    }

    /// Makes what this process knew hold in every process from now on.
    pub(crate) fn tells(&self, known: &[(Row, Floor)]) {
        for (row, floor) in known {
            self.world.raise(&[*row], *floor);
        }
    }

    /// Waits until every row has its latest version here, and is found.
    ///
    /// Changes whose caller went away may still be on their way.
    async fn comes_to_rest(&self, rng: &mut Rng) {
        const PATIENCE: Duration = Duration::from_secs(20);
        let began = Instant::now();
        for row in Row::all() {
            loop {
                let floor = self.floor(row);
                let (how, stamp) = self.subject.read(&self.world, row, rng).await;
                if let Some(stamp) = stamp {
                    self.world.judge(row, floor, how, stamp);
                    if stamp.version >= self.world.history().version(row) {
                        break;
                    }
                }
                assert!(
                    began.elapsed() < PATIENCE,
                    "{row:?} keeps its old version: {stamp:?}"
                );
            }
        }
    }
}

/// The work that the subjects are given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) operations: u64,
    pub(crate) tasks: usize,
    /// The share of changes among them, in percent.
    pub(crate) changes: u64,
    /// The pause of a task after each.
    pub(crate) pause: Duration,
    pub(crate) seed: u64,
}

/// Lets tasks use the members until all operations are done, and then all come to rest.
///
/// Ends early when enough answers were wrong.
pub(crate) async fn run<S: Subject>(world: &World, members: &[Member<S>], plan: Plan) {
    busy(world, members, plan).await;
    if world.tally().stale.load(Relaxed) == 0 {
        rest(members, plan).await;
    }
}

/// The first half of [`run`].
pub(crate) async fn busy<S: Subject>(world: &World, members: &[Member<S>], plan: Plan) {
    const ENOUGH: u64 = 100;
    let mut rng = Rng::new(plan.seed);
    let mut tasks = JoinSet::new();
    for member in members.iter().cycle().take(plan.tasks) {
        let (world, member, mut rng) = (world.clone(), member.clone(), rng.fork());
        tasks.spawn(async move {
            let tally = world.tally();
            while tally.operations.fetch_add(1, Relaxed) < plan.operations
                && tally.stale.load(Relaxed) < ENOUGH
                && !world.0.stop.load(Relaxed)
            {
                let row = Row::any(&mut rng);
                if rng.percent(plan.changes) {
                    member.change(row, &mut rng).await;
                } else {
                    member.read(row, &mut rng).await;
                }
                if !plan.pause.is_zero() {
                    tokio::time::sleep(plan.pause).await;
                }
            }
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
}

/// The second half of [`run`].
pub(crate) async fn rest<S: Subject>(members: &[Member<S>], plan: Plan) {
    let mut rng = Rng::new(plan.seed);
    for member in members {
        member.comes_to_rest(&mut rng).await;
    }
}
