//! The shared read: the reads of one moment go in one `MGET`.
//!
//! At most one shared command is in flight on a lane. A caller that finds none sends its own at
//! once, so a lone caller never waits for a task; those that come meanwhile wait for its reply and
//! then go together, each key named once, sent by a task that no caller can cancel. That is also the
//! rule of freshness that makes sharing safe: a command is shared only by calls that began before it
//! was sent.
//!
//! Where the server [tracks](super::tracking) all markers of an entry, the entry is read without them.
//!
//! Every read ends by its own deadline, kept by its own timer. Whoever sends can stop for ever: a
//! caller's future may be alive and never polled again, a task's runtime may idle. So a caller that waited
//! a whole deadline behind the same command takes the turn away.

use std::{
    collections::HashMap,
    sync::{self, Arc},
    time::{Duration, Instant},
};

use bytes::Bytes;
use hashbrown::DefaultHashBuilder;
use smallvec::SmallVec;
use tokio::{runtime::Handle, sync::oneshot};

use super::{READS_PER_COMMAND, deadline, key_names::Names, lane::Lane};
use crate::{
    clock,
    error::{Error, ErrorKind},
    format::{
        entry::{Identity, Marker, PerGroup, Token},
        freshness,
    },
    store::{Payload, Reply},
};

mod queue;

use queue::{Batch, Position, Queue, Waits};

/// The entry and markers that one command read. Small: it goes from the task that asked to the one that waits.
#[derive(Debug)]
pub(super) struct RawReply {
    entry: Option<Bytes>,
    /// Empty where the markers are tracked.
    tokens: Vec<Option<Token>>,
    /// The time for which the entry will be kept, where that was asked for and there is an end.
    remaining: Option<Duration>,
}

type Answer = Result<RawReply, Error>;

/// The callers of one lane that wait for the read in flight.
pub(super) type ReadQueue = Queue<Waiter>;

/// A caller that waits, as the queue holds it.
#[derive(Debug)]
pub(super) struct Waiter {
    names: Arc<Names>,
    extent: Extent,
    answer: oneshot::Sender<Answer>,
}

/// The part of an entry and its markers that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// The entry alone, because its markers are tracked.
    Entry,
    /// The entry and its markers.
    Whole,
}

impl Waits for Waiter {
    fn has_gone(&self) -> bool {
        self.answer.is_closed()
    }
}

/// Reads one entry and its markers for a call that began at `began`, within the deadline of the lane, in one command
/// with all reads that wait at this moment.
pub(super) async fn read_entry(
    lane: Arc<Lane>,
    names: Arc<Names>,
    began: Instant,
) -> Result<Reply, Error> {
    let (deadline, identity) = (lane.deadline(), lane.identity());
    let Some(holds) = lane.tracking().find(&names) else {
        let seen = read_in_turn(&lane, &names, Extent::Whole, deadline).await?;
        return Ok(seen.reply(identity));
    };
    let seen = read_in_turn(&lane, &names, Extent::Entry, deadline).await?;
    if let Some(markers) = lane.tracking().markers(&holds, identity) {
        return Ok(seen.reply_with(identity, markers));
    }
    // A marker has changed, or only its lifetime, since this call began.
    let took = clock::instant().saturating_duration_since(began);
    let left = deadline.saturating_sub(took);
    if left.is_zero() {
        return Err(deadline::missed_deadline(deadline));
    }
    let seen = Box::pin(read_in_turn(&lane, &names, Extent::Whole, left)).await;
    let seen = seen.map_err(|error| match error.kind() {
        // Both reads share one deadline, which is the one to name.
        ErrorKind::Timeout => deadline::missed_deadline(deadline),
        _ => error,
    });
    Ok(seen?.reply(identity))
}

