//! Looks in the background whether a store is back that is not asked any more.

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

/// How much longer than its pause a look may take, before another task looks in its place.
const PATIENCE: Duration = Duration::from_secs(3);

impl Cache {
    /// Sees to it that a task looks, if there is a runtime for it. Whoever meets an open breaker asks: what was
    /// looking may have ended with its runtime.
    pub(crate) fn probe_store(&self) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        if self.is_closed() || !clock::has_timer() || self.0.probing.is_taken(clock::instant()) {
            return;
        }
        let pause = self.next_pause();
        let lasts = pause.saturating_add(PATIENCE);
        if let Some(number) = self.0.probing.begin(clock::instant(), lasts) {
            let mine = ProbeTask {
                cache: Arc::downgrade(&self.0),
                number,
            };
            runtime.spawn(mine.look(pause));
        }
    }

    pub(crate) fn probe_if_in_outage(&self) {
        if self.is_in_outage() {
            self.probe_store();
        }
    }

    fn next_pause(&self) -> Duration {
        // Without random numbers all processes look at one time, which is only less good.
        self.0.breaker.next_pause(getrandom::u32().unwrap_or(0))
    }

    /// One look. Whether it is the last: the store is back, or nobody asks any more.
    async fn look(&self) -> bool {
        let Some(outage) = self.0.breaker.outage().filter(|_| !self.is_closed()) else {
            return true;
        };
        if let Err(error) = self.find_store().await {
            self.0.breaker.record_failed_probe(&error);
            return false;
        }
        if let Some(away) = self.0.breaker.close(clock::instant()) {
            event::breaker_closed(away);
        }
        self.0.fallback.end(outage);
        self.start_resending();
        true
    }

    async fn find_store(&self) -> Result<(), Error> {
        self.store().probe().await?;
        // Before any read is trusted. What is invalidated while this goes on, and what a server refuses to delete,
        // stays in the journal: it covers what reads must not trust.
        match self.flush(self.0.journal.len()).await {
            Err(error) if error.class().weight() != Weight::Nothing => Err(error),
            _ => Ok(()),
        }
    }
}

/// A turn to look. It ends when this is dropped, also with its runtime, and when nobody has the cache any more.
struct ProbeTask {
    cache: Weak<Inner>,
    number: u64,
}

impl ProbeTask {
    async fn look(self, mut pause: Duration) {
        loop {
            tokio::time::sleep(pause).await;
            let Some(cache) = self.cache.upgrade().map(Cache) else {
                return;
            };
            if cache.look().await {
                return;
            }
            pause = cache.next_pause();
            let lasts = pause.saturating_add(PATIENCE);
            if !cache.0.probing.go_on(self.number, clock::instant(), lasts) {
                return;
            }
        }
    }
}

impl Drop for ProbeTask {
    fn drop(&mut self) {
        if let Some(inner) = self.cache.upgrade() {
            inner.probing.end(self.number);
        }
    }
}
