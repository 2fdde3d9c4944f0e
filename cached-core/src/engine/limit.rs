//! [`Limit`]: how many may be inside at a time.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

#[derive(Clone, Debug)]
pub(crate) struct Limit {
    most: usize,
    inside: Arc<AtomicUsize>,
}

/// One who is inside, until this is dropped.
#[derive(Debug)]
pub(crate) struct Permit<C: Deref<Target = AtomicUsize>>(C);

impl Limit {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            inside: Arc::default(),
        }
    }

    /// Enters, unless as many as may are inside.
    pub(crate) fn enter(&self) -> Option<Permit<&AtomicUsize>> {
        self.count(Permit(&*self.inside))
    }

    /// As [`enter`](Self::enter), for one that goes elsewhere.
    pub(crate) fn enter_owned(&self) -> Option<Permit<Arc<AtomicUsize>>> {
        self.count(Permit(Arc::clone(&self.inside)))
    }

    fn count<I>(&self, entering: I) -> Option<I> {
        let before = self.inside.fetch_add(1, Ordering::Relaxed);
        (before < self.most).then_some(entering)
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
    fn who_leaves_makes_room() {
        let limit = Limit::new(2);
        let first = limit.enter();
        let second = limit.enter();
        assert!(first.is_some() && second.is_some());
        assert!(limit.enter().is_none());
        assert!(limit.enter().is_none());
        drop(first);
        let third = limit.enter();
        assert!(third.is_some());
        assert!(limit.enter().is_none());
    }
}
