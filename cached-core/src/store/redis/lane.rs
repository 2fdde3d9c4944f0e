//! [`Lane`]: one connection that all callers share.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use deadpool_redis::{
    Connection,
    redis::{Cmd, Pipeline, RedisError, Value, aio::MultiplexedConnection},
};

use super::{
    error, info,
    marker_ttls::MarkerTtls,
    read_batch::ReadQueue,
    tracking::{self, Asking, Tracking},
};
use crate::{
    clock,
    error::{Class, Error, ErrorKind},
    format::entry::Identity,
};

/// The milliseconds for which the server is taken for the primary that it said it was.
const ROLE_LASTS: u64 = 1_000;

/// One multiplexed connection, out of the pool for as long as it works.
///
/// No blocking command and no `WATCH` ever goes over it: every caller would wait.
pub(super) struct Lane {
    connection: MultiplexedConnection,
    /// The pool's own handle, which keeps its count true; taken out when the lane is given up, so that the pool never
    /// hands out a broken connection.
    pooled: Mutex<Option<Connection>>,
    identity: Identity,
    deadline: Duration,
    read_queue: ReadQueue,
    tracking: Arc<Tracking>,
    marker_ttls: MarkerTtls,
    opened: Instant,
    /// Milliseconds from `opened` to the first command since the last reply, and one; 0 if there is
    /// none.
    unanswered: AtomicU64,
    /// Milliseconds from `opened` until which nobody checks the lane in the place of callers that have gone.
    checked_until: AtomicU64,
    /// Milliseconds from `opened` to the latest query whose answer was that this is the same primary.
    confirmed: AtomicU64,
    broken: AtomicBool,
}

impl Lane {
    pub(super) fn new(
        pooled: Connection,
        identity: Identity,
        deadline: Duration,
        tracking: Arc<Tracking>,
    ) -> Self {
        Self {
            connection: pooled.as_ref().clone(),
            pooled: Mutex::new(Some(pooled)),
            identity,
            deadline,
            read_queue: ReadQueue::new(),
            tracking,
            marker_ttls: MarkerTtls::default(),
            opened: clock::instant(),
            unanswered: AtomicU64::new(0),
            checked_until: AtomicU64::new(0),
            confirmed: AtomicU64::new(0),
            broken: AtomicBool::new(false),
        }
    }

    pub(super) fn identity(&self) -> Identity {
        self.identity
    }

    /// The deadline of one operation.
    pub(super) fn deadline(&self) -> Duration {
        self.deadline
    }

    pub(super) fn read_queue(&self) -> &ReadQueue {
        &self.read_queue
    }

    pub(super) fn tracking(&self) -> &Arc<Tracking> {
        &self.tracking
    }

    pub(super) fn marker_ttls(&self) -> &MarkerTtls {
        &self.marker_ttls
    }

    /// Reads several keys in one command. A key of another type reads as absent.
    async fn mget(&self, names: &[&str], now: u64) -> Result<Vec<Option<Bytes>>, Error> {
        let length = names.iter().map(|name| name.len()).sum::<usize>();
        let mut mget = Cmd::with_capacity(names.len().saturating_add(1), length.saturating_add(4));
        mget.arg("MGET").arg(names);
        let reply = self.send_command(&mget, now).await;
        match self.record_reply(reply)? {
            Value::Array(values) if values.len() == names.len() => {
                Ok(values.into_iter().map(bytes).collect())
            }
            _ => Err(unexpected_mget_reply()),
        }
    }

    /// Reads several keys, and asks of each of `entries` how long it will be kept, in the same round trip. The request
    /// to track markers goes with it; and now and then the query if the server still is the primary that it was: a
    /// replica reads as well as any, only not what is invalidated elsewhere.
    ///
    /// The ttls are asked for first: an entry that is stored in between then looks as old as the one before it, which
    /// costs a load; the other way round an old one would look young.
    pub(super) async fn mget_with_ttls(
        &self,
        names: &[&str],
        entries: &[&str],
        asking: &mut Asking<'_>,
    ) -> Result<(Vec<Option<Bytes>>, Vec<Option<Duration>>), Error> {
        let now = self.since_opened();
        let confirmed = self.confirmed.load(Ordering::Relaxed);
        let is_confirmed = now.saturating_sub(confirmed) < ROLE_LASTS;
        if is_confirmed && entries.is_empty() && asking.names().is_empty() {
            return Ok((self.mget(names, now).await?, Vec::new()));
        }
        let confirms_at = (!is_confirmed).then_some(now);
        self.tracking.go_on(now);
        // Boxed, because most reads ask nothing more, and their futures stay small.
        Box::pin(self.mget_with_queries(names, entries, asking, confirms_at)).await
    }