/// Sends the read at once if nothing is in flight, and waits for its turn otherwise.
async fn read_in_turn(
    lane: &Arc<Lane>,
    names: &Arc<Names>,
    extent: Extent,
    deadline: Duration,
) -> Answer {
    match lane.read_queue().take_place(|| Waiter::new(names, extent)) {
        Position::Turn(number) => {
            let _turn = SendTurn {
                lane: Arc::clone(lane),
                number,
            };
            // Boxed, because those that wait, which are most of many, do not send.
            let alone = Box::pin(read_alone(lane, names, extent));
            let seen = deadline::run_within(deadline, alone).await?;
            lane.read_queue().observe_size(seen.len());
            Ok(seen)
        }
        Position::Wait(answer, turn) => {
            if let Some(answer) = clock::within(deadline, answer).await {
                return answer.unwrap_or_else(|_| Err(abandoned_read()));
            }
            // A caller that waited for less has not seen that the turn takes too long.
            if deadline >= lane.deadline() {
                end_turn(lane, turn);
            }
            Err(deadline::missed_deadline(deadline))
        }
    }
}

/// Ends the turn of this number; a task sends what goes next.
fn end_turn(lane: &Arc<Lane>, turn: u64) {
    let Some(batch) = lane.read_queue().end_turn(turn) else {
        return;
    };
    let pump = Pump {
        lane: Arc::clone(lane),
        turn: batch.turn,
    };
    match Handle::try_current() {
        Ok(runtime) => drop(runtime.spawn(pump.send_all(batch))),
        // The runtime is closing; those that wait learn it when the pump is dropped.
        Err(_) => drop(pump),
    }
}

impl Waiter {
    fn new(names: &Arc<Names>, extent: Extent) -> (Self, oneshot::Receiver<Answer>) {
        let (answer, receiver) = oneshot::channel();
        let waiting = Self {
            names: Arc::clone(names),
            extent,
            answer,
        };
        (waiting, receiver)
    }
}

/// The turn of a caller that sends its own read. However it ends, answered, failed or dropped,
/// those that came meanwhile go next.
struct SendTurn {
    lane: Arc<Lane>,
    number: u64,
}

impl Drop for SendTurn {
    fn drop(&mut self) {
        end_turn(&self.lane, self.number);
    }
}

/// The task that sends what waits until nothing does, or another has taken the turn. If its runtime ends, those
/// that wait get an error.
struct Pump {
    lane: Arc<Lane>,
    turn: u64,
}

impl Pump {
    async fn send_all(mut self, first: Batch<Waiter>) {
        let mut next = Some(first);
        while let Some(batch) = next {
            self.turn = batch.turn;
            answer_batch(&self.lane, batch.waiting).await;
            next = self.lane.read_queue().end_turn(self.turn);
        }
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        drop(self.lane.read_queue().abandon_turn(self.turn));
    }
}

/// Answers all of `batch` by one command.
async fn answer_batch(lane: &Lane, batch: Vec<Waiter>) {
    let asks: Vec<_> = batch
        .iter()
        .map(|waiting| (&*waiting.names, waiting.extent))
        .collect();
    // The callers keep their own deadlines; this one ends the command when all of them have gone.
    let mut found = match deadline::run_within(lane.deadline(), read_together(lane, &asks)).await {
        Ok(seen) => Ok(seen.into_iter()),
        Err(error) => Err(error),
    };
    let (mut bytes, calls) = (0_usize, batch.len());
    for waiting in batch {
        let answer = match &mut found {
            Ok(seen) => seen.next().ok_or_else(abandoned_read),
            Err(error) => Err(error.clone()),
        };
        bytes = bytes.saturating_add(answer.as_ref().map_or(0, RawReply::len));
        // A caller that was dropped has no use for its answer.
        let _ = waiting.answer.send(answer);
    }
    lane.read_queue()
        .observe_size(bytes.checked_div(calls).unwrap_or(0));
}

