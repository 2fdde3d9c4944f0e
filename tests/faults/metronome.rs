//! How late this machine is: a limit of time that forgets it fails on the busy ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use tokio::task::AbortHandle;

/// A task that wakes up every few milliseconds, and notes how much too late.
#[derive(Debug)]
pub(crate) struct Metronome {
    worst: Arc<AtomicU64>,
    task: AbortHandle,
}

impl Metronome {
    /// In the runtime whose lateness counts.
    pub(crate) fn start() -> Self {
        const BEAT: Duration = Duration::from_millis(2);
        let worst = Arc::new(AtomicU64::new(0));
        let noted = Arc::clone(&worst);
        let task = tokio::spawn(async move {
            loop {
                let began = Instant::now();
                tokio::time::sleep(BEAT).await;
                let late = began.elapsed().saturating_sub(BEAT).as_micros();
                noted.fetch_max(u64::try_from(late).unwrap(), SeqCst);
            }
        });
        Self {
            worst,
            task: task.abort_handle(),
        }
    }

    /// The latest it has been.
    pub(crate) fn worst(&self) -> Duration {
        Duration::from_micros(self.worst.load(SeqCst))
    }
}

impl Drop for Metronome {
    fn drop(&mut self) {
        self.task.abort();
    }
}
