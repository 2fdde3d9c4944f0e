//! [`WriteBudget`]: the bytes that are being written asynchronously.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::Notify;

/// The most bytes that may be on their way: if there are more, the store is slower than its callers.
const LIMIT: usize = 64 << 20;

/// The budget of asynchronous writes of one cache.
#[derive(Clone, Debug, Default)]
pub(crate) struct WriteBudget(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    bytes: AtomicUsize,
    idle: Notify,
}

impl WriteBudget {
    /// Admits a write of `bytes`, if there is room for it. It counts until the returned [`Admitted`] is
    /// dropped.
    pub(crate) fn admit(&self, bytes: usize) -> Option<Admitted> {
        let admitted = Admitted {
            write_budget: self.clone(),
            bytes,
        };
        let before = self.0.bytes.fetch_add(bytes, Ordering::AcqRel);
        (before < LIMIT).then_some(admitted)
    }

    /// Waits until no write is on its way.
    pub(crate) async fn wait_until_idle(&self) {
        loop {
            let idle = self.0.idle.notified();
            tokio::pin!(idle);
            idle.as_mut().enable();
            if self.0.bytes.load(Ordering::Acquire) == 0 {
                return;
            }
            idle.await;
        }
    }
}

/// A write on its way, until it has ended, or its runtime has.
#[derive(Debug)]
pub(crate) struct Admitted {
    write_budget: WriteBudget,
    bytes: usize,
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let before = self
            .write_budget
            .0
            .bytes
            .fetch_sub(self.bytes, Ordering::AcqRel);
        if before == self.bytes {
            self.write_budget.0.idle.notify_waiters();
        }
    }
}
