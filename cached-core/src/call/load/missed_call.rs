//! [`MissedCall`]: a call that missed, and what its own reads showed.

use super::request::LoadRequest;
use crate::{
    codec::Shared,
    coherence::rules::{Snapshot, View},
    engine::{
        hit_test::{self, Accepts},
        read::ReadView,
    },
    format::{entry::Outcome, freshness::Freshness},
};

/// A call that missed.
pub(super) struct MissedCall {
    pub(super) request: Box<LoadRequest>,
    /// The replies to its own reads; `None` if the store did not answer.
    pub(super) seen: Option<Box<ReadView>>,
}

impl MissedCall {
    pub(super) fn view(&self) -> Option<View> {
        self.seen.as_ref().map(|seen| seen.reply.view())
    }

    /// The state that a load can be stored with, if the replies showed all of it.
    pub(super) fn captured(&self) -> Option<Snapshot> {
        self.view().and_then(|view| view.captures())
    }

    /// The value past its ttl that this call has read itself, as its answer in place of an error.
    ///
    /// It is counted, and the observer is told.
    pub(super) fn stale_if_error(&self) -> Option<Shared> {
        let LoadRequest {
            cache, key, erased, ..
        } = &*self.request;
        let accepts = Accepts::of(key.function());
        if accepts.windows().if_error.is_zero() {
            return None;
        }
        let seen = self.seen.as_ref()?;
        let accepts = accepts.up_to(Freshness::IfError);
        let found = hit_test::judge_reply(
            erased,
            accepts,
            &seen.reply,
            seen.trusted,
            cache.max_entry_size(),
        )
        .ok();
        let (shared, lifetime) = found.filter(|(shared, _)| shared.outcome != Outcome::Error)?;
        cache.count_stale_if_error(key.function());
        self.request.notify_observer(|observer, caller| {
            observer.found(caller, Freshness::IfError, lifetime);
        });
        Some(shared)
    }

    /// Returns `true` if this call has read a value that may be served past its ttl.
    pub(super) fn has_servable_stale(&self) -> bool {
        let accepts = Accepts::of(self.request.key.function());
        if accepts.windows().are_none() {
            return false;
        }
        let seen = self.seen.as_ref().filter(|seen| seen.trusted);
        let lifetime = seen.and_then(|seen| hit_test::entry_lifetime(&seen.reply));
        lifetime.is_some_and(|lifetime| {
            matches!(
                accepts.age(lifetime),
                Freshness::Revalidate | Freshness::IfError
            )
        })
    }
}
