//! A load of its own, which replaces whatever is there: `refresh`.
//!
//! It returns when the store has its value, or nothing: never what a load found that ran at the same time, and
//! may have read the database before this one did.

use super::{
    Call,
    body::{Ended, Loading},
    plan::Before,
    request::Missed,
};
use crate::{
    clock,
    codec::erased::Returned,
    coherence::rules::Occupant,
    error::Weight,
    format::entry::Outcome,
    single_flight::Captured,
    store::{Reply, Write},
};

/// What a store of the value will expect to find.
pub(super) async fn claim(missed: Missed) -> Before {
    let call = &*missed.call;
    let Call { cache, key, .. } = call;
    if call.emergency.is_some() {
        // What this replaces here, it makes old elsewhere.
        cache.remove(key).await;
    }
    let (at, began) = (cache.generations().begin(), clock::instant());
    let lives = cache.lives(key.function(), call.ttl);
    let keys = std::slice::from_ref(key);
    let view = match call.backend().store.claim(keys, lives).await {
        Ok(replies) => replies.first().map(Reply::view),
        Err(error) => {
            cache.count_store_error(key.function(), &error);
            if error.class().weight() != Weight::Nothing
                && call.taker.can_fail
                && cache.is_failing(key.function())
            {
                return Before::Failed(error);
            }
            None
        }
    };
    // Something that is not ours stays.
    let is_foreign = matches!(&view, Some(view) if view.occupant == Occupant::Foreign);
    let captured = Captured {
        at,
        began,
        from: view.and_then(|view| view.captures()),
    };
    Before::Load(Loading::refresh(missed, captured, is_foreign))
}

/// The body has returned.
pub(super) fn ended(
    call: Box<Call>,
    returned: &dyn Returned,
    captured: &Captured,
    is_foreign: bool,
) -> Ended {
    let write = call.to_store(returned, returned.share(), captured);
    let kept_for = write.as_ref().map(|write| write.ttl);
    call.show(|observer, caller| observer.loaded(caller, kept_for));
    if returned.outcome() == Outcome::Error {
        // Nothing to remove: a body that failed says nothing of the old value.
        call.cache.settle(call.backend(), &call.key, write, None);
        return Ended::Answered;
    }
    Ended::Tell(Box::pin(tell(call, write, is_foreign)))
}

/// The next reader finds the new value, or none, in this process or another.
async fn tell(call: Box<Call>, write: Option<Write>, is_foreign: bool) {
    let Call { cache, key, .. } = &*call;
    match write {
        Some(write) => cache.renew(call.backend(), Box::new(write)).await,
        None if is_foreign => cache.count_foreign(key.function()),
        None => cache.remove(key).await,
    }
}
