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

/// For how many milliseconds the server is taken for the primary that it said it was.
const ROLE_LASTS: u64 = 1_000;

/// One multiplexed connection, out of the pool for as long as it works.
///
/// No blocking command and no `WATCH` ever goes over it: every caller would wait.
pub(super) struct Lane {
    connection: MultiplexedConnection,
    /// Keeps the pool's count true; taken out when the lane is given up, so that the pool never
    /// hands a broken connection to anybody.
    pooled: Mutex<Option<Connection>>,
    identity: Identity,
    deadline: Duration,
    read_queue: ReadQueue,
    watched: Arc<Tracking>,
    lifetimes: MarkerTtls,
    opened: Instant,
    /// Milliseconds from `opened` to the first command since the last reply, and one; 0 if there is
    /// none.
    unanswered: AtomicU64,
    /// Milliseconds from `opened` until which nobody asks in the place of callers that have gone.
    asked_again: AtomicU64,
    /// Milliseconds from `opened` to the latest question whose answer was that this is the same primary.
    confirmed: AtomicU64,
    broken: AtomicBool,
}

impl Lane {
    pub(super) fn new(
        pooled: Connection,
        identity: Identity,
        deadline: Duration,
        watched: Arc<Tracking>,
    ) -> Self {
        Self {
            connection: pooled.as_ref().clone(),
            pooled: Mutex::new(Some(pooled)),
            identity,
            deadline,
            read_queue: ReadQueue::new(),
            watched,
            lifetimes: MarkerTtls::default(),
            opened: clock::instant(),
            unanswered: AtomicU64::new(0),
            asked_again: AtomicU64::new(0),
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

    pub(super) fn watched(&self) -> &Arc<Tracking> {
        &self.watched
    }

    pub(super) fn lifetimes(&self) -> &MarkerTtls {
        &self.lifetimes
    }

    /// Reads several keys in one command. A key of another type reads as absent.
    async fn mget(&self, names: &[&str], now: u64) -> Result<Vec<Option<Bytes>>, Error> {
        let length = names.iter().map(|name| name.len()).sum::<usize>();
        let mut mget = Cmd::with_capacity(names.len().saturating_add(1), length.saturating_add(4));
        mget.arg("MGET").arg(names);
        let reply = self.send(&mget, now).await;
        match self.heard(reply)? {
            Value::Array(values) if values.len() == names.len() => {
                Ok(values.into_iter().map(bytes).collect())
            }
            _ => Err(no_array()),
        }
    }

    /// Reads several keys, and asks of each of `entries` how long it will be kept, in the same round trip. What is to
    /// be watched goes with it; and now and then the question whether the server still is the primary that it was: a
    /// replica reads as well as any, only not what is invalidated elsewhere.
    ///
    /// The times first: an entry that is stored in between then looks as old as the one before it, which costs a
    /// load; the other way round an old one would look young.
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
        self.watched.go_on(now);
        // Boxed: most reads do not ask, and their futures stay small.
        Box::pin(self.values_and_more(names, entries, asking, confirms_at)).await
    }

    async fn values_and_more(
        &self,
        names: &[&str],
        entries: &[&str],
        asking: &mut Asking<'_>,
        confirms_at: Option<u64>,
    ) -> Result<(Vec<Option<Bytes>>, Vec<Option<Duration>>), Error> {
        let watches = !asking.names().is_empty();
        let mut all = Pipeline::with_capacity(entries.len().saturating_add(1));
        if confirms_at.is_some() {
            info::ask(&mut all);
        }
        if watches {
            tracking::watch_next(&mut all);
            all.cmd("MGET").arg(asking.names());
        }
        for entry in entries {
            all.cmd("PTTL").arg(*entry);
        }
        all.cmd("MGET").arg(names);
        let questions = if confirms_at.is_some() {
            info::QUESTIONS
        } else {
            0
        };
        let may_fail = watches.then_some(questions);
        let mut answers = self.each_but(&all, may_fail).await?;
        let values = answers.pop().and_then(CommandReply::value);
        let mut answers = answers.into_iter();
        if let Some(now) = confirms_at {
            self.confirm(now, answers.by_ref().take(info::QUESTIONS))?;
        }
        if watches {
            let is_watched = answers.next() != Some(CommandReply::Refused);
            let found = answers.next().and_then(CommandReply::value);
            if is_watched {
                asking.learn(found);
            } else {
                // It was allowed when the connection was made.
                self.watched.turn_off();
            }
        }
        match values {
            Some(Value::Array(values)) if values.len() == names.len() => Ok((
                values.into_iter().map(bytes).collect(),
                answers.map(CommandReply::ttl).collect(),
            )),
            _ => Err(no_array()),
        }
    }

    /// What the server has said of itself, when it was asked at `now`.
    fn confirm(&self, now: u64, answers: impl Iterator<Item = CommandReply>) -> Result<(), Error> {
        let text = info::text(answers.map(CommandReply::bytes));
        let error = match info::admit(&info::fields(&text)) {
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

    pub(super) async fn command(&self, command: &Cmd) -> Result<Value, Error> {
        let reply = self.send(command, self.since_opened()).await;
        self.heard(reply)
    }

    async fn send(&self, command: &Cmd, now: u64) -> Result<Value, RedisError> {
        self.asked(now);
        let reply = self.connection.clone().send_packed_command(command).await;
        reply.and_then(Value::extract_error)
    }

    /// One answer a command. An error of one that says nothing of the others is its own; any other is
    /// the whole pipeline's.
    pub(super) async fn each(&self, pipeline: &Pipeline) -> Result<Vec<CommandReply>, Error> {
        self.each_but(pipeline, None).await
    }

    /// As [`each`](Self::each); the command at `may_fail` does so for itself, whatever the server says of it.
    async fn each_but(
        &self,
        pipeline: &Pipeline,
        may_fail: Option<usize>,
    ) -> Result<Vec<CommandReply>, Error> {
        let mut connection = self.connection.clone();
        let count = pipeline.len();
        self.asked(self.since_opened());
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
        self.heard(replies)
    }

    /// A command is on its way.
    fn asked(&self, now: u64) {
        let now = now.saturating_add(1);
        // An earlier one that is unanswered counts for longer.
        let _ = self
            .unanswered
            .compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
    }

    fn heard<T>(&self, reply: Result<T, RedisError>) -> Result<T, Error> {
        self.unanswered.store(0, Ordering::Relaxed);
        if let Err(error) = &reply
            && error::breaks_connection(error)
        {
            self.broken.store(true, Ordering::Relaxed);
        }
        reply.map_err(|error| error::of(&error))
    }

    fn since_opened(&self) -> u64 {
        let since = clock::instant().saturating_duration_since(self.opened);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    /// How long a command has been without an answer, and nothing has been heard.
    pub(super) fn silence(&self) -> Duration {
        match self.unanswered.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            asked => {
                Duration::from_millis(self.since_opened().saturating_add(1).saturating_sub(asked))
            }
        }
    }

    /// Whether the caller is to ask in the place of one that has gone: one does so within a deadline.
    pub(super) fn is_to_be_asked(&self) -> bool {
        let deadline = u64::try_from(self.deadline.as_millis()).unwrap_or(u64::MAX);
        let (now, until) = (
            self.since_opened(),
            self.asked_again.load(Ordering::Relaxed),
        );
        let next = now.saturating_add(deadline);
        now >= until
            && self
                .asked_again
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

/// What one command of a pipeline came to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum CommandReply {
    Value(Value),
    /// Something lies at its key that is not ours.
    AnotherType,
    /// The server does not have the script.
    NoScript,
    /// The server does not do it, and nothing hangs on it.
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

    /// The answer to `PTTL`; none where there is no end, or nothing.
    pub(super) fn ttl(self) -> Option<Duration> {
        match self {
            Self::Value(Value::Int(ttl)) => u64::try_from(ttl).ok().map(Duration::from_millis),
            _ => None,
        }
    }
}

fn no_array() -> Error {
    Error::new(
        ErrorKind::Server,
        "the server answered `MGET` with something else",
    )
}

/// A string's bytes; anything else is not ours and reads as absent.
pub(super) fn bytes(value: Value) -> Option<Bytes> {
    match value {
        Value::BulkString(bytes) => Some(bytes.into()),
        Value::VerbatimString { text, .. } => Some(text.into()),
        _ => None,
    }
}

/// The replies of a pipeline, or the first error among them.
pub(super) fn no_errors(replies: Vec<Value>) -> Result<Vec<Value>, RedisError> {
    replies.into_iter().map(Value::extract_error).collect()
}
