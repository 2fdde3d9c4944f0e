//! The lateness of this machine's timers: a limit of time that forgets it fails on the busy ones.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::AbortHandle;

/// The lateness of a beat on a machine that is not late.
const USUAL: Duration = Duration::from_millis(2);

/// A task that wakes up every few milliseconds, and notes how much too late.
#[derive(Debug)]
pub(crate) struct TimerSlack {
    late: Arc<Mutex<Vec<Late>>>,
    task: AbortHandle,
}

/// A beat that came too late.
#[derive(Debug)]
struct Late {
    began: Instant,
    came: Instant,
    by: Duration,
}

impl TimerSlack {
    /// Starts the task, in the runtime whose lateness counts.
    pub(crate) fn start() -> Self {
        const BEAT: Duration = Duration::from_millis(2);
        let late = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&late);
        let task = tokio::spawn(async move {
            loop {
                let began = Instant::now();
                tokio::time::sleep(BEAT).await;
                let came = Instant::now();
                let by = came.duration_since(began).saturating_sub(BEAT);
                if by > USUAL {
                    noted.lock().unwrap().push(Late { began, came, by });
                }
            }
        });
        Self {
            late,
            task: task.abort_handle(),
        }
    }

    /// The latest it has been.
    pub(crate) fn worst(&self) -> Duration {
        self.worst_where(|_| true)
    }

    /// The latest it has been from `began` on, for so long.
    pub(crate) fn worst_in(&self, began: Instant, took: Duration) -> Duration {
        self.worst_where(|late| late.came >= began && late.began <= began + took)
    }

    fn worst_where(&self, counts: impl Fn(&Late) -> bool) -> Duration {
        let late = self.late.lock().unwrap();
        let counted = late.iter().filter(|late| counts(late));
        counted.map(|late| late.by).max().unwrap_or(USUAL)
    }
}

impl Drop for TimerSlack {
    fn drop(&mut self) {
        self.task.abort();
    }
}
