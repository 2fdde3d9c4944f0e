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

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use hashbrown::DefaultHashBuilder;
use smallvec::SmallVec;
use tokio::{runtime::Handle, sync::oneshot};

use super::{
    failure,
    lane::Lane,
    names::Names,
    queue::{Batch, Place, Queue, Waits},
};
use crate::{
    Error, ErrorKind, clock,
    entry::{PerGroup, Token},
};

/// What one command showed of an entry and its markers.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) entry: Option<Bytes>,
    pub(super) tokens: PerGroup<Option<Token>>,
}

type Answer = Result<Seen, Error>;

#[derive(Debug)]
pub(super) struct Reads(Queue<Waiting>);

#[derive(Debug)]
struct Waiting {
    names: Arc<Names>,
    answer: oneshot::Sender<Answer>,
}

impl Waits for Waiting {
    fn has_gone(&self) -> bool {
        self.answer.is_closed()
    }
}

impl Reads {
    pub(super) fn new() -> Self {
        Self(Queue::new())
    }

    pub(super) async fn read(self: Arc<Self>, lane: Arc<Lane>, names: Arc<Names>) -> Answer {
        let deadline = lane.deadline();
        match self.0.place(|| Waiting::new(&names)) {
            Place::Turn(number) => {
                let _turn = Turn {
                    reads: Arc::clone(&self),
                    lane: Arc::clone(&lane),
                    number,
                };
                let all: SmallVec<[&str; 8]> = names.all().collect();
                let found = failure::in_time(deadline, lane.mget(&all)).await?;
                let mut found = found.into_iter();
                let entry = found.next().flatten();
                self.0.observe(entry.as_ref().map_or(0, Bytes::len));
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

    /// Ends the turn of this number; a task sends what goes next.
    fn end(self: &Arc<Self>, turn: u64, lane: &Arc<Lane>) {
        let Some(batch) = self.0.end(turn) else {
            return;
        };
        let pump = Pump {
            reads: Arc::clone(self),
            turn: batch.turn,
        };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(pump.run(Arc::clone(lane), batch))),
            // The runtime is closing; the pump tells those that wait by being dropped.
            Err(_) => drop(pump),
        }
    }
}

impl Waiting {
    fn new(names: &Arc<Names>) -> (Self, oneshot::Receiver<Answer>) {
        let (answer, receiver) = oneshot::channel();
        let names = Arc::clone(names);
        (Self { names, answer }, receiver)
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
    reads: Arc<Reads>,
    turn: u64,
}

impl Pump {
    async fn run(mut self, lane: Arc<Lane>, first: Batch<Waiting>) {
        let mut next = Some(first);
        while let Some(batch) = next {
            self.turn = batch.turn;
            answer(&lane, batch.waiting).await;
            next = self.reads.0.end(self.turn);
        }
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        drop(self.reads.0.abandon(self.turn));
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
    lane.reads()
        .0
        .observe(bytes.checked_div(calls).unwrap_or(0));
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
