//! Everything but the cache: the database, the tasks that use it, and the judge of what they are told.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::JoinSet;

use crate::history::{Floor, Floors, Truth};
use crate::rng::Dice;
use crate::versions::{Cell, Scope};

/// What is cached: a version of a cell, and when the load began that read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    pub(crate) cell: usize,
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
    /// Whether it holds in every process.
    pub(crate) applied: bool,
    pub(crate) how: How,
}

/// In which of the many ways something was done, for complaints.
pub(crate) type How = &'static str;

/// A cache under test, as one process has it.
pub(crate) trait Subject: Clone + Send + Sync + 'static {
    /// One call; `None` where there is no value and none was loaded.
    fn read(
        &self,
        world: &World,
        cell: Cell,
        dice: &mut Dice,
    ) -> impl Future<Output = (How, Option<Stamp>)> + Send;

    /// One write to the database and its invalidation; `None` if it failed.
    fn change(
        &self,
        world: &World,
        cell: Cell,
        dice: &mut Dice,
    ) -> impl Future<Output = Option<Done>> + Send;

    /// Whether this process is in an outage, and keeps what it loads meanwhile.
    fn is_apart(&self) -> bool {
        false
    }
}

/// What happened, so that a run in which nothing happened is seen.
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
    truth: Box<dyn Truth>,
    tally: Tally,
    /// One writer at a time for what is written through the cache: which of two is later must be known.
    writers: Vec<Mutex<()>>,
    /// Which of how many processes this is: each has its own notes to write.
    share: (u64, u64),
    complaints: Lock<Vec<String>>,
    late: Late,
    stop: AtomicBool,
    /// The latest changes, for complaints.
    history: Lock<VecDeque<Done>>,
}

/// What a process in an outage has to know: what was applied [`LATE`] ago.
#[derive(Debug, Default)]
struct Late {
    floors: Floors,
    coming: Lock<VecDeque<(Instant, Vec<Cell>, Floor)>>,
}

/// How old an answer may be that a process in an outage gives, in a test in which it keeps values for much less:
/// a load takes its time too.
const LATE: Duration = Duration::from_millis(700);

impl Late {
    fn raise(&self, cells: &[Cell], floor: Floor) {
        let mut coming = self.coming.lock().unwrap_or_else(PoisonError::into_inner);
        coming.push_back((Instant::now() + LATE, cells.to_vec(), floor));
    }

    fn floor(&self, cell: Cell) -> Floor {
        let mut coming = self.coming.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        while coming.front().is_some_and(|(due, ..)| *due <= now)
            && let Some((_, cells, floor)) = coming.pop_front()
        {
            self.floors.raise(&cells, floor);
        }
        self.floors.get(cell)
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}

impl World {
    pub(crate) fn new(truth: impl Truth, share: (u64, u64)) -> Self {
        Self(Arc::new(Inner {
            truth: Box::new(truth),
            tally: Tally::default(),
            writers: Cell::all().map(|_| Mutex::default()).collect(),
            share,
            complaints: Lock::default(),
            late: Late::default(),
            stop: AtomicBool::new(false),
            history: Lock::default(),
        }))
    }

    pub(crate) fn truth(&self) -> &dyn Truth {
        &*self.0.truth
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
    pub(crate) async fn load(&self, cell: Cell, mut dice: Dice) -> Stamp {
        let began = Some(self.truth().tick());
        self.tally().loads.fetch_add(1, Relaxed);
        dice.pause().await;
        let version = self.truth().version(cell);
        dice.pause().await;
        Stamp {
            cell: cell.index(),
            version,
            began,
        }
    }

    /// Lets all tasks end.
    pub(crate) fn stop(&self) {
        self.0.stop.store(true, Relaxed);
    }

    /// From now on, answers for `cells` must be at least this fresh in every process.
    fn raise(&self, cells: &[Cell], floor: Floor) {
        self.truth().raise(cells, floor);
        self.0.late.raise(cells, floor);
    }

    /// The right to write `cell`; `None` if that is another process's.
    ///
    /// A value that is given to `set` was made before: only who knows that nobody else writes may give one.
    pub(crate) async fn writer(&self, cell: Cell) -> Option<MutexGuard<'_, ()>> {
        let (this, count) = self.0.share;
        if cell.user() % count != this {
            return None;
        }
        Some(self.0.writers[cell.index()].lock().await)
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
        let mut history = self
            .0
            .history
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        history.push_back(done);
        if history.len() > ENOUGH {
            history.pop_front();
        }
    }

    /// What raised this floor.
    fn causes(&self, floor: Floor) -> Vec<(How, Scope)> {
        let history = self
            .0
            .history
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_cause = |done: &&Done| {
            done.began == floor.began && done.began > 0
                || done.version == floor.version && done.version > 0
        };
        let causes = history.iter().filter(is_cause);
        causes.map(|done| (done.how, done.scope)).collect()
    }

