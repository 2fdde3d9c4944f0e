//! The store in Redis, on shared lanes.

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use deadpool_redis::redis::{Cmd, Pipeline, Value, cmd};

use super::{Kind, Payload, Reply, Store, Task, Write};
use crate::{
    Error, ErrorKind, Key,
    config::{Config, LONGEST_TTL},
    entry::Identity,
    server::ServerInfo,
};

mod connect;
mod failure;
mod info;
mod lane;
mod purge;
mod reads;

use connect::Lanes;
use lane::Lane;

/// How many keys one `MGET` or pipeline names at the most, so that no reply holds up a lane.
const BATCH: usize = 256;

#[derive(Debug)]
pub(crate) struct RedisStore {
    lanes: Lanes,
    namespace: String,
    deadline: Duration,
    /// The share of the deadline that a first try has; the rest is for a second one.
    first_try: Option<Duration>,
}

impl RedisStore {
    pub(crate) fn new(config: &Config, address: &str) -> Result<Self, Error> {
        Ok(Self {
            lanes: Lanes::new(config, address)?,
            namespace: config.namespace.clone(),
            deadline: config.op_timeout,
            first_try: config
                .retry_on_timeout
                .then(|| config.op_timeout.mul_f64(0.5)),
        })
    }

    fn name(&self, key: &Key) -> String {
        let mut name = String::with_capacity(self.namespace.len().saturating_add(96));
        name.push_str(&self.namespace);
        name.push(':');
        name.push_str(&key.text());
        name
    }

    /// Runs `operation` on a lane, within the deadline. The lane is looked at again afterwards: one
    /// that broke, or has gone silent, is given up.
    async fn once<'a, T, F>(
        &'a self,
        within: Duration,
        operation: impl FnOnce(Arc<Lane>) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>> + Send + 'a,
    {
        connect::runtime()?;
        let mut used = None;
        let work = async {
            let lane = self.lanes.lane().await?;
            used = Some(Arc::clone(&lane));
            operation(lane).await
        };
        let result = failure::in_time(within, work).await;
        if let (Err(error), Some(lane)) = (&result, used) {
            self.lanes.inspect(&lane, error);
        }
        result
    }

    /// As [`once`](Self::once); for what may be sent twice, a second time where that is set.
    async fn twice<'a, T, F>(&'a self, operation: impl Fn(Arc<Lane>) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>> + Send + 'a,
    {
        let Some(first_try) = self.first_try else {
            return self.once(self.deadline, operation).await;
        };
        match self.once(first_try, &operation).await {
            Err(error) if error.is_transient() => {
                let rest = self.deadline.saturating_sub(first_try);
                self.once(rest, operation).await
            }
            result => result,
        }
    }

    async fn read_names(&self, names: Vec<Arc<str>>) -> Result<Vec<Reply>, Error> {
        self.twice(|lane| {
            let names = names.clone();
            async move {
                let identity = lane.identity();
                let mut replies = Vec::with_capacity(names.len());
                for names in names.chunks(BATCH) {
                    let found = lane.mget(names).await?;
                    replies.extend(found.into_iter().map(|bytes| reply(identity, bytes)));
                }
                Ok(replies)
            }
        })
        .await
    }
}

fn reply(identity: Identity, bytes: Option<Bytes>) -> Reply {
    Reply {
        payload: bytes.map(Payload::Bytes),
        identity: Some(identity),
        remaining: None,
    }
}

fn milliseconds(ttl: Duration) -> u64 {
    // Redis refuses 0, and a ttl whose end does not fit its clock.
    let ttl = ttl.clamp(Duration::from_millis(1), LONGEST_TTL);
    u64::try_from(ttl.as_millis()).unwrap_or(1)
}

fn set(name: &str, bytes: &Bytes, ttl: Duration) -> Cmd {
    let mut command = cmd("SET");
    command
        .arg(name)
        .arg(&**bytes)
        .arg("PX")
        .arg(milliseconds(ttl))
        // Refused where something else than a string lies, which a plain `SET` would delete.
        .arg("GET");
    command
}

impl Store for RedisStore {
    fn kind(&self) -> Kind {
        Kind::Redis
    }

