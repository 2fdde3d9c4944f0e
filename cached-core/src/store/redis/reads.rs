//! [`Reads`]: the reads of one moment share one `MGET`.
//!
//! At most one shared command is in flight on a lane. A caller that finds none sends its own at
//! once, so a lone caller never waits for a task; those that come meanwhile wait for its reply and
//! then go together, each key named once, sent by a task that no caller can cancel. That is also the
//! rule of freshness that makes sharing safe: a command is shared only by calls that began before it
//! was sent.
//!
//! Every read ends by its own deadline, kept by its own timer. Whoever sends can stop for ever: a
//! caller's future may be alive and never polled again, a task's runtime may idle. So one that waited
//! a whole deadline behind the same command takes the turn away.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use hashbrown::DefaultHashBuilder;
use smallvec::SmallVec;
use tokio::{runtime::Handle, sync::oneshot};

use super::{BATCH, failure, lane::Lane, names::Names};
use crate::{
    Error, ErrorKind, clock,
    entry::{PerGroup, Token},
};

/// About how many bytes one reply may have: large values share no command, so that none of them
/// waits for all.
const REPLY: usize = 1 << 20;

/// What one command showed of an entry and its markers.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) entry: Option<Bytes>,
    pub(super) tokens: PerGroup<Option<Token>>,
}

type Answer = Result<Seen, Error>;

#[derive(Debug, Default)]
pub(super) struct Reads(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    /// Whether a command is in flight.
    busy: bool,
    /// Counts commands: who sent another one than the latest has nothing to end.
    turn: u64,
    waiting: Vec<Waiting>,
    /// How many bytes a value of the latest reply had.
    usual: usize,
}

#[derive(Debug)]
struct Waiting {
    names: Arc<Names>,
    answer: oneshot::Sender<Answer>,
}

/// A caller's place.
enum Place {
    /// It sends.
    Turn(Turn),
    /// It waits for those that came before it, behind the command of this number.
    Wait(oneshot::Receiver<Answer>, u64),
}

impl Reads {
    pub(super) async fn read(self: Arc<Self>, lane: Arc<Lane>, names: Arc<Names>) -> Answer {
        let deadline = lane.deadline();
        match self.place(&lane, &names) {
            Place::Turn(turn) => {
                let all: SmallVec<[&str; 8]> = names.all().collect();
                let found = failure::in_time(deadline, turn.lane.mget(&all)).await?;
                let mut found = found.into_iter();
                let entry = found.next().flatten();
                self.observe(entry.as_ref().map_or(0, Bytes::len));
                Ok(Seen {
                    entry,
                    tokens: found.map(token).collect(),
                })
            }
            Place::Wait(answer, turn) => {
                if let Some(answer) = clock::within(deadline, answer).await {
                    return answer.unwrap_or_else(|_| Err(abandoned()));
                }
                self.end(turn, &lane);
                Err(failure::missed_deadline(deadline))
            }
        }
    }

    fn place(self: &Arc<Self>, lane: &Arc<Lane>, names: &Arc<Names>) -> Place {
        let mut queue = self.lock();
        if !queue.busy {
            queue.busy = true;
            return Place::Turn(Turn {
                reads: Arc::clone(self),
                lane: Arc::clone(lane),
                number: queue.advance(),
            });
        }
        let (answer, receiver) = oneshot::channel();
        queue.waiting.push(Waiting {
            names: Arc::clone(names),
            answer,
        });
        Place::Wait(receiver, queue.turn)
    }

