//! [`Lanes`]: makes lanes, and replaces one that is lost.

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
    connection_pool::Pools,
    deadline, error,
    feedback::Feedback,
    info,
    lane::{self, Lane},
    operation::MissedDeadlines,
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
    feedback: Arc<Feedback>,
    deadline: Duration,
    connect_timeout: Duration,
    /// True with a pool of one: the lane's connection is the only one there is.
    lane_only: bool,
    /// The receiver of what the server pushes.
    pushes: Pushes,
}

/// An attempt to connect. A task makes it; all callers wait for it, each for as long as its own deadline lasts.
#[derive(Clone)]
struct Attempt {
    outcome: watch::Receiver<Option<Result<Arc<Lane>, Error>>>,
    since: Instant,
    missed: MissedDeadlines,
}

impl Attempt {
    /// Returns `true` if there will be an outcome: not if the runtime of the task has ended, or idles.
    fn is_live(&self, attempt_limit: Duration) -> bool {
        self.outcome.has_changed().is_ok()
            && clock::instant().saturating_duration_since(self.since) < attempt_limit
    }

    async fn wait_for_lane(&mut self) -> Result<Arc<Lane>, Error> {
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
        feedback: Arc<Feedback>,
    ) -> Result<Self, Error> {
        let pushes = Pushes::default();
        Ok(Self {
            pools: Pools::new(config, address, &pushes)?,
            slot: Arc::new(Slot::new()),
            feedback,
            deadline: config.op_timeout,
            connect_timeout: config.connect_timeout,
            lane_only: config.pool_size == 1,
            pushes,
        })
    }

    /// The lane, if there is one.
    pub(super) fn ready_lane(&self) -> Option<Arc<Lane>> {
        self.slot.ready()
    }

    /// Returns the lane: the one there is, or the one that a task makes, which goes on when the caller
    /// stops waiting for it.
    pub(super) async fn get_lane(&self) -> Result<Arc<Lane>, Error> {
        self.get_lane_within(self.connect_timeout).await
    }

    /// Makes a new lane, within `limit`, in the place of whatever was there: a connection that has
    /// met an outage may be silent for ever.
    pub(super) async fn replace_lane(&self, limit: Duration) -> Result<Arc<Lane>, Error> {
        self.close();
        self.pools.drop_idle();
        self.get_lane_within(limit).await
    }

    async fn get_lane_within(&self, limit: Duration) -> Result<Arc<Lane>, Error> {
        let found = self.slot.find(
            |attempt| attempt.is_live(self.attempt_limit()),
            |number| self.begin_attempt(number, limit),
        );
        match found? {
            Found::Lane(lane) => Ok(lane),
            Found::Attempt(attempt) => {
                let mut waiter = AttemptWaiter {
                    lanes: self,
                    attempt,
                };
                waiter.attempt.wait_for_lane().await
            }
        }
    }

    fn begin_attempt(&self, number: u64, limit: Duration) -> Result<Attempt, Error> {
        let runtime = current_runtime()?;
        let (sender, outcome) = watch::channel(None);
        let lanes = self.clone();
        runtime.spawn(async move {
            let lane = open_lane(&lanes, limit).await.map(Arc::new);
            if !lanes.slot.put(number, lane.as_ref().ok())
                && let Ok(lane) = &lane
            {
                lane.retire();
            }
            // Where nobody waits any more, no caller reports the failure.
            if let Err(unheard) = sender.send(Some(lane))
                && let Some(Err(error)) = unheard.0
            {
                lanes.feedback.record_failure(&error);
            }
        });
        Ok(Attempt {
            outcome,
            since: clock::instant(),
            missed: MissedDeadlines::default(),
        })
    }

    /// The most time that an attempt to connect may take, all its steps together.
    fn attempt_limit(&self) -> Duration {
        self.connect_timeout.saturating_mul(2)
    }

    /// Gives `lane` up if it broke, or if an operation missed its deadline and nothing has
    /// come for as long as a new connection may take.
    pub(super) fn retire_if_lost(&self, lane: &Arc<Lane>, error: &Error) {
        let silent = error.kind() == ErrorKind::Timeout && lane.silence() >= self.connect_timeout;
        if !lane.is_broken() && !silent {
            return;
        }
        if self.slot.remove(lane) {
            lane.retire();
            event::lane_lost(error);
        }
    }

