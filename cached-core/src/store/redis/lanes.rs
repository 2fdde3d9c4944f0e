//! [`Lanes`]: where lanes come from, and when one is replaced.

use std::{
    fmt,
    sync::{self, Arc},
    time::{Duration, Instant},
};

use deadpool_redis::{
    Connection,
    redis::{self, Pipeline, Value},
};
use tokio::{runtime::Handle, sync::watch};

use super::{
    deadline, error,
    feedback::Feedback,
    info,
    lane::{self, Lane},
    operation::MissedDeadlines,
    pool::Pools,
    tracking::{self, Pushes},
};
use crate::{
    clock,
    config::Config,
    error::{Class, Error, ErrorKind},
    telemetry::event,
};

mod slot;

use slot::{Found, Slot};

/// The lane in use, and the pool that supplies connections.
#[derive(Clone)]
pub(super) struct Lanes {
    pools: Pools,
    slot: Arc<Slot<Lane, Attempt>>,
    reports: Arc<Feedback>,
    deadline: Duration,
    connect_timeout: Duration,
    /// With a pool of one, the lane's connection is the only one there is.
    lane_only: bool,
    /// Where connections take what the server tells by itself.
    pushes: Pushes,
}

/// A task connects; all callers wait for it, each for as long as its own deadline lasts.
#[derive(Clone)]
struct Attempt {
    outcome: watch::Receiver<Option<Result<Arc<Lane>, Error>>>,
    since: Instant,
    missed: MissedDeadlines,
}

impl Attempt {
    /// Whether there will be an outcome: not if the runtime of the task has ended, or idles.
    fn goes_on(&self, overdue: Duration) -> bool {
        self.outcome.has_changed().is_ok() && self.since.elapsed() < overdue
    }

    async fn lane(&mut self) -> Result<Arc<Lane>, Error> {
        match self.outcome.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(outcome)) => outcome.clone(),
            _ => Err(Error::new(
                ErrorKind::Unavailable,
                "the runtime that connected to Redis has ended: the next call connects anew",
            )),
        }
    }
}

impl Lanes {
    pub(super) fn new(
        config: &Config,
        address: &str,
        reports: Arc<Feedback>,
    ) -> Result<Self, Error> {
        let pushes = Pushes::default();
        Ok(Self {
            pools: Pools::new(config, address, &pushes)?,
            slot: Arc::new(Slot::new()),
            reports,
            deadline: config.op_timeout,
            connect_timeout: config.connect_timeout,
            lane_only: config.pool_size == 1,
            pushes,
        })
    }

    /// The lane, if there is one.
    pub(super) fn ready(&self) -> Option<Arc<Lane>> {
        self.slot.ready()
    }

    /// The lane: the one there is, or the one that a task makes, which goes on when the caller
    /// does not wait for it.
    pub(super) async fn lane(&self) -> Result<Arc<Lane>, Error> {
        self.lane_within(self.connect_timeout).await
    }

    /// A lane that has just been made, within `limit`, in the place of whatever was there: a connection that has
    /// met an outage may be silent for ever.
    pub(super) async fn new_lane(&self, limit: Duration) -> Result<Arc<Lane>, Error> {
        self.close();
        self.pools.forget();
        self.lane_within(limit).await
    }

    async fn lane_within(&self, limit: Duration) -> Result<Arc<Lane>, Error> {
        let found = self.slot.find(
            |attempt| attempt.goes_on(self.overdue()),
            |number| self.connect(number, limit),
        );
        match found? {
            Found::Lane(lane) => Ok(lane),
            Found::Attempt(attempt) => {
                let mut waits = Waits {
                    lanes: self,
                    attempt,
                };
                waits.attempt.lane().await
            }
        }
    }

    fn connect(&self, number: u64, limit: Duration) -> Result<Attempt, Error> {
        let runtime = runtime()?;
        let (sender, outcome) = watch::channel(None);
        let lanes = self.clone();
        runtime.spawn(async move {
            let lane = open(&lanes, limit).await.map(Arc::new);
            if !lanes.slot.put(number, lane.as_ref().ok())
                && let Ok(lane) = &lane
            {
                lane.retire();
            }
            // Where nobody waits any more, nobody tells.
            if let Err(unheard) = sender.send(Some(lane))
                && let Some(Err(error)) = unheard.0
            {
                lanes.reports.failed(&error);
            }
        });
        Ok(Attempt {
            outcome,
            since: clock::instant(),
            missed: MissedDeadlines::default(),
        })
    }

    /// How long an attempt to connect may go on at the most, all its steps together.
    fn overdue(&self) -> Duration {
        self.connect_timeout.saturating_mul(2)
    }

    /// Gives `lane` up if it broke, or if an operation missed its deadline and nothing has been
    /// heard for as long as a new connection may take.
    pub(super) fn inspect(&self, lane: &Arc<Lane>, error: &Error) {
        let silent = error.kind() == ErrorKind::Timeout && lane.silence() >= self.connect_timeout;
        if !lane.is_broken() && !silent {
            return;
        }
        if self.slot.remove(lane) {
            lane.retire();
            event::lane_lost(error);
        }
    }

