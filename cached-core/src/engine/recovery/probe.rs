//! The probe of a store that is not asked any more: one task in the background.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::runtime::Handle;

use super::super::{Cache, state::Inner};
use crate::{
    clock,
    error::{Error, Weight},
    telemetry::event,
};

/// The time that a probe may take besides its pause, before another task probes in its place.
const PATIENCE: Duration = Duration::from_secs(3);

impl Cache {
    /// Starts a task that probes the store, if there is a runtime for it and no other task does so. Every call that
    /// meets an open breaker asks for it: the task that probed may have ended with its runtime.
    pub(crate) fn probe_store(&self) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        if self.is_closed() || !clock::has_timer() || self.0.probing.is_held(clock::instant()) {
            return;
        }
        let pause = self.next_probe_pause();
        let duration = pause.saturating_add(PATIENCE);
        if let Some(number) = self.0.probing.acquire(clock::instant(), duration) {
            let task = ProbeTask {
                cache: Arc::downgrade(&self.0),
                number,
            };
            runtime.spawn(task.run(pause));
        }
    }

    pub(crate) fn probe_if_in_outage(&self) {
        if self.is_in_outage() {
            self.probe_store();
        }
    }

    fn next_probe_pause(&self) -> Duration {
        // Without random numbers all processes probe at one time, which is only less good.
        self.0.breaker.next_pause(getrandom::u32().unwrap_or(0))
    }

    /// Probes the store once, and returns `true` if no further probe is needed: the store is back, or the cache closed.
    async fn probe_once(&self) -> bool {
        let Some(outage) = self.0.breaker.outage().filter(|_| !self.is_closed()) else {
            return true;
        };
        if let Err(error) = self.reach_store().await {
            self.0.breaker.record_failed_probe(&error);
            return false;
        }
        if let Some(away) = self.0.breaker.close(clock::instant()) {
            event::breaker_closed(away);
        }
        self.0.fallback.end_outage(outage);
        self.start_resending();
        true
    }

    /// Tests if the store can be used, and sends it what was postponed.
    async fn reach_store(&self) -> Result<(), Error> {
        self.store().probe().await?;
        // The journal goes before any read is trusted. What is invalidated while this goes on, and what a server
        // refuses to delete, stays in the journal: it covers what reads must not trust.
        match self.flush_journal(self.0.journal.len()).await {
            Err(error) if error.class().weight() != Weight::Nothing => Err(error),
            _ => Ok(()),
        }
    }
}

/// The task that probes, with its claim. It ends when this is dropped, also with its runtime, and when the cache is
/// dropped.
struct ProbeTask {
    cache: Weak<Inner>,
    number: u64,
}

impl ProbeTask {
    async fn run(self, mut pause: Duration) {
        loop {
            tokio::time::sleep(pause).await;
            let Some(cache) = self.cache.upgrade().map(Cache) else {
                return;
            };
            if cache.probe_once().await {
                return;
            }
            pause = cache.next_probe_pause();
            let duration = pause.saturating_add(PATIENCE);
            if !cache
                .0
                .probing
                .renew(self.number, clock::instant(), duration)
            {
                return;
            }
        }
    }
}

impl Drop for ProbeTask {
    fn drop(&mut self) {
        if let Some(inner) = self.cache.upgrade() {
            inner.probing.release(self.number);
        }
    }
}
