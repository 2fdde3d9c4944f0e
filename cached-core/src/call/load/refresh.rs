//! A load of its own, which replaces whatever is there: `refresh`.
//!
//! It returns when the store has its value, or nothing. The value of a load that ran at the same time, and may have
//! read the database before this one did, is not left there.

use super::{
    body::{BodyOutcome, BodyRun},
    missed_call::MissedCall,
    plan::BodyDecision,
    request::LoadRequest,
};
use crate::{
    clock,
    codec::erased::Returned,
    coherence::rules::Occupant,
    error::Weight,
    format::entry::Outcome,
    single_flight::LoadStart,
    store::{Reply, Write},
};

/// Claims the entry for this load: captures the state that a store of the value expects to find.
pub(super) async fn claim_entry(missed: MissedCall) -> BodyDecision {
    let request = &*missed.request;
    let LoadRequest { cache, key, .. } = request;
    if request.fallback.is_some() {
        // What this replaces here, it makes old elsewhere.
        cache.remove(key).await;
    }
    let (at, began) = (cache.epochs().begin(), clock::instant());
    let ttls = cache.capture_ttls(key.function(), request.ttl);
    let keys = std::slice::from_ref(key);
    let view = match request.backend().store.claim(keys, ttls).await {
        Ok(replies) => replies.first().map(Reply::view),
        Err(error) => {
            cache.count_store_error(key.function(), &error);
            if error.class().weight() != Weight::Nothing
                && request.erased.can_fail
                && cache.fails_on_outage(key.function())
            {
                return BodyDecision::Fail(error);
            }
            None
        }
    };
    // Something that is not ours stays.
    let is_foreign = matches!(&view, Some(view) if view.occupant == Occupant::Foreign);
    let captured = LoadStart {
        at,
        began,
        from: view.and_then(|view| view.captures()),
    };
    BodyDecision::RunBody(BodyRun::for_refresh(missed, captured, is_foreign))
}

/// Encodes what the body returned; the caller has its answer when [`store_or_remove`] is done.
pub(super) fn finish_refresh(
    request: Box<LoadRequest>,
    returned: &dyn Returned,
    captured: &LoadStart,
    is_foreign: bool,
) -> BodyOutcome {
    let write = request.encode_write(returned, returned.share(), captured);
    let stored_for = write.as_ref().map(|write| write.ttl);
    request.notify_observer(|observer, caller| observer.loaded(caller, stored_for));
    if returned.outcome() == Outcome::Error {
        // Nothing to remove: a body that failed says nothing of the old value.
        request
            .cache
            .store_in_background(request.backend(), &request.key, write, None);
        return BodyOutcome::Answered;
    }
    BodyOutcome::AnsweredAfter(Box::pin(store_or_remove(request, write, is_foreign)))
}

/// Stores the new value, or removes the old one: the next reader, in this process or another, finds the new value
/// or none.
async fn store_or_remove(request: Box<LoadRequest>, write: Option<Write>, is_foreign: bool) {
    let LoadRequest { cache, key, .. } = &*request;
    match write {
        Some(write) => {
            let backend = request.backend();
            cache.store_refresh(backend, Box::new(write)).await;
        }
        None if is_foreign => cache.count_foreign(key.function()),
        None => cache.remove(key).await,
    }
}