    fn identity(&self) -> Task<'_, Option<Identity>> {
        Box::pin(self.once(
            self.deadline,
            |lane| async move { Ok(Some(lane.identity())) },
        ))
    }

    fn read<'a>(&'a self, key: &'a Key) -> Task<'a, Reply> {
        Box::pin(async move {
            let name: Arc<str> = self.name(key).into();
            // The common way: the lane is there, keeps the deadline itself, and no second try is asked for.
            if self.first_try.is_none()
                && connect::runtime().is_ok()
                && let Some(lane) = self.lanes.ready()
            {
                let found = Arc::clone(&lane).read(name).await;
                return match found {
                    Ok(bytes) => Ok(reply(lane.identity(), bytes)),
                    Err(error) => {
                        self.lanes.inspect(&lane, &error);
                        Err(error)
                    }
                };
            }
            self.twice(|lane| {
                let name = Arc::clone(&name);
                async move { Ok(reply(lane.identity(), lane.read(name).await?)) }
            })
            .await
        })
    }

    fn read_with_ttl<'a>(&'a self, key: &'a Key) -> Task<'a, Reply> {
        Box::pin(async move {
            let name = self.name(key);
            self.twice(|lane| {
                let mut both = Pipeline::with_capacity(2);
                both.cmd("MGET").arg(&name).cmd("PTTL").arg(&name);
                async move {
                    let mut replies = lane.pipeline(&both).await?.into_iter();
                    let bytes = replies.next().and_then(lane::first_bytes);
                    let remaining = match replies.next() {
                        Some(Value::Int(ttl)) => u64::try_from(ttl).ok().map(Duration::from_millis),
                        _ => None,
                    };
                    Ok(Reply {
                        remaining,
                        ..reply(lane.identity(), bytes)
                    })
                }
            })
            .await
        })
    }

    fn read_many<'a>(&'a self, keys: &'a [Key]) -> Task<'a, Vec<Reply>> {
        Box::pin(self.read_names(keys.iter().map(|key| self.name(key).into()).collect()))
    }

    fn write<'a>(&'a self, entries: Vec<Write<'a>>) -> Task<'a, ()> {
        Box::pin(async move {
            let sets: Vec<Cmd> = entries
                .into_iter()
                .filter_map(|Write { key, payload, ttl }| match payload {
                    Payload::Bytes(bytes) => Some(set(&self.name(key), &bytes, ttl)),
                    Payload::Typed(..) => None,
                })
                .collect();
            self.once(self.deadline, |lane| async move {
                for sets in sets.chunks(BATCH) {
                    match sets {
                        [one] => drop(lane.command(one).await?),
                        several => {
                            let mut pipeline = Pipeline::with_capacity(several.len());
                            for set in several {
                                pipeline.add_command(set.clone());
                            }
                            lane.pipeline(&pipeline).await?;
                        }
                    }
                }
                Ok(())
            })
            .await
        })
    }

    fn delete<'a>(&'a self, key: &'a Key) -> Task<'a, bool> {
        Box::pin(async move {
            let name = self.name(key);
            self.twice(|lane| {
                let mut unlink = cmd("UNLINK");
                unlink.arg(&name);
                async move { Ok(lane.command(&unlink).await? == Value::Int(1)) }
            })
            .await
        })
    }

    fn take<'a>(&'a self, key: &'a Key) -> Task<'a, Reply> {
        Box::pin(async move {
            let name = self.name(key);
            // Never sent twice: the first reply may have held the value.
            self.once(self.deadline, |lane| async move {
                Ok(reply(lane.identity(), lane.take(&name).await?))
            })
            .await
        })
    }

    fn touch<'a>(&'a self, key: &'a Key, ttl: Duration) -> Task<'a, bool> {
        Box::pin(async move {
            let name = self.name(key);
            self.twice(|lane| {
                let mut touch = cmd("PEXPIRE");
                touch.arg(&name).arg(milliseconds(ttl));
                async move { Ok(lane.command(&touch).await? == Value::Int(1)) }
            })
            .await
        })
    }

    fn purge<'a>(&'a self, glob: &'a str) -> Task<'a, u64> {
        Box::pin(async move {
            let glob = format!("{}:{glob}", crate::glob::escape(&self.namespace));
            let mut connection = self.lanes.checkout().await?;
            purge::purge(&mut connection, &glob, self.deadline).await
        })
    }

    fn ping(&self) -> Task<'_, ()> {
        Box::pin(self.once(self.deadline, |lane| async move {
            lane.command(&cmd("PING")).await.map(drop)
        }))
    }

    fn server_info(&self) -> Task<'_, ServerInfo> {
        Box::pin(self.once(self.deadline, |lane| async move {
            let text = lane::bytes(lane.command(&cmd("INFO")).await?).ok_or_else(|| {
                Error::new(
                    ErrorKind::Server,
                    "the server answered `INFO` with something else",
                )
            })?;
            let mut keys = None;
            if let Ok(Value::Int(count)) = lane.command(&cmd("DBSIZE")).await {
                keys = u64::try_from(count).ok();
            }
            let fields: HashMap<&str, &str> = info::fields(&text);
            Ok(ServerInfo {
                keys,
                ..info::server_info(&fields)
            })
        }))
    }

    fn close(&self) {
        self.lanes.close();
    }
}
