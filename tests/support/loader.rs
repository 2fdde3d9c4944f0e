//! A function body under the test's control.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Notify, Semaphore};

/// Counts the runs of a function body, and holds them back where a test needs them to overlap.
///
/// Clones share the counter: pass it to a cached function as a `#[cached(skip)]` argument.
#[derive(Clone, Debug)]
pub struct CountingLoader {
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    runs: AtomicUsize,
    started: Notify,
    gate: Semaphore,
}

impl Default for CountingLoader {
    fn default() -> Self {
        Self::new()
    }
}

impl CountingLoader {
    /// A loader whose loads return at once.
    pub fn new() -> Self {
        let loader = Self::held();
        loader.release();
        loader
    }

    /// A loader whose loads wait inside the body until [`release`](Self::release).
    pub fn held() -> Self {
        Self {
            state: Arc::new(State {
                runs: AtomicUsize::new(0),
                started: Notify::new(),
                gate: Semaphore::new(0),
            }),
        }
    }

    /// Counts a run and returns `value`, when it may.
    pub async fn load<T>(&self, value: T) -> T {
        self.state.runs.fetch_add(1, Ordering::SeqCst);
        self.state.started.notify_waiters();
        // An error means released.
        let _ = self.state.gate.acquire().await;
        value
    }

    /// Returns the number of runs that have begun.
    pub fn runs(&self) -> usize {
        self.state.runs.load(Ordering::SeqCst)
    }

    /// Waits until at least `runs` runs have begun.
    pub async fn started(&self, runs: usize) {
        loop {
            let next = self.state.started.notified();
            if self.runs() >= runs {
                return;
            }
            next.await;
        }
    }

    /// Lets the held loads, and all later ones, return.
    pub fn release(&self) {
        self.state.gate.close();
    }
}
