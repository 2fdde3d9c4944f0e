//! [`Limit`]: the most that may go on at a time.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// A limit of concurrency, which nobody waits for: beyond it there are no permits.
#[derive(Clone, Debug)]
pub(crate) struct Limit {
    max: usize,
    held: Arc<AtomicUsize>,
}

/// A permit, held until it is dropped.
#[derive(Debug)]
pub(crate) struct Permit<C: Deref<Target = AtomicUsize>>(C);

impl Limit {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            max,
            held: Arc::default(),
        }
    }

    /// Takes a permit, unless all are held.
    pub(crate) fn try_acquire(&self) -> Option<Permit<&AtomicUsize>> {
        self.count(Permit(&*self.held))
    }

    /// Takes a permit that can go to another task, unless all are held.
    pub(crate) fn try_acquire_owned(&self) -> Option<Permit<Arc<AtomicUsize>>> {
        self.count(Permit(Arc::clone(&self.held)))
    }

    fn count<I>(&self, permit: I) -> Option<I> {
        let before = self.held.fetch_add(1, Ordering::Relaxed);
        (before < self.max).then_some(permit)
    }
}

impl<C: Deref<Target = AtomicUsize>> Drop for Permit<C> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permit_that_is_dropped_makes_room() {
        let limit = Limit::new(2);
        let first = limit.try_acquire();
        let second = limit.try_acquire();
        assert!(first.is_some() && second.is_some());
        assert!(limit.try_acquire().is_none());
        assert!(limit.try_acquire().is_none());
        drop(first);
        let third = limit.try_acquire();
        assert!(third.is_some());
        assert!(limit.try_acquire().is_none());
    }
}
