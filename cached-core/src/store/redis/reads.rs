//! [`Reads`]: the reads of one moment share one `MGET`.
//!
//! At most one shared command is in flight on a lane. A caller that finds none sends its own at
//! once, so a lone caller never waits for a task; those that come meanwhile wait for its reply and
//! then go together, each key named once, sent by a task that no caller can cancel. That is also the
//! rule of freshness that makes sharing safe: a command is shared only by calls that began before it
//! was sent.
//!
//! Every read ends by its own deadline. Behind a task the task keeps it, for a timer for each caller
//! costs a sixth of the throughput at 256 callers. Behind another caller each keeps its own: that
//! caller's future may be alive and never polled again, and then its turn is taken from it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use bytes::Bytes;
use hashbrown::DefaultHashBuilder;
use tokio::{runtime::Handle, sync::oneshot};

use super::{BATCH, failure, lane::Lane};
use crate::{Error, ErrorKind, clock};

type Answer = Result<Option<Bytes>, Error>;

#[derive(Debug, Default)]
pub(super) struct Reads(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    sender: Sender,
    /// Counts the turns of callers: one whose turn was taken has nothing to end.
    turns: u64,
    waiting: Vec<Waiting>,
}

/// Who has a command in flight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sender {
    #[default]
    Nobody,
    Caller,
    Task,
}

#[derive(Debug)]
struct Waiting {
    name: Arc<str>,
    until: Instant,
    answer: oneshot::Sender<Answer>,
}

/// A caller's place.
enum Place {
    /// It sends.
    Turn(Turn),
    /// It waits for a task, which keeps its deadline.
    BehindTask(oneshot::Receiver<Answer>),
    /// It waits for a caller.
    BehindCaller(oneshot::Receiver<Answer>, u64),
}

impl Reads {
    pub(super) async fn read(self: Arc<Self>, lane: Arc<Lane>, name: Arc<str>) -> Answer {
        let deadline = lane.deadline();
        match self.place(&lane, &name) {
            Place::Turn(turn) => {
                let found = clock::within(deadline, turn.lane.mget(&[name])).await;
                let found = found.unwrap_or_else(|| Err(failure::missed_deadline(deadline)));
                Ok(found?.pop().flatten())
            }
            Place::BehindTask(answer) => answer.await.unwrap_or_else(|_| Err(abandoned())),
            Place::BehindCaller(answer, turn) => {
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
        if queue.sender == Sender::Nobody {
            queue.sender = Sender::Caller;
            queue.turns = queue.turns.wrapping_add(1);
            return Place::Turn(Turn {
                reads: Arc::clone(self),
                lane: Arc::clone(lane),
                number: queue.turns,
            });
        }
        let now = clock::instant();
        let (answer, receiver) = oneshot::channel();
        queue.waiting.push(Waiting {
            name: Arc::clone(name),
            until: now.checked_add(lane.deadline()).unwrap_or(now),
            answer,
        });
        match queue.sender {
            Sender::Task => Place::BehindTask(receiver),
            _ => Place::BehindCaller(receiver, queue.turns),
        }
    }

    /// Ends the turn of a caller, if it still has it: those that wait go next.
    fn end(self: &Arc<Self>, turn: u64, lane: &Arc<Lane>) {
        let mut queue = self.lock();
        if queue.sender != Sender::Caller || queue.turns != turn {
            return;
        }
        let Some(first) = queue.next() else {
            return;
        };
        queue.sender = Sender::Task;
        drop(queue);
        let task = Pump(Some(Arc::clone(self)));
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(task.run(Arc::clone(lane), first))),
            // The runtime is closing; the task tells those that wait by being dropped.
            Err(_) => drop(task),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// What goes next; if nothing does, nobody sends.
    fn next(&mut self) -> Option<Vec<Waiting>> {
        // Callers whose deadline is over have gone.
        self.waiting.retain(|waiting| !waiting.answer.is_closed());
        if self.waiting.is_empty() {
            self.sender = Sender::Nobody;
            return None;
        }
        let next = self.waiting.len().min(BATCH);
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

/// Sends what waits until nothing does. If its runtime ends, those that wait are told.
struct Pump(Option<Arc<Reads>>);

impl Pump {
    async fn run(mut self, lane: Arc<Lane>, first: Vec<Waiting>) {
        let mut next = Some(first);
        while let Some(batch) = next {
            answer(&lane, batch).await;
            next = self.0.as_ref().and_then(|reads| reads.lock().next());
        }
        // A caller may have taken the next turn: nothing to abandon.
        self.0 = None;
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        if let Some(reads) = self.0.take() {
            let mut queue = reads.lock();
            queue.sender = Sender::Nobody;
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
    // The first to come has the earliest deadline. What ends the command for it ends it for all of
    // the batch, who would hardly get an answer either.
    let until = batch.iter().map(|waiting| waiting.until).min();
    let left = until.map_or(lane.deadline(), |until| {
        until.saturating_duration_since(clock::instant())
    });
    let found = clock::within(left, lane.mget(&names)).await;
    let found = found.unwrap_or_else(|| Err(failure::missed_deadline(lane.deadline())));
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