    /// Ends the turn of this number, if it is still the latest: those that wait go next.
    fn end(self: &Arc<Self>, turn: u64, lane: &Arc<Lane>) {
        let mut queue = self.lock();
        if !queue.busy || queue.turn != turn {
            return;
        }
        let Some(first) = queue.next() else {
            return;
        };
        let task = Pump {
            reads: Some(Arc::clone(self)),
            number: queue.turn,
        };
        drop(queue);
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(task.run(Arc::clone(lane), first))),
            // The runtime is closing; the task tells those that wait by being dropped.
            Err(_) => drop(task),
        }
    }

    fn observe(&self, bytes: usize) {
        self.lock().usual = bytes;
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn advance(&mut self) -> u64 {
        self.turn = self.turn.wrapping_add(1);
        self.turn
    }

    /// What goes next, by a turn of its own; if nothing does, nobody sends.
    fn next(&mut self) -> Option<Vec<Waiting>> {
        // Callers whose deadline is over have gone.
        self.waiting.retain(|waiting| !waiting.answer.is_closed());
        if self.waiting.is_empty() {
            self.busy = false;
            return None;
        }
        self.advance();
        let room = REPLY.checked_div(self.usual).unwrap_or(BATCH);
        let next = self.waiting.len().min(room.clamp(1, BATCH));
        Some(self.waiting.drain(..next).collect())
    }
}

/// The turn of a caller that sends its own read. However it ends, answered, failed or dropped,
/// those that came meanwhile go next.
struct Turn {
    reads: Arc<Reads>,
    lane: Arc<Lane>,
    number: u64,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.reads.end(self.number, &self.lane);
    }
}

/// Sends what waits until nothing does, or another has taken the turn. If its runtime ends, those
/// that wait are told.
struct Pump {
    reads: Option<Arc<Reads>>,
    number: u64,
}

impl Pump {
    async fn run(mut self, lane: Arc<Lane>, first: Vec<Waiting>) {
        let mut next = Some(first);
        while let Some(batch) = next {
            answer(&lane, batch).await;
            next = self.next();
        }
        // Somebody else may have the turn: nothing to abandon.
        self.reads = None;
    }

    fn next(&mut self) -> Option<Vec<Waiting>> {
        let mut queue = self.reads.as_ref()?.lock();
        if queue.turn != self.number {
            return None;
        }
        let next = queue.next();
        self.number = queue.turn;
        next
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        let Some(reads) = self.reads.take() else {
            return;
        };
        let mut queue = reads.lock();
        if queue.turn == self.number {
            queue.busy = false;
            let waiting = std::mem::take(&mut queue.waiting);
            drop(queue);
            drop(waiting);
        }
    }
}

/// Sends one command for all of `batch`, which names every key once.
async fn answer(lane: &Lane, batch: Vec<Waiting>) {
    let mut places: HashMap<&str, usize, DefaultHashBuilder> = HashMap::default();
    let mut names: Vec<&str> = Vec::with_capacity(batch.len().saturating_mul(4));
    let mut indices: Vec<usize> = Vec::with_capacity(batch.len().saturating_mul(8));
    for name in batch.iter().flat_map(|waiting| waiting.names.all()) {
        indices.push(*places.entry(name).or_insert_with(|| {
            names.push(name);
            names.len().saturating_sub(1)
        }));
    }
    // The callers keep their own deadlines; this one ends the command when all of them have gone.
    let found = failure::in_time(lane.deadline(), lane.mget(&names)).await;
    drop(places);
    let mut bytes = 0_usize;
    let calls = batch.len();
    let mut indices = indices.into_iter();
    for waiting in batch {
        let answer = match &found {
            Ok(found) => {
                let mut mine = indices
                    .by_ref()
                    .take(waiting.names.len())
                    .map(|index| found.get(index).cloned().flatten());
                let entry = mine.next().flatten();
                bytes = bytes.saturating_add(entry.as_ref().map_or(0, Bytes::len));
                Ok(Seen {
                    entry,
                    tokens: mine.map(token).collect(),
                })
            }
            Err(error) => Err(error.clone()),
        };
        // A caller that was dropped has no use for it.
        let _ = waiting.answer.send(answer);
    }
    lane.reads().observe(bytes.checked_div(calls).unwrap_or(0));
}

fn token(marker: Option<Bytes>) -> Option<Token> {
    Token::read(&marker?)
}

fn abandoned() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "the runtime that shared this read has ended: the next call connects anew",
    )
}
