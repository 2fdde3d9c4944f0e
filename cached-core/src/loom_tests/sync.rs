//! Locks, atomics and notifications of the scheduler, in place of the standard library's and Tokio's.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    pin::pin,
    sync::{Arc, LockResult, PoisonError},
    task::{Context, Poll, Wake, Waker},
    thread::panicking,
};

use loom::sync as scheduled;
pub(super) use scheduled::{RwLock, RwLockReadGuard, atomic};
use tokio::sync as unscheduled;

/// A lock of the scheduler's. In a thread that panics, because all others wait as well, it no longer asks
/// the scheduler: what is dropped there may take locks.
#[derive(Default)]
pub(super) struct Mutex<T> {
    gate: scheduled::Mutex<()>,
    value: std::sync::Mutex<T>,
}

pub(super) struct MutexGuard<'a, T> {
    value: std::sync::MutexGuard<'a, T>,
    _gate: Option<scheduled::MutexGuard<'a, ()>>,
}

impl<T> Mutex<T> {
    pub(super) fn new(value: T) -> Self {
        Self {
            gate: scheduled::Mutex::new(()),
            value: std::sync::Mutex::new(value),
        }
    }

    #[allow(clippy::unnecessary_wraps, reason = "as the standard library's")]
    pub(super) fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let gate = (!panicking()).then(|| self.gate.lock().unwrap());
        Ok(MutexGuard {
            value: self.value.lock().unwrap_or_else(PoisonError::into_inner),
            _gate: gate,
        })
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutex").finish_non_exhaustive()
    }
}

/// The standard library's cell; the scheduler chooses when it is asked.
#[derive(Debug)]
pub(super) struct OnceLock<T> {
    is_set: atomic::AtomicBool,
    value: std::sync::OnceLock<T>,
}

impl<T> OnceLock<T> {
    pub(super) fn new() -> Self {
        Self {
            is_set: atomic::AtomicBool::new(false),
            value: std::sync::OnceLock::new(),
        }
    }

    pub(super) fn set(&self, value: T) -> Result<(), T> {
        let set = self.value.set(value);
        if !panicking() {
            self.is_set.store(true, atomic::Ordering::Release);
        }
        set
    }

    pub(super) fn get(&self) -> Option<&T> {
        let is_set = !panicking() && self.is_set.load(atomic::Ordering::Acquire);
        is_set.then(|| self.value.get()).flatten()
    }
}

/// Tokio's own notification; the scheduler chooses when it is asked.
#[derive(Debug)]
pub(super) struct Notify {
    gate: atomic::AtomicUsize,
    inner: unscheduled::Notify,
}

impl Notify {
    pub(super) fn new() -> Self {
        Self {
            gate: atomic::AtomicUsize::new(0),
            inner: unscheduled::Notify::new(),
        }
    }

    pub(super) fn notified(&self) -> unscheduled::futures::Notified<'_> {
        self.pass();
        self.inner.notified()
    }

    pub(super) fn notify_waiters(&self) {
        self.pass();
        self.inner.notify_waiters();
    }

    fn pass(&self) {
        if !panicking() {
            self.gate.fetch_add(1, atomic::Ordering::AcqRel);
        }
    }
}

#[derive(Default)]
struct Alarm {
    rings: scheduled::Mutex<bool>,
    rung: scheduled::Condvar,
}

impl Alarm {
    fn wait(&self) {
        let mut rings = self.rings.lock().unwrap();
        while !*rings {
            rings = self.rung.wait(rings).unwrap();
        }
        *rings = false;
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        if !panicking() {
            *self.rings.lock().unwrap() = true;
            self.rung.notify_one();
        }
    }
}

/// Waits for `future`. If it waits for ever, so that nothing goes on, the scheduler says so.
pub(super) fn wait<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let alarm = Arc::new(Alarm::default());
    let waker = Waker::from(Arc::clone(&alarm));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => alarm.wait(),
        }
    }
}

/// Polls `future` once, and drops it if it is not ready.
pub(super) fn try_once<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}
