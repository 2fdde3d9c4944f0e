//! [`Queue`]: the turn to send a shared command, and the line of those who wait for the next.

use std::sync::PoisonError;

// The runtime's; in `loom_tests`, which compiles this file again, the scheduler's.
use super::{
    READS_PER_COMMAND,
    sync::{Mutex, MutexGuard},
};

/// The bytes that one reply may have, about: large values share no command, so that none of them
/// waits for all.
const REPLY: usize = 1 << 20;

/// The callers who wait, each as a `W`, for the command that is in flight.
#[derive(Debug)]
pub(crate) struct Queue<W>(pub(super) Mutex<Line<W>>);

#[derive(Debug)]
pub(super) struct Line<W> {
    /// True while a command is in flight.
    pub(super) busy: bool,
    /// The number of commands sent: a sender of another one than the latest has nothing to end.
    pub(super) turn: u64,
    pub(super) waiting: Vec<W>,
    /// The bytes that a value of the latest reply had.
    usual: usize,
}

/// A caller that waits.
pub(crate) trait Waits {
    /// Returns `true` if it waits no more.
    fn has_gone(&self) -> bool;
}

/// The position of a caller in the line.
pub(super) enum Position<R> {
    /// It sends, by the turn of this number.
    Turn(u64),
    /// It waits for those that came before it, behind the turn of this number.
    Wait(R, u64),
}

/// The callers whose reads go in one command, by a turn of its own.
pub(super) struct Batch<W> {
    pub(super) turn: u64,
    pub(super) waiting: Vec<W>,
}

impl<W: Waits> Queue<W> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Line {
            busy: false,
            turn: 0,
            waiting: Vec::new(),
            usual: 0,
        }))
    }

    /// Takes the turn, if nobody has it; else puts what `wait` makes at the end of the line.
    pub(super) fn take_place<R>(&self, wait: impl FnOnce() -> (W, R)) -> Position<R> {
        let mut line = self.lock();
        if !line.busy {
            line.busy = true;
            return Position::Turn(line.advance());
        }
        let (waiting, answer) = wait();
        line.waiting.push(waiting);
        Position::Wait(answer, line.turn)
    }

    /// Ends the turn of this number, if it is still the latest. Then those that wait go next: the batch that this
    /// returns has to be sent.
    pub(super) fn end_turn(&self, turn: u64) -> Option<Batch<W>> {
        let mut line = self.lock();
        if line.is_at(turn) { line.next() } else { None }
    }

    /// Ends the turn of this number, if it is still the latest, where nobody can send for those who wait, and returns
    /// them.
    pub(super) fn abandon_turn(&self, turn: u64) -> Vec<W> {
        let mut line = self.lock();
        if !line.is_at(turn) {
            return Vec::new();
        }
        line.busy = false;
        std::mem::take(&mut line.waiting)
    }

    pub(super) fn observe_size(&self, bytes: usize) {
        self.lock().usual = bytes;
    }

    fn lock(&self) -> MutexGuard<'_, Line<W>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: Waits> Line<W> {
    fn is_at(&self, turn: u64) -> bool {
        self.busy && self.turn == turn
    }

    fn advance(&mut self) -> u64 {
        self.turn = self.turn.wrapping_add(1);
        self.turn
    }

    /// The batch that goes next; `None`, and the turn is over, if nobody waits.
    pub(super) fn next(&mut self) -> Option<Batch<W>> {
        // Callers whose deadline is over have gone.
        self.waiting.retain(|waiting| !waiting.has_gone());
        if self.waiting.is_empty() {
            self.busy = false;
            return None;
        }
        let room = REPLY.checked_div(self.usual).unwrap_or(READS_PER_COMMAND);
        let next = self.waiting.len().min(room.clamp(1, READS_PER_COMMAND));
        Some(Batch {
            turn: self.advance(),
            waiting: self.waiting.drain(..next).collect(),
        })
    }
}