    /// Reads as [`mget_with_ttls`](Self::mget_with_ttls) does, where there is more to ask than values.
    async fn mget_with_queries(
        &self,
        names: &[&str],
        entries: &[&str],
        asking: &mut Asking<'_>,
        confirms_at: Option<u64>,
    ) -> Result<(Vec<Option<Bytes>>, Vec<Option<Duration>>), Error> {
        let tracks = !asking.names().is_empty();
        let mut all = Pipeline::with_capacity(entries.len().saturating_add(1));
        if confirms_at.is_some() {
            info::push_queries(&mut all);
        }
        if tracks {
            tracking::watch_next(&mut all);
            all.cmd("MGET").arg(asking.names());
        }
        for entry in entries {
            all.cmd("PTTL").arg(*entry);
        }
        all.cmd("MGET").arg(names);
        let queries = if confirms_at.is_some() {
            info::QUERIES
        } else {
            0
        };
        let may_fail = tracks.then_some(queries);
        let mut answers = self.run_pipeline_except(&all, may_fail).await?;
        let values = answers.pop().and_then(CommandReply::value);
        let mut answers = answers.into_iter();
        if let Some(now) = confirms_at {
            self.confirm_role(now, answers.by_ref().take(info::QUERIES))?;
        }
        if tracks {
            let is_tracked = answers.next() != Some(CommandReply::Refused);
            let found = answers.next().and_then(CommandReply::value);
            if is_tracked {
                asking.learn(found);
            } else {
                // Tracking was allowed when the connection was made.
                self.tracking.turn_off();
            }
        }
        match values {
            Some(Value::Array(values)) if values.len() == names.len() => Ok((
                values.into_iter().map(bytes).collect(),
                answers.map(CommandReply::ttl).collect(),
            )),
            _ => Err(unexpected_mget_reply()),
        }
    }

    /// Confirms from `answers` that the server is the same primary, when it was asked at `now`.
    fn confirm_role(
        &self,
        now: u64,
        answers: impl Iterator<Item = CommandReply>,
    ) -> Result<(), Error> {
        let text = info::join_replies(answers.map(CommandReply::bytes));
        let error = match info::admit_server(&info::parse_fields(&text)) {
            Ok(identity) if identity == self.identity => {
                self.confirmed.fetch_max(now, Ordering::Relaxed);
                return Ok(());
            }
            Ok(_) => error::another_run().classed(Class::Broken),
            Err(error) => error,
        };
        self.broken.store(true, Ordering::Relaxed);
        Err(error)
    }

    pub(super) async fn run_command(&self, command: &Cmd) -> Result<Value, Error> {
        let reply = self.send_command(command, self.since_opened()).await;
        self.record_reply(reply)
    }

    async fn send_command(&self, command: &Cmd, now: u64) -> Result<Value, RedisError> {
        self.record_sent(now);
        let reply = self.connection.clone().send_packed_command(command).await;
        reply.and_then(Value::extract_error)
    }

    /// Sends `pipeline`, and returns one answer a command. An error that says nothing about the other commands is the
    /// answer of its own; any other is the whole pipeline's.
    pub(super) async fn run_pipeline(
        &self,
        pipeline: &Pipeline,
    ) -> Result<Vec<CommandReply>, Error> {
        self.run_pipeline_except(pipeline, None).await
    }