    fn judge(&self, cell: Cell, floor: Floor, how: How, stamp: Stamp) {
        assert_eq!(stamp.cell, cell.index(), "the value of another call");
        let began = stamp
            .began
            .or_else(|| self.truth().set_at(stamp.version))
            .unwrap_or(u64::MAX);
        if stamp.version < floor.version || began < floor.began {
            let causes = self.causes(floor);
            self.complain(format!(
                "{how} {cell:?}: {stamp:?}, though it began under {floor:?} of {causes:?}"
            ));
        }
    }
}

/// A process, real or as good as.
#[derive(Clone)]
pub(crate) struct Member<S> {
    world: World,
    subject: S,
    /// What this process knows besides: postponed invalidations hold here.
    floors: Arc<Floors>,
    /// What held here when it was last seen outside of an outage.
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

    fn floor(&self, cell: Cell) -> Floor {
        let (there, here) = (self.world.truth().floor(cell), self.floors.get(cell));
        // Asked after that: the loads of an outage that begins now begin later.
        if !self.subject.is_apart() {
            self.before.raise(&[cell], there);
            return here.and(there);
        }
        here.and(self.before.get(cell))
            .and(self.world.0.late.floor(cell))
    }

    async fn read(&self, cell: Cell, dice: &mut Dice) {
        let floor = self.floor(cell);
        let mut fork = dice.fork();
        let read = self.subject.read(&self.world, cell, &mut fork);
        let tally = self.world.tally();
        match dice.perhaps(read).await {
            None => tally.cancelled.fetch_add(1, Relaxed),
            Some((_, None)) => tally.nothing.fetch_add(1, Relaxed),
            Some((how, Some(stamp))) => {
                self.world.judge(cell, floor, how, stamp);
                tally.answers.fetch_add(1, Relaxed)
            }
        };
    }

    async fn change(&self, cell: Cell, dice: &mut Dice) {
        let mut fork = dice.fork();
        let change = self.subject.change(&self.world, cell, &mut fork);
        let tally = self.world.tally();
        match dice.perhaps(change).await {
            None => tally.cancelled.fetch_add(1, Relaxed),
            Some(None) => tally.failed.fetch_add(1, Relaxed),
            Some(Some(done)) => {
                self.record(cell, done);
                tally.changes.fetch_add(1, Relaxed)
            }
        };
    }

    fn record(&self, cell: Cell, done: Done) {
        self.world.remember(done);
        let version = Floor {
            version: done.version,
            began: 0,
        };
        let began = Floor {
            version: 0,
            began: done.began,
        };
        let covered: Vec<Cell> = done.scope.covers(cell).collect();
        if done.applied {
            self.world.raise(&[cell], version);
            self.world.raise(&covered, began);
        } else {
            self.world.tally().postponed.fetch_add(1, Relaxed);
        }
        self.floors.raise(&[cell], version);
        self.floors.raise(&covered, began);
    }

    /// How fresh answers must be here, now.
    pub(crate) fn knows(&self) -> Vec<(Cell, Floor)> {
        Cell::all()
            .map(|cell| (cell, self.floors.get(cell)))
            .collect()
    }

    /// From now on, what this process knew holds in every process.
    pub(crate) fn tells(&self, known: &[(Cell, Floor)]) {
        for (cell, floor) in known {
            self.world.raise(&[*cell], *floor);
        }
    }

    /// Waits until every cell has its latest version here, and is found.
    ///
    /// Changes whose caller went away may still be on their way.
    async fn comes_to_rest(&self, dice: &mut Dice) {
        const PATIENCE: Duration = Duration::from_secs(20);
        let began = Instant::now();
        for cell in Cell::all() {
            loop {
                let floor = self.floor(cell);
                let (how, stamp) = self.subject.read(&self.world, cell, dice).await;
                if let Some(stamp) = stamp {
                    self.world.judge(cell, floor, how, stamp);
                    if stamp.version >= self.world.truth().version(cell) {
                        break;
                    }
                }
                assert!(
                    began.elapsed() < PATIENCE,
                    "{cell:?} keeps its old version: {stamp:?}"
                );
            }
        }
    }
}

/// How much is asked of the subjects.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) operations: u64,
    pub(crate) tasks: usize,
    /// How many of them are changes, in percent.
    pub(crate) changes: u64,
    /// How long a task waits after each.
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
    let mut dice = Dice::new(plan.seed);
    let mut tasks = JoinSet::new();
    for member in members.iter().cycle().take(plan.tasks) {
        let (world, member, mut dice) = (world.clone(), member.clone(), dice.fork());
        tasks.spawn(async move {
            let tally = world.tally();
            while tally.operations.fetch_add(1, Relaxed) < plan.operations
                && tally.stale.load(Relaxed) < ENOUGH
                && !world.0.stop.load(Relaxed)
            {
                let cell = Cell::any(&mut dice);
                if dice.percent(plan.changes) {
                    member.change(cell, &mut dice).await;
                } else {
                    member.read(cell, &mut dice).await;
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
    let mut dice = Dice::new(plan.seed);
    for member in members {
        member.comes_to_rest(&mut dice).await;
    }
}
