//! [`Missed`]: a call, and what it knows of what it missed.

use super::Call;
use crate::{
    codec::Shared,
    coherence::rules::{Captures, View},
    engine::{
        hit_test::{self, Accepts},
        read::{self, Seen},
    },
    format::{entry::Outcome, freshness::Age},
};

/// A call that missed.
pub(super) struct Missed {
    pub(super) call: Box<Call>,
    /// What its own replies showed.
    pub(super) seen: Option<Box<Seen>>,
}

impl Missed {
    pub(super) fn view(&self) -> Option<View> {
        self.seen.as_ref().map(|seen| seen.reply.view())
    }

    /// What a load can be stored with, if the replies showed all of it.
    pub(super) fn captures(&self) -> Option<Captures> {
        self.view().and_then(|view| view.captures())
    }

    /// The value past its ttl that this call has read itself, for use in place of an error: the answer.
    pub(super) fn stale(&self) -> Option<Shared> {
        let Call {
            cache, key, taker, ..
        } = &*self.call;
        let accepts = Accepts::of(key.function());
        if accepts.windows().if_error.is_zero() {
            return None;
        }
        let seen = self.seen.as_ref()?;
        let accepts = accepts.up_to(Age::IfError);
        let found = read::answer(taker, cache, &seen.reply, seen.trusted, accepts).ok();
        let (shared, kept) = found.filter(|(shared, _)| shared.outcome != Outcome::Error)?;
        cache.count_stale_if_error(key.function());
        self.call
            .show(|observer, caller| observer.found(caller, Age::IfError, kept));
        Some(shared)
    }

    /// Whether this call has read a value that may be served past its ttl.
    pub(super) fn holds_stale(&self) -> bool {
        let accepts = Accepts::of(self.call.key.function());
        if accepts.windows().are_none() {
            return false;
        }
        let seen = self.seen.as_ref().filter(|seen| seen.trusted);
        let kept = seen.and_then(|seen| hit_test::entry_kept(&seen.reply));
        kept.is_some_and(|kept| matches!(accepts.age(kept), Age::Revalidate | Age::IfError))
    }
}
