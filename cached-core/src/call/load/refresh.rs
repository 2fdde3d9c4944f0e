//! A load of its own, which replaces whatever is there: `refresh`.
//!
//! It returns when the store has its value, or nothing: never what a load found that ran at the same time, and
//! may have read the database before this one did.

use super::{
    LoadRequest,
    body::{BodyOutcome, BodyRun},
    plan::BeforeBody,
    request::MissedCall,
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

/// What a store of the value will expect to find.
pub(super) async fn claim(missed: MissedCall) -> BeforeBody {
    let call = &*missed.call;
    let LoadRequest { cache, key, .. } = call;
    if call.fallback.is_some() {
        // What this replaces here, it makes old elsewhere.
        cache.remove(key).await;
    }
    let (at, began) = (cache.epochs().begin(), clock::instant());
    let lives = cache.capture_ttls(key.function(), call.ttl);
    let keys = std::slice::from_ref(key);
    let view = match call.backend().store.claim(keys, lives).await {
        Ok(replies) => replies.first().map(Reply::view),
        Err(error) => {
            cache.count_store_error(key.function(), &error);
            if error.class().weight() != Weight::Nothing
                && call.erased.can_fail
                && cache.is_failing(key.function())
            {
                return BeforeBody::Failed(error);
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
    BeforeBody::Load(BodyRun::refresh(missed, captured, is_foreign))
}

/// The body has returned.
pub(super) fn ended(
    call: Box<LoadRequest>,
    returned: &dyn Returned,
    captured: &LoadStart,
    is_foreign: bool,
) -> BodyOutcome {
    let write = call.encode_write(returned, returned.share(), captured);
    let kept_for = write.as_ref().map(|write| write.ttl);
    call.show(|observer, caller| observer.loaded(caller, kept_for));
    if returned.outcome() == Outcome::Error {
        // Nothing to remove: a body that failed says nothing of the old value.
        call.cache
            .store_behind(call.backend(), &call.key, write, None);
        return BodyOutcome::Answered;
    }
    BodyOutcome::Tell(Box::pin(tell(call, write, is_foreign)))
}

/// The next reader finds the new value, or none, in this process or another.
async fn tell(call: Box<LoadRequest>, write: Option<Write>, is_foreign: bool) {
    let LoadRequest { cache, key, .. } = &*call;
    match write {
        Some(write) => cache.store_refresh(call.backend(), Box::new(write)).await,
        None if is_foreign => cache.count_foreign(key.function()),
        None => cache.remove(key).await,
    }
}
