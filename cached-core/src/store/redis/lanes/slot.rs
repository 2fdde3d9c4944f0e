//! [`Slot`]: the place of the one lane, and of the one attempt to connect when it is empty.

use std::sync::{Arc, PoisonError};

// The standard library's; in `loom_tests`, which compiles this file again, the scheduler's.
use super::sync::{Mutex, MutexGuard};

/// The lane `L` in use, or the attempt `A` to get one, for which all callers wait.
pub(super) struct Slot<L, A>(pub(super) Mutex<Inside<L, A>>);

pub(super) struct Inside<L, A> {
    pub(super) place: SlotState<L, A>,
    /// The number of attempts begun: one that was closed, or overtaken by another, has no place to put its lane.
    attempts: u64,
}

pub(super) enum SlotState<L, A> {
    Empty,
    Connecting(u64, A),
    Ready(Arc<L>),
}

/// The lane or attempt that a caller finds.
pub(super) enum Found<L, A> {
    Lane(Arc<L>),
    Attempt(A),
}

impl<L, A: Clone> Slot<L, A> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Inside {
            place: SlotState::Empty,
            attempts: 0,
        }))
    }

    /// The lane, if there is one.
    pub(super) fn ready(&self) -> Option<Arc<L>> {
        match &self.lock().place {
            SlotState::Ready(lane) => Some(Arc::clone(lane)),
            _ => None,
        }
    }

    /// Returns the lane, or the attempt that goes on; if none does, `begin` makes one, and is given its number.
    pub(super) fn find<E>(
        &self,
        goes_on: impl FnOnce(&A) -> bool,
        begin: impl FnOnce(u64) -> Result<A, E>,
    ) -> Result<Found<L, A>, E> {
        let mut inside = self.lock();
        match &inside.place {
            SlotState::Ready(lane) => return Ok(Found::Lane(Arc::clone(lane))),
            SlotState::Connecting(_, attempt) if goes_on(attempt) => {
                return Ok(Found::Attempt(attempt.clone()));
            }
            _ => {}
        }
        let number = inside.attempts.wrapping_add(1);
        let attempt = begin(number)?;
        inside.attempts = number;
        inside.place = SlotState::Connecting(number, attempt.clone());
        Ok(Found::Attempt(attempt))
    }

    /// Puts the outcome of the attempt of this number in. Returns `false` if the slot was closed meanwhile, or another
    /// attempt has overtaken this one: then the lane serves those who wait for it, and ends with them.
    pub(super) fn put(&self, number: u64, lane: Option<&Arc<L>>) -> bool {
        let mut inside = self.lock();
        let is_latest =
            matches!(inside.place, SlotState::Connecting(connecting, _) if connecting == number);
        if is_latest {
            inside.place = lane.map_or(SlotState::Empty, |lane| SlotState::Ready(Arc::clone(lane)));
        }
        is_latest
    }

    /// Takes `lane` out. Returns `false` if it was taken out before: another may be there.
    pub(super) fn remove(&self, lane: &Arc<L>) -> bool {
        let mut inside = self.lock();
        let is_there =
            matches!(&inside.place, SlotState::Ready(current) if Arc::ptr_eq(current, lane));
        if is_there {
            inside.place = SlotState::Empty;
        }
        is_there
    }

    /// Takes out whatever is there, and returns it if it is a lane.
    pub(super) fn close(&self) -> Option<Arc<L>> {
        let place = std::mem::replace(&mut self.lock().place, SlotState::Empty);
        match place {
            SlotState::Ready(lane) => Some(lane),
            _ => None,
        }
    }

    pub(super) fn state(&self) -> &'static str {
        match self.lock().place {
            SlotState::Empty => "not connected",
            SlotState::Connecting(..) => "connecting",
            SlotState::Ready(_) => "connected",
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inside<L, A>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
