//! What happens before a body runs.

use std::{mem, pin::Pin};

use super::{Call, Plan, body::Loading, refresh, request::Missed, share};
use crate::{
    codec::Shared, engine::context, error::Error, single_flight::Follower,
    telemetry::observer::Observer,
};

/// What a call knows before its body runs.
pub(super) enum Before {
    /// Its answer.
    Answered(Shared),
    /// Its answer, which it shares with others.
    Shares(Follower),
    /// The cache is required, and out of reach.
    Failed(Error),
    /// That the body has to run.
    Load(Box<Loading>),
    /// The same, with nothing around it.
    Uncached,
}

/// A call that waits for the store, or for another call.
pub(super) type Waiting = Pin<Box<dyn Future<Output = Before> + Send>>;

/// A call without the cache, if it may not load either.
pub(super) fn refused() -> Option<Waiting> {
    let observer = context::observer().filter(Observer::refuses_loads)?;
    Some(Box::pin(async {
        observer.refuse().await;
        Before::Uncached
    }))
}

/// What a call does first.
pub(super) enum First {
    Goes(Before),
    Waits(Waiting),
}

pub(super) fn first(call: Box<Call>) -> First {
    let observer = call.observer.clone().filter(Observer::refuses_loads);
    let Some(observer) = observer else {
        return goes(call);
    };
    First::Waits(Box::pin(async {
        observer.refuse().await;
        match goes(call) {
            First::Goes(before) => before,
            First::Waits(waiting) => waiting.await,
        }
    }))
}

fn goes(mut call: Box<Call>) -> First {
    let plan = mem::replace(&mut call.plan, Plan::Alone);
    let missed = |seen| Missed { call, seen };
    match plan {
        Plan::Share(seen) => share::share(missed(seen)),
        Plan::Refresh => First::Waits(Box::pin(refresh::claim(missed(None)))),
        // The answered call saw an entry which counts: all of its markers are there, and its id is what the store
        // expects. So nothing is left to capture, and the entry stays in its place until it is replaced.
        Plan::Revalidate(ticket) => {
            let ticket = *ticket;
            let missed = missed(Some(ticket.seen));
            First::Goes(Before::Load(Loading::behind(missed, ticket.lead)))
        }
        Plan::Alone => First::Goes(Before::Load(Loading::alone(missed(None)))),
    }
}