/// Reads one entry, and its markers where they are wanted.
async fn read_alone(lane: &Lane, names: &Names, extent: Extent) -> Result<RawReply, Error> {
    let all: SmallVec<[&str; 8]> = names.names_to_read(extent).collect();
    let entry = names.asks_ttl.then(|| names.entry());
    let mut asking = lane.tracking().begin(names.names_to_read(extent).skip(1));
    let (found, ttls) = lane
        .mget_with_ttls(&all, entry.as_slice(), &mut asking)
        .await?;
    Ok(RawReply {
        remaining: ttls.first().copied().flatten(),
        ..RawReply::of(found.into_iter())
    })
}

/// Reads several entries, and their markers where they are wanted, by one command, which names every key once.
pub(super) async fn read_together(
    lane: &Lane,
    asks: &[(&Names, Extent)],
) -> Result<Vec<RawReply>, Error> {
    let count = asks
        .iter()
        .map(|(names, extent)| names.count_to_read(*extent))
        .sum();
    let mut places: HashMap<&str, usize, DefaultHashBuilder> =
        HashMap::with_capacity_and_hasher(count, DefaultHashBuilder::default());
    let mut unique: Vec<&str> = Vec::with_capacity(count);
    let mut indices: Vec<usize> = Vec::with_capacity(count);
    for name in asks
        .iter()
        .flat_map(|(names, extent)| names.names_to_read(*extent))
    {
        indices.push(*places.entry(name).or_insert_with(|| {
            unique.push(name);
            unique.len().saturating_sub(1)
        }));
    }
    let is_shared = unique.len() < indices.len();
    let asked: Vec<&str> = asks
        .iter()
        .filter(|(names, _)| names.asks_ttl)
        .map(|(names, _)| names.entry())
        .collect();
    let markers = asks
        .iter()
        .flat_map(|(names, extent)| names.names_to_read(*extent).skip(1));
    let mut asking = lane.tracking().begin(markers);
    let (mut found, ttls) = lane.mget_with_ttls(&unique, &asked, &mut asking).await?;
    let mut ttls = ttls.into_iter();
    let mut values = indices
        .into_iter()
        // A value that two calls asked for has two owners, and has to be cloned.
        .map(|index| match found.get_mut(index) {
            Some(value) if is_shared => value.clone(),
            value => value.and_then(Option::take),
        });
    let seen = |(names, extent): &(&Names, Extent)| RawReply {
        remaining: names.asks_ttl.then(|| ttls.next().flatten()).flatten(),
        ..RawReply::of(values.by_ref().take(names.count_to_read(*extent)))
    };
    Ok(asks.iter().map(seen).collect())
}

impl RawReply {
    /// The reply in `values`, of which the entry's comes first.
    pub(super) fn of(mut values: impl Iterator<Item = Option<Bytes>>) -> Self {
        Self {
            entry: values.next().flatten(),
            tokens: values.map(|marker| Token::read(&marker?)).collect(),
            remaining: None,
        }
    }

    fn len(&self) -> usize {
        self.entry.as_ref().map_or(0, Bytes::len)
    }

    /// The reply for a call, from a server of this identity.
    pub(super) fn reply(mut self, identity: Identity) -> Reply {
        let marker = |token| {
            Some(Marker {
                token,
                identity: Some(identity),
            })
        };
        let tokens = std::mem::take(&mut self.tokens);
        let markers = tokens.into_iter().map(|token| token.and_then(marker));
        self.reply_with(identity, markers.collect())
    }

    fn reply_with(self, identity: Identity, markers: PerGroup<Option<Marker>>) -> Reply {
        Reply {
            payload: self.entry.map(Payload::Bytes),
            identity: Some(identity),
            markers,
            lifetime: freshness::Lifetime {
                // The bytes say ttl and stale window themselves.
                ttl: None,
                stale: Duration::ZERO,
                remaining: self.remaining,
            },
            occupant: None,
            created: false,
        }
    }
}

fn abandoned_read() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "the runtime that shared this read has ended: the next call connects anew",
    )
}
