//! [`Client`]: the operations of a store, on shared lanes.

use std::{collections::HashMap, sync::Arc, time::Duration};

use deadpool_redis::redis::{Pipeline, Value, cmd};

use super::{
    READS_PER_COMMAND, deadline, error,
    feedback::Feedback,
    info,
    key_names::{self, Names},
    lane::{self, CommandReply, Lane},
    lanes::{self, Lanes},
    operation::OperationGuard,
    purge,
    read_batch::{self, Extent, RawReply},
    write::{self, Capture},
};
use crate::{
    clock,
    coherence::{journal::TargetBatch, rules::Occupant},
    config::Config,
    error::{Class, Error, ErrorKind, Weight},
    format::entry::Identity,
    key::{Key, group, target::Target},
    store::{CaptureTtls, Reply, StoreOutcome, Write},
    telemetry::health::ServerInfo,
};

/// The operations of the store in Redis. Each has one deadline around everything it does.
#[derive(Debug)]
pub(super) struct Client {
    lanes: Lanes,
    namespace: String,
    deadline: Duration,
    /// The part of the deadline that a first try has; the rest is for a second one.
    first_try: Option<Duration>,
}

impl Client {
    pub(super) fn new(
        config: &Config,
        address: &str,
        feedback: Arc<Feedback>,
    ) -> Result<Self, Error> {
        Ok(Self {
            lanes: Lanes::new(config, address, feedback)?,
            namespace: config.namespace.clone(),
            deadline: config.op_timeout,
            first_try: config
                .retry_on_timeout
                .then(|| config.op_timeout.mul_f64(0.5)),
        })
    }

    /// Runs `operation` on a lane, for `limit` at the most.
    async fn run_once<'a, T, F>(
        &'a self,
        limit: Duration,
        operation: impl FnOnce(Arc<Lane>) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>> + Send + 'a,
    {
        lanes::current_runtime()?;
        let mut guard = OperationGuard::new(&self.lanes, None);
        let result = deadline::run_within(limit, async {
            let lane = match self.lanes.ready_lane() {
                Some(lane) => lane,
                // Boxed, because it is seldom needed.
                None => Box::pin(self.lanes.get_lane()).await?,
            };
            guard.set_lane(&lane);
            operation(lane).await
        })
        .await;
        guard.report_outcome(&result);
        result
    }

    /// Runs `operation`, which may be sent twice, as [`run_once`](Self::run_once) does; a second time where that is
    /// set.
    async fn run_retrying<'a, T, F>(
        &'a self,
        operation: impl Fn(Arc<Lane>) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>> + Send + 'a,
    {
        let Some(first_try) = self.first_try else {
            return self.run_once(self.deadline, operation).await;
        };
        match self.run_once(first_try, &operation).await {
            Err(error) if error.is_transient() => {
                let rest = self.deadline.saturating_sub(first_try);
                self.run_once(rest, operation).await
            }
            result => result,
        }
    }

    /// Sends a pipeline that reads, within the deadline. Safe to send twice.
    async fn send_reading(
        &self,
        pipeline: Pipeline,
    ) -> Result<(Identity, Vec<CommandReply>), Error> {
        let pipeline = Arc::new(pipeline);
        self.run_retrying(|lane| {
            let pipeline = Arc::clone(&pipeline);
            async move { Ok((lane.identity(), lane.run_pipeline(&pipeline).await?)) }
        })
        .await
    }

    /// Sends a capture, which creates something and so is sent once, and waits `limit` for the answers.
    async fn send_capture(
        &self,
        capture: &Capture,
        replies: &mut [Reply],
        began_on: Option<Identity>,
        limit: Duration,
    ) -> Result<(), Error> {
        let sent = clock::instant();
        let (lane, answers) = self
            .run_once(limit, |lane| async move {
                let answers = lane.run_pipeline(capture.commands()).await?;
                Ok((lane, answers))
            })
            .await?;
        let identity = lane.identity();
        // A reply of another run of the server cannot be completed on this one.
        if began_on.is_some_and(|began_on| began_on != identity) {
            return Err(error::another_run());
        }
        for reply in &mut *replies {
            reply.identity = Some(identity);
        }
        capture.complete_replies(answers, sent, &lane, replies);
        Ok(())
    }
}

fn array_values(answer: Option<CommandReply>) -> Vec<Value> {
    match answer.and_then(CommandReply::value) {
        Some(Value::Array(values)) => values,
        _ => Vec::new(),
    }
}

