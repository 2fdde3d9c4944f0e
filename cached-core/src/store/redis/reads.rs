//! [`Reads`]: the reads of one moment share one `MGET`.
//!
//! At most one shared command is in flight on a lane. A caller that finds none sends its own at
//! once, so a lone caller never waits for a task; those that come meanwhile wait for its reply and
//! then go together, each key named once. That is also the rule of freshness that makes sharing
//! safe: a command is shared only by calls that began before it was sent.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use hashbrown::DefaultHashBuilder;
use tokio::{runtime::Handle, sync::oneshot};

use super::{BATCH, failure, lane::Lane};
use crate::{Error, ErrorKind};

#[derive(Debug, Default)]
pub(super) struct Reads(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    in_flight: bool,
    waiting: Vec<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    name: Arc<str>,
    answer: oneshot::Sender<Result<Option<Bytes>, Error>>,
}

impl Reads {
    pub(super) async fn read(
        self: Arc<Self>,
        lane: Arc<Lane>,
        name: Arc<str>,
    ) -> Result<Option<Bytes>, Error> {
        match self.join(&name) {
            None => {
                let turn = Turn { reads: self, lane };
                let mut found = turn.lane.mget(&[name]).await?;
                Ok(found.pop().flatten())
            }
            Some(answer) => answer.await.unwrap_or_else(|_| Err(abandoned())),
        }
    }

    /// Takes the turn to send, or a place in the queue.
    fn join(&self, name: &Arc<str>) -> Option<oneshot::Receiver<Result<Option<Bytes>, Error>>> {
        let mut queue = self.lock();
        if !queue.in_flight {
            queue.in_flight = true;
            return None;
        }
        let (answer, receiver) = oneshot::channel();
        queue.waiting.push(Waiting {
            name: Arc::clone(name),
            answer,
        });
        Some(receiver)
    }

    /// What goes next, or the end of this turn.
    fn next(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.lock();
        // Callers whose deadline is over have gone.
        queue.waiting.retain(|waiting| !waiting.answer.is_closed());
        if queue.waiting.is_empty() {
            queue.in_flight = false;
            return None;
        }
        let next = queue.waiting.len().min(BATCH);
        Some(queue.waiting.drain(..next).collect())
    }

    /// Ends the turn and leaves those that wait without an answer.
    fn abandon(&self) {
        let mut queue = self.lock();
        queue.in_flight = false;
        let waiting = std::mem::take(&mut queue.waiting);
        drop(queue);
        drop(waiting);
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The turn of a caller that sends its own read. However it ends, answered, failed or dropped,
/// those that came meanwhile go next.
struct Turn {
    reads: Arc<Reads>,
    lane: Arc<Lane>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(first) = self.reads.next() else {
            return;
        };
        let pump = Pump(Some(Arc::clone(&self.reads)));
        let lane = Arc::clone(&self.lane);
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(pump.run(lane, first))),
            // The runtime is closing, and `pump` tells those that wait.
            Err(_) => drop(pump),
        }
    }
}

/// Sends what waits until nothing does. It lives in a task, so that no caller's cancellation can
/// stop it; if its runtime ends, those that wait are told.
struct Pump(Option<Arc<Reads>>);

impl Pump {
    async fn run(mut self, lane: Arc<Lane>, first: Vec<Waiting>) {
        let mut next = Some(first);
        while let Some(batch) = next {
            answer(&lane, batch).await;
            next = self.0.as_ref().and_then(|reads| reads.next());
        }
        // The turn has ended, and a caller may have taken the next one: nothing to abandon.
        self.0 = None;
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        if let Some(reads) = self.0.take() {
            reads.abandon();
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
    // The callers' deadlines end their waiting; this one ends the command of callers long gone.
    let found = match tokio::time::timeout(lane.deadline(), lane.mget(&names)).await {
        Ok(found) => found,
        Err(_) => Err(failure::missed_deadline(lane.deadline())),
    };
    for (waiting, index) in batch.into_iter().zip(indices) {
        let answer = match &found {
            Ok(found) => Ok(found.get(index).cloned().flatten()),
            Err(error) => Err(error.clone()),
        };
        // A caller whose deadline is over has gone.
        let _ = waiting.answer.send(answer);
    }
}

fn abandoned() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "the runtime that shared this read has ended: the next call connects anew",
    )
}
