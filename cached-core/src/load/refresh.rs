//! A load of its own, which replaces whatever is there: `refresh`.

use std::pin::Pin;

use super::Call;
use crate::{
    Error, clock,
    codec::Codec,
    error::Weight,
    flight::Captured,
    generation::Occupant,
    shape::Opened,
    store::{Reply, Write},
};

/// Runs `body`, and returns when the store has its value, or nothing: never what a load found that ran at the
/// same time, and may have read the database before this one did.
// As in `call`: no `R` is alive across an `await`.
pub(super) async fn refresh<R, T, F: Future<Output = R>>(
    codec: Codec<R, T>,
    call: &Call,
    body: Pin<&mut F>,
) -> R {
    let Call { cache, key, .. } = call;
    if call.emergency.is_some() {
        // What this replaces here, it makes old elsewhere.
        cache.remove(key).await;
    }
    let Claimed {
        captured,
        is_foreign,
        failed,
    } = claim(call).await;
    if let Some(error) = failed
        && error.class().weight() != Weight::Nothing
        && let Some(fail) = codec.fails
        && cache.is_failing(key.function())
    {
        return fail(error);
    }
    let (replaced, write) = match replace(&codec, call, call.load(None, body).await, &captured) {
        Ok(replaced) => replaced,
        Err(value) => return value,
    };
    // The next reader finds the new value, or none, in this process or another.
    match write {
        Some(write) => cache.renew(call.backend(), write).await,
        None if is_foreign => cache.count_foreign(key.function()),
        None => cache.remove(key).await,
    }
    match replaced {
        Replaced::Value(stored) => codec.close(stored),
        Replaced::None(none) => none(),
    }
}

struct Claimed {
    captured: Captured,
    /// Something that is not ours lies there, and stays.
    is_foreign: bool,
    /// The store did not answer.
    failed: Option<Error>,
}

async fn claim(call: &Call) -> Claimed {
    let Call { cache, key, .. } = call;
    let (at, began) = (cache.generations().begin(), clock::instant());
    let lives = cache.lives(key.function(), call.ttl);
    let keys = std::slice::from_ref(key);
    let claimed = call.backend().store.claim(keys, lives).await;
    let (view, failed) = match claimed {
        Ok(replies) => (replies.first().map(Reply::view), None),
        Err(error) => {
            cache.count_store_error(key.function(), &error);
            (None, Some(error))
        }
    };
    Claimed {
        failed,
        is_foreign: view
            .as_ref()
            .is_some_and(|view| view.occupant == Occupant::Foreign),
        captured: Captured {
            at,
            began,
            from: view.and_then(|view| view.captures()),
        },
    }
}

/// A value, or none, while the store is told of it: a whole result need not be `Send`.
enum Replaced<R, T> {
    Value(T),
    None(fn() -> R),
}

/// The parts of `value`, and what to store in place of what is there; `value` itself if nothing needs to
/// be waited for.
fn replace<R, T>(
    codec: &Codec<R, T>,
    call: &Call,
    value: R,
    captured: &Captured,
) -> Result<(Replaced<R, T>, Option<Write>), R> {
    let write = call.to_store(codec, &value, codec.share(&value), captured);
    match codec.open(value) {
        Opened::Value(stored) => Ok((Replaced::Value(stored), write)),
        Opened::None(none) => Ok((Replaced::None(none), write)),
        Opened::Error(error) => {
            // Nothing to remove: a body that failed says nothing of the old value.
            call.cache.settle(call.backend(), &call.key, write, None);
            Err(error)
        }
    }
}