    /// An operation on `lane` was dropped by its caller. Where nothing was heard for a good part of a deadline, a
    /// task asks in its place, once a deadline at the most.
    ///
    /// The silence alone proves nothing: the answer to a dropped operation is heard by nobody.
    pub(super) fn abandoned(&self, lane: &Arc<Lane>) {
        if lane.silence() < self.deadline.mul_f64(0.5) || !lane.is_to_be_asked() {
            return;
        }
        let Ok(runtime) = runtime() else {
            return;
        };
        let (lanes, lane) = (self.clone(), Arc::clone(lane));
        runtime.spawn(async move {
            let ping = redis::cmd("PING");
            let answer = deadline::in_time(lanes.deadline, lane.command(&ping)).await;
            lanes.reports.ended(&answer);
            if let Err(error) = &answer {
                lanes.inspect(&lane, error);
            }
        });
    }

    pub(super) fn close(&self) {
        if let Some(lane) = self.slot.close() {
            lane.retire();
        }
    }

    /// A connection for what must not hold up the lane.
    pub(super) async fn checkout(&self) -> Result<Checkout, Error> {
        runtime()?;
        // Boxed: a connection on its way is large.
        let work = Box::pin(async {
            if self.lane_only {
                return Ok(Checkout::Lane(self.lane().await?));
            }
            let pooled = self.pools.get().await?;
            Ok(Checkout::Pooled(Box::new(pooled)))
        });
        deadline::in_time(self.deadline, work).await
    }
}

/// A caller that waits for an attempt, until it ends or the caller does not wait any more.
struct Waits<'a> {
    lanes: &'a Lanes,
    attempt: Attempt,
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        let Self { lanes, attempt } = self;
        let took = clock::instant().saturating_duration_since(attempt.since);
        let is_under_way = attempt.outcome.borrow().is_none();
        if is_under_way && attempt.missed.another(took, lanes.deadline) {
            let error = deadline::missed_deadline(lanes.deadline);
            lanes.reports.failed(&error);
        }
    }
}

/// A connection out of the pool, or the lane where there is no other.
pub(super) enum Checkout {
    Pooled(Box<Connection>),
    Lane(Arc<Lane>),
}

impl Checkout {
    pub(super) async fn command(&mut self, command: &redis::Cmd) -> Result<Value, Error> {
        match self {
            Self::Lane(lane) => lane.command(command).await,
            Self::Pooled(connection) => connection
                .send_packed_command(command)
                .await
                .and_then(Value::extract_error)
                .map_err(|error| error::of(&error)),
        }
    }
}

async fn open(lanes: &Lanes, limit: Duration) -> Result<Lane, Error> {
    let work = async {
        let pooled = lanes.pools.get().await?;
        let mut connection = pooled.as_ref().clone();
        let mut questions = Pipeline::with_capacity(info::QUESTIONS);
        info::ask(&mut questions);
        // Before the server is asked: what it tells from then on counts.
        let watched = lanes.pushes.watch();
        if lanes.pools.hear() {
            tracking::ask(&mut questions);
        }
        let replies = connection
            .send_packed_commands(&questions, 0, questions.len())
            .await;
        let mut replies = replies.map_err(|error| error::of(&error))?;
        let of_watching = replies.split_off(info::QUESTIONS.min(replies.len()));
        let replies = lane::no_errors(replies).map_err(|error| error::of(&error))?;
        if tracking::is_granted(of_watching) {
            watched.turn_on();
        }
        let text = info::text(replies.into_iter().map(lane::bytes));
        let fields = info::fields(&text);
        match info::admit(&fields) {
            Ok(identity) => {
                event::connected(info::version(&fields), lanes.reports.is_open());
                Ok(Lane::new(pooled, identity, lanes.deadline, watched))
            }
            Err(error) => {
                // Not to be handed out: the next attempt asks anew.
                drop(Connection::take(pooled));
                Err(error)
            }
        }
    };
    let opened = clock::within(limit, work).await.unwrap_or_else(|| {
        Err(Error::new(
            ErrorKind::Timeout,
            format!("no connection to Redis within {} ms", limit.as_millis()),
        )
        .classed(Class::Transient))
    });
    opened.map_err(|error| match (error.class(), error.kind()) {
        // What a server says of us to a new connection, it says to the next one as well.
        (Class::Other, ErrorKind::Refused | ErrorKind::Unsupported | ErrorKind::Config) => {
            error.classed(Class::Permanent)
        }
        (Class::Other, _) => error.classed(Class::Transient),
        _ => error,
    })
}

/// The runtime that drives connections and deadlines.
pub(super) fn runtime() -> Result<Handle, Error> {
    match Handle::try_current() {
        Ok(runtime) if clock::has_timer() => Ok(runtime),
        _ => Err(Error::new(
            ErrorKind::Unavailable,
            "Redis can be reached only inside a Tokio runtime with its timer enabled: call from a \
             task, and build the runtime with `enable_all`",
        )),
    }
}

impl fmt::Debug for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lanes")
            .field("state", &self.slot.state())
            .finish_non_exhaustive()
    }
}