impl Client {
    pub(super) async fn read(&self, key: &Key, with_ttl: bool) -> Result<Reply, Error> {
        let mut names = Names::of(&self.namespace, key);
        names.asks_ttl |= with_ttl;
        let names = Arc::new(names);
        // In the common case the lane is there, keeps the deadline itself, and no second try is asked for.
        if self.first_try.is_none()
            && lanes::current_runtime().is_ok()
            && let Some(lane) = self.lanes.ready_lane()
        {
            let began = clock::instant();
            let read = read_batch::read_entry(Arc::clone(&lane), Arc::clone(&names), began);
            let guard = OperationGuard::new(&self.lanes, Some(lane));
            let reply = read.await;
            guard.report_outcome(&reply);
            let error = match reply {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            let left = self
                .deadline
                .saturating_sub(clock::instant().saturating_duration_since(began));
            // A connection that has ended says nothing about the server: there may be time for another.
            if error.class() != Class::Broken || left.is_zero() {
                return Err(error);
            }
            return Box::pin(self.run_once(left, |lane| self.read_on(lane, names))).await;
        }
        // Boxed, because what is seldom needed would lie in the future of every hit.
        Box::pin(self.run_retrying(|lane| self.read_on(lane, Arc::clone(&names)))).await
    }

    async fn read_on(&self, lane: Arc<Lane>, names: Arc<Names>) -> Result<Reply, Error> {
        read_batch::read_entry(lane, names, clock::instant()).await
    }

    pub(super) async fn read_many(&self, keys: &[Key]) -> Result<Vec<Reply>, Error> {
        let names: Arc<[Names]> = keys
            .iter()
            .map(|key| Names::of(&self.namespace, key))
            .collect();
        self.run_retrying(|lane| {
            let names = Arc::clone(&names);
            async move {
                let mut replies = Vec::with_capacity(names.len());
                for names in names.chunks(READS_PER_COMMAND) {
                    let asks: Vec<_> = names.iter().map(|names| (names, Extent::Whole)).collect();
                    let seen = read_batch::read_together(&lane, &asks).await?;
                    replies.extend(seen.into_iter().map(|seen| seen.reply(lane.identity())));
                }
                Ok(replies)
            }
        })
        .await
    }

    pub(super) async fn capture(
        &self,
        key: &Key,
        seen: Reply,
        ttls: CaptureTtls,
    ) -> Result<Reply, Error> {
        let capture = Capture::of_missing(&Names::of(&self.namespace, key), &seen, ttls)?;
        let began_on = seen.identity;
        let mut replies = [seen];
        self.send_capture(&capture, &mut replies, began_on, self.deadline)
            .await?;
        let [reply] = replies;
        Ok(reply)
    }

    /// Captures without a read before: the answers show the entry, and everything else that a read would.
    pub(super) async fn read_capturing(
        &self,
        key: &Key,
        with_ttl: bool,
        ttls: CaptureTtls,
    ) -> Result<Reply, Error> {
        let mut names = Names::of(&self.namespace, key);
        names.asks_ttl |= with_ttl;
        let mut replies = [Reply {
            occupant: Some(Occupant::Absent),
            ..write::unknown_reply(&names)
        }];
        let [nothing] = &replies;
        let capture = Capture::of_missing(&names, nothing, ttls)?;
        // A second try, where that is set, is the caller's: a plain read.
        let limit = self.first_try.unwrap_or(self.deadline);
        self.send_capture(&capture, &mut replies, None, limit)
            .await?;
        let [reply] = replies;
        Ok(reply)
    }

    pub(super) async fn claim(&self, keys: &[Key], ttls: CaptureTtls) -> Result<Vec<Reply>, Error> {
        let names: Vec<Names> = keys
            .iter()
            .map(|key| Names::of(&self.namespace, key))
            .collect();
        let mut replies: Vec<Reply> = names.iter().map(write::unknown_reply).collect();
        let capture = Capture::of_all(&names, ttls)?;
        self.send_capture(&capture, &mut replies, None, self.deadline)
            .await?;
        Ok(replies)
    }

    pub(super) async fn store(&self, writes: Vec<Write>) -> Result<Vec<StoreOutcome>, Error> {
        let names: Vec<Names> = writes
            .iter()
            .map(|write| Names::of(&self.namespace, &write.key))
            .collect();
        self.run_once(self.deadline, |lane| async move {
            let mut outcomes = Vec::with_capacity(writes.len());
            for (writes, names) in writes
                .chunks(READS_PER_COMMAND)
                .zip(names.chunks(READS_PER_COMMAND))
            {
                outcomes.extend(write::store_values(&lane, writes, names).await?);
            }
            Ok(outcomes)
        })
        .await
    }

    pub(super) async fn remove(&self, batch: &TargetBatch) -> Result<Vec<bool>, Error> {
        let mut unlinks = Pipeline::with_capacity(batch.targets().len());
        for target in batch.targets() {
            unlinks
                .cmd("UNLINK")
                .arg(key_names::target_name(&self.namespace, target));
        }
        let (_, answers) = self.send_reading(unlinks).await?;
        Ok(answers
            .into_iter()
            .map(|answer| answer == CommandReply::Value(Value::Int(1)))
            .collect())
    }

    pub(super) async fn take(&self, key: &Key) -> Result<Reply, Error> {
        let names = Names::of(&self.namespace, key);
        let mut markers = cmd("MGET");
        for name in names.markers() {
            markers.arg(name);
        }
        let mut both = Pipeline::with_capacity(2);
        both.add_command(markers).cmd("GETDEL").arg(names.entry());
        // It is never sent twice: the first reply may have held the value.
        self.run_once(self.deadline, |lane| async move {
            let mut answers = lane.run_pipeline(&both).await?.into_iter();
            let markers = array_values(answers.next()).into_iter().map(lane::bytes);
            let entry = answers.next().and_then(CommandReply::bytes);
            let seen = RawReply::of([entry].into_iter().chain(markers));
            Ok(seen.reply(lane.identity()))
        })
        .await
    }

    /// Keeps the entry for `kept_for` from now on.
    pub(super) async fn touch(&self, key: &Key, kept_for: Duration) -> Result<bool, Error> {
        let names = Names::of(&self.namespace, key);
        let mut all = Pipeline::with_capacity(names.len());
        // The markers go first: an entry must not outlive them.
        for marker in names.markers() {
            all.add_command(write::extend_marker(marker, kept_for));
        }
        all.cmd("PEXPIRE")
            .arg(names.entry())
            .arg(write::milliseconds(kept_for));
        let (_, answers) = self.send_reading(all).await?;
        Ok(answers.last() == Some(&CommandReply::Value(Value::Int(1))))
    }

    pub(super) async fn purge(&self, glob: &str) -> Result<u64, Error> {
        let glob = format!("{}:{glob}", crate::store::glob::escape(&self.namespace));
        let mut connection = self.lanes.checkout().await?;
        purge::purge_matching(&mut connection, &self.namespace, &glob, self.deadline).await
    }

    /// Tests if the server can be used: makes a new connection within `limit`, and reads over it within the deadline.
    pub(super) async fn probe(&self, limit: Duration) -> Result<(), Error> {
        lanes::current_runtime()?;
        let lane = deadline::run_within(limit, self.lanes.replace_lane(limit)).await?;
        match deadline::run_within(self.deadline, self.read_marker(&lane)).await {
            // The server has answered, and so it would answer a call.
            Err(error) if error.class().weight() == Weight::Nothing => Ok(()),
            answer => answer.inspect_err(|_| self.lanes.close()),
        }
    }

    pub(super) async fn ping(&self) -> Result<(), Error> {
        self.run_once(self.deadline, |lane| async move {
            self.read_marker(&lane).await
        })
        .await
    }

    /// Reads one marker, as a call does: a user who may do no more than calls need can use the cache.
    async fn read_marker(&self, lane: &Lane) -> Result<(), Error> {
        let everything = Target::Group(group::NAMESPACE.to_owned());
        let marker = key_names::target_name(&self.namespace, &everything);
        let mut nothing = lane.tracking().begin(std::iter::empty());
        let read = lane.mget_with_ttls(&[&marker], &[], &mut nothing).await;
        read.map(drop)
    }

    pub(super) async fn server_info(&self) -> Result<ServerInfo, Error> {
        self.run_once(self.deadline, |lane| async move {
            let text = lane::bytes(lane.run_command(&cmd("INFO")).await?).ok_or_else(|| {
                Error::new(
                    ErrorKind::Server,
                    "the server answered `INFO` with something else",
                )
            })?;
            let mut keys = None;
            if let Ok(Value::Int(count)) = lane.run_command(&cmd("DBSIZE")).await {
                keys = u64::try_from(count).ok();
            }
            let fields: HashMap<&str, &str> = info::parse_fields(&text);
            Ok(ServerInfo {
                keys,
                ..info::server_info(&fields)
            })
        })
        .await
    }

    pub(super) fn close(&self) {
        self.lanes.close();
    }
}
