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
use tokio::{runtime::Handle, sync::oneshot};

use super::{BATCH, failure, lane::Lane};
use crate::{Error, ErrorKind, clock};

/// About how many bytes one reply may have: large values share no command, so that none of them
/// waits for all.
const REPLY: usize = 1 << 20;

type Answer = Result<Option<Bytes>, Error>;

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
    name: Arc<str>,
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
    pub(super) async fn read(self: Arc<Self>, lane: Arc<Lane>, name: Arc<str>) -> Answer {
        let deadline = lane.deadline();
        match self.place(&lane, &name) {
            Place::Turn(turn) => {
                let found = failure::in_time(deadline, turn.lane.mget(&[name])).await;
                self.observe(&found);
                Ok(found?.pop().flatten())
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

    fn place(self: &Arc<Self>, lane: &Arc<Lane>, name: &Arc<str>) -> Place {
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
            name: Arc::clone(name),
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

    fn observe(&self, found: &Result<Vec<Option<Bytes>>, Error>) {
        if let Ok(found) = found {
            let bytes: usize = found.iter().flatten().map(Bytes::len).sum();
            self.lock().usual = bytes.checked_div(found.len()).unwrap_or(0);
        }
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

async fn answer(lane: &Lane, batch: Vec<Waiting>) {
    let mut places: HashMap<&str, usize, DefaultHashBuilder> = HashMap::default();
    let mut names = Vec::with_capacity(batch.len());
    let indices: Vec<usize> = batch
        .iter()
        .map(|waiting| {
            *places.entry(&waiting.name).or_insert_with(|| {
                names.push(Arc::clone(&waiting.name));
                names.len().saturating_sub(1)
            })
        })
        .collect();
    drop(places);
    // The callers keep their own deadlines; this one ends the command when all of them have gone.
    let found = failure::in_time(lane.deadline(), lane.mget(&names)).await;
    lane.reads().observe(&found);
    for (waiting, index) in batch.into_iter().zip(indices) {
        let answer = match &found {
            Ok(found) => Ok(found.get(index).cloned().flatten()),
            Err(error) => Err(error.clone()),
        };
        // A caller that was dropped has no use for it.
        let _ = waiting.answer.send(answer);
    }
}

fn abandoned() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "the runtime that shared this read has ended: the next call connects anew",
    )
}