    /// Checks `lane` after a caller dropped its operation: where nothing has come for a good part of a deadline, a task
    /// pings in its place, once a deadline at the most.
    ///
    /// The silence alone proves nothing: nobody receives the answer to a dropped operation.
    pub(super) fn check_abandoned(&self, lane: &Arc<Lane>) {
        if lane.silence() < self.deadline.mul_f64(0.5) || !lane.claim_check() {
            return;
        }
        let Ok(runtime) = current_runtime() else {
            return;
        };
        let (lanes, lane) = (self.clone(), Arc::clone(lane));
        runtime.spawn(async move {
            let ping = redis::cmd("PING");
            let answer = deadline::run_within(lanes.deadline, lane.run_command(&ping)).await;
            lanes.feedback.record_outcome(&answer);
            if let Err(error) = &answer {
                lanes.retire_if_lost(&lane, error);
            }
        });
    }

    pub(super) fn close(&self) {
        if let Some(lane) = self.slot.close() {
            lane.retire();
        }
    }

    /// Takes a connection for what must not hold up the lane.
    pub(super) async fn checkout(&self) -> Result<Checkout, Error> {
        current_runtime()?;
        // Boxed, because the future of a connection is large.
        let work = Box::pin(async {
            if self.lane_only {
                return Ok(Checkout::Lane(self.get_lane().await?));
            }
            let pooled = self.pools.get().await?;
            Ok(Checkout::Pooled(Box::new(pooled)))
        });
        deadline::run_within(self.deadline, work).await
    }
}

/// A caller that waits for an attempt, until the attempt ends or the caller stops waiting.
struct AttemptWaiter<'a> {
    lanes: &'a Lanes,
    attempt: Attempt,
}

impl Drop for AttemptWaiter<'_> {
    fn drop(&mut self) {
        let Self { lanes, attempt } = self;
        let took = clock::instant().saturating_duration_since(attempt.since);
        let is_under_way = attempt.outcome.borrow().is_none();
        if is_under_way && attempt.missed.count_missed(took, lanes.deadline) {
            let error = deadline::missed_deadline(lanes.deadline);
            lanes.feedback.record_failure(&error);
        }
    }
}

/// A connection out of the pool, or the lane where there is no other.
pub(super) enum Checkout {
    Pooled(Box<Connection>),
    Lane(Arc<Lane>),
}

impl Checkout {
    pub(super) async fn run_command(&mut self, command: &redis::Cmd) -> Result<Value, Error> {
        match self {
            Self::Lane(lane) => lane.run_command(command).await,
            Self::Pooled(connection) => connection
                .send_packed_command(command)
                .await
                .and_then(Value::extract_error)
                .map_err(|error| error::from_redis(&error)),
        }
    }
}

/// Connects, and tests the server, within `limit`.
async fn open_lane(lanes: &Lanes, limit: Duration) -> Result<Lane, Error> {
    let work = async {
        let pooled = lanes.pools.get().await?;
        let mut connection = pooled.as_ref().clone();
        let mut queries = Pipeline::with_capacity(info::QUERIES);
        info::push_queries(&mut queries);
        // This comes before the request to track: what the server pushes from then on counts.
        let tracking = lanes.pushes.watch();
        if lanes.pools.hears_pushes() {
            tracking::ask(&mut queries);
        }
        let replies = connection
            .send_packed_commands(&queries, 0, queries.len())
            .await;
        let mut replies = replies.map_err(|error| error::from_redis(&error))?;
        let of_tracking = replies.split_off(info::QUERIES.min(replies.len()));
        let replies = lane::extract_errors(replies).map_err(|error| error::from_redis(&error))?;
        if tracking::is_granted(of_tracking) {
            tracking.turn_on();
        }
        let text = info::join_replies(replies.into_iter().map(lane::bytes));
        let fields = info::parse_fields(&text);
        match info::admit_server(&fields) {
            Ok(identity) => {
                event::connected(info::version(&fields), lanes.feedback.is_breaker_open());
                Ok(Lane::new(pooled, identity, lanes.deadline, tracking))
            }
            Err(error) => {
                // The pool must not hand it out again: the next attempt connects anew.
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
        // A server that refuses us on a new connection refuses the next one as well.
        (Class::Other, ErrorKind::Refused | ErrorKind::Unsupported | ErrorKind::Config) => {
            error.classed(Class::Permanent)
        }
        (Class::Other, _) => error.classed(Class::Transient),
        _ => error,
    })
}

/// The runtime that drives connections and deadlines.
pub(super) fn current_runtime() -> Result<Handle, Error> {
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
