//! [`Queue`]: whose turn it is to send a shared command, and who waits for the next.

use std::sync::PoisonError;

// The runtime's; under the scheduler of `interleavings`, its own.
use super::{
    BATCH,
    sync::{Mutex, MutexGuard},
};

/// About how many bytes one reply may have: large values share no command, so that none of them
/// waits for all.
const REPLY: usize = 1 << 20;

/// Those who wait, each as a `W`, for the command that is in flight.
#[derive(Debug)]
pub(crate) struct Queue<W>(pub(super) Mutex<Line<W>>);

#[derive(Debug)]
pub(super) struct Line<W> {
    /// Whether a command is in flight.
    pub(super) busy: bool,
    /// Counts commands: who sent another one than the latest has nothing to end.
    pub(super) turn: u64,
    pub(super) waiting: Vec<W>,
    /// How many bytes a value of the latest reply had.
    usual: usize,
}

/// A caller that waits.
pub(crate) trait Waits {
    /// Whether it does so no more.
    fn has_gone(&self) -> bool;
}

/// A caller's place.
pub(super) enum Position<R> {
    /// It sends, by the turn of this number.
    Turn(u64),
    /// It waits for those that came before it, behind the turn of this number.
    Wait(R, u64),
}

/// What goes in one command, by a turn of its own.
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

    /// The turn, if nobody has it; else what `wait` makes is put at the end of the line.
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

    /// Ends the turn of this number, if it is still the latest. Then those that wait go next: what this
    /// returns has to be sent.
    pub(super) fn end_turn(&self, turn: u64) -> Option<Batch<W>> {
        let mut line = self.lock();
        if line.is_at(turn) { line.next() } else { None }
    }

    /// Ends the turn of this number, if it is still the latest, when nobody can send what waits.
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

    /// What goes next; if nothing does, nobody sends.
    pub(super) fn next(&mut self) -> Option<Batch<W>> {
        // Callers whose deadline is over have gone.
        self.waiting.retain(|waiting| !waiting.has_gone());
        if self.waiting.is_empty() {
            self.busy = false;
            return None;
        }
        let room = REPLY.checked_div(self.usual).unwrap_or(BATCH);
        let next = self.waiting.len().min(room.clamp(1, BATCH));
        Some(Batch {
            turn: self.advance(),
            waiting: self.waiting.drain(..next).collect(),
        })
    }
}