    /// Sends as [`run_pipeline`](Self::run_pipeline) does; the command at `may_fail` fails for itself alone, whatever
    /// its error is.
    async fn run_pipeline_except(
        &self,
        pipeline: &Pipeline,
        may_fail: Option<usize>,
    ) -> Result<Vec<CommandReply>, Error> {
        let mut connection = self.connection.clone();
        let count = pipeline.len();
        self.record_sent(self.since_opened());
        let replies = connection.send_packed_commands(pipeline, 0, count).await;
        let replies = replies.and_then(|replies| {
            replies
                .into_iter()
                .enumerate()
                .map(|(index, reply)| match reply.extract_error() {
                    Ok(reply) => Ok(CommandReply::Value(reply)),
                    Err(_) if may_fail == Some(index) => Ok(CommandReply::Refused),
                    Err(error) if error::is_another_type(&error) => Ok(CommandReply::AnotherType),
                    Err(error) if error::is_no_script(&error) => Ok(CommandReply::NoScript),
                    Err(error) => Err(error),
                })
                .collect()
        });
        self.record_reply(replies)
    }

    /// Records at `now` that a command is on its way.
    fn record_sent(&self, now: u64) {
        let now = now.saturating_add(1);
        // An earlier command that is unanswered keeps its time: the silence counts from there.
        let _ = self
            .unanswered
            .compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Records that the server has answered, or that the connection broke.
    fn record_reply<T>(&self, reply: Result<T, RedisError>) -> Result<T, Error> {
        self.unanswered.store(0, Ordering::Relaxed);
        if let Err(error) = &reply
            && error::breaks_connection(error)
        {
            self.broken.store(true, Ordering::Relaxed);
        }
        reply.map_err(|error| error::from_redis(&error))
    }

    fn since_opened(&self) -> u64 {
        let since = clock::instant().saturating_duration_since(self.opened);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    /// The time for which a command has been without an answer, and nothing has come.
    pub(super) fn silence(&self) -> Duration {
        match self.unanswered.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            asked => {
                Duration::from_millis(self.since_opened().saturating_add(1).saturating_sub(asked))
            }
        }
    }

    /// Returns `true` if the caller is to check the lane in the place of one that has gone: one does so within a
    /// deadline.
    pub(super) fn claim_check(&self) -> bool {
        let deadline = u64::try_from(self.deadline.as_millis()).unwrap_or(u64::MAX);
        let (now, until) = (
            self.since_opened(),
            self.checked_until.load(Ordering::Relaxed),
        );
        let next = now.saturating_add(deadline);
        now >= until
            && self
                .checked_until
                .compare_exchange(until, next, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// Gives the connection up: it closes when the last caller under way has let go.
    pub(super) fn retire(&self) {
        let pooled = self
            .pooled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop(pooled.map(Connection::take));
    }
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane")
            .field("identity", &self.identity)
            .field("silence", &self.silence())
            .field("broken", &self.is_broken())
            .finish_non_exhaustive()
    }
}

/// The answer to one command of a pipeline.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum CommandReply {
    Value(Value),
    /// An error, because something lies at the key that is not ours.
    AnotherType,
    /// The server does not have the script.
    NoScript,
    /// The server refuses the command, and nothing depends on it.
    Refused,
}

impl CommandReply {
    pub(super) fn value(self) -> Option<Value> {
        match self {
            Self::Value(value) => Some(value),
            Self::AnotherType | Self::NoScript | Self::Refused => None,
        }
    }

    /// The bytes of a string.
    pub(super) fn bytes(self) -> Option<Bytes> {
        self.value().and_then(bytes)
    }

    /// The answer to `PTTL`; `None` where there is no end, or nothing.
    pub(super) fn ttl(self) -> Option<Duration> {
        match self {
            Self::Value(Value::Int(ttl)) => u64::try_from(ttl).ok().map(Duration::from_millis),
            _ => None,
        }
    }
}

fn unexpected_mget_reply() -> Error {
    Error::new(
        ErrorKind::Server,
        "the server answered `MGET` with something else",
    )
}

/// The bytes of a string; anything else is not ours and reads as absent.
pub(super) fn bytes(value: Value) -> Option<Bytes> {
    match value {
        Value::BulkString(bytes) => Some(bytes.into()),
        Value::VerbatimString { text, .. } => Some(text.into()),
        _ => None,
    }
}

/// The replies of a pipeline, or the first error among them.
pub(super) fn extract_errors(replies: Vec<Value>) -> Result<Vec<Value>, RedisError> {
    replies.into_iter().map(Value::extract_error).collect()
}
