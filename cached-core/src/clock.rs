//! [`Clock`]: real time, or time that a test moves by hand.

use std::{
    cell::Cell,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use pin_project_lite::pin_project;
use tokio::runtime::{Handle, Id};

/// Clock of the in-process store.
///
/// Entries in Redis expire by the server's own clock, which no test can move.
///
/// # Examples
///
/// ```
/// use cached_core::{Cache, Clock};
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cached_core::Error> {
/// let clock = Clock::manual();
/// let cache = Cache::builder().clock(clock.clone()).build()?;
/// cache.set("greeting", &"hello".to_owned(), Duration::from_secs(60)).await?;
/// clock.advance(Duration::from_secs(61));
/// assert_eq!(cache.get::<String>("greeting").await?, None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Clock(Source);

#[derive(Clone, Debug, Default)]
enum Source {
    #[default]
    System,
    Manual(Arc<AtomicU64>),
}

/// A point in time, in nanoseconds since some point in the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tick(u64);

impl Clock {
    /// Returns the operating system's monotonic clock, which may be a few milliseconds behind. This is the default.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// Makes a clock that stands still until [`advance`](Self::advance) moves it. Clones share the time.
    #[must_use]
    pub fn manual() -> Self {
        Self(Source::Manual(Arc::new(AtomicU64::new(0))))
    }

    /// Moves a manual clock forward; the system's clock goes by itself, so nothing happens to it.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(now) = &self.0 {
            let _ = now.fetch_update(Ordering::AcqRel, Ordering::Acquire, |now| {
                Some(now.saturating_add(nanoseconds(by)))
            });
        }
    }

    /// Returns the present.
    #[inline]
    pub(crate) fn now(&self) -> Tick {
        match &self.0 {
            Source::System => Tick(coarse_nanoseconds()),
            Source::Manual(now) => Tick(now.load(Ordering::Acquire)),
        }
    }
}

impl Tick {
    /// Returns the time `by` later, or the last there is.
    pub(crate) fn after(self, by: Duration) -> Self {
        Self(self.0.saturating_add(nanoseconds(by)))
    }

    /// Returns the duration from `now` until this time; zero if it has passed.
    pub(crate) fn since(self, now: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(now.0))
    }
}

/// Returns monotonic time, as fine as the kernel's tick: 1 to 10 ms.
///
/// Finer time is of no use to a ttl, and every hit in memory reads the clock: this takes 3 ns where `Instant::now`
/// takes 24.
#[cfg(target_os = "linux")]
fn coarse_nanoseconds() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::MonotonicCoarse);
    // Time since the machine was started: neither is negative, and the sum lasts for 500 years.
    now.tv_sec
        .cast_unsigned()
        .wrapping_mul(1_000_000_000)
        .wrapping_add(now.tv_nsec.cast_unsigned())
}

#[cfg(not(target_os = "linux"))]
fn coarse_nanoseconds() -> u64 {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    nanoseconds(Instant::now().saturating_duration_since(*START))
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Returns real time, for durations that statistics and events report.
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// Runs `future` for `limit` at most; `None` if it takes longer. Without a timer, outside a Tokio runtime or on one
/// that has none, there is no limit.
pub(crate) fn within<F: Future>(limit: Duration, future: F) -> Within<F> {
    if has_timer() {
        Within::Timed {
            future: tokio::time::timeout(limit, future),
        }
    } else {
        Within::Untimed { future }
    }
}

pin_project! {
    /// The future of [`within`]: a type, because an `async` function would hold its argument twice. Operations on Redis
    /// are futures within futures, and moving them took a third of a miss.
    #[project = Projected]
    pub(crate) enum Within<F> {
        Timed { #[pin] future: tokio::time::Timeout<F> },
        Untimed { #[pin] future: F },
    }
}

impl<F: Future> Future for Within<F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            Projected::Timed { future } => future.poll(context).map(Result::ok),
            Projected::Untimed { future } => future.poll(context).map(Some),
        }
    }
}

/// Returns `true` inside a Tokio runtime that has a timer.
///
/// A runtime without one shows it by a panic only, so each thread tries each runtime once.
pub(crate) fn has_timer() -> bool {
    thread_local! {
        static KNOWN: Cell<Option<(Id, bool)>> = const { Cell::new(None) };
    }
    let Ok(runtime) = Handle::try_current() else {
        return false;
    };
    let id = runtime.id();
    match KNOWN.get() {
        Some((known, has_timer)) if known == id => has_timer,
        _ => {
            let tried = std::panic::catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO)));
            KNOWN.set(Some((id, tried.is_ok())));
            tried.is_ok()
        }
    }
}
