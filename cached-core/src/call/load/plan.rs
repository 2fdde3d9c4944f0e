//! What happens before a body runs.

use std::{mem, pin::Pin};

use super::{LoadPlan, LoadRequest, body::BodyRun, refresh, request::MissedCall, share};
use crate::{
    codec::Shared, engine::context, error::Error, single_flight::Follower,
    telemetry::observer::Observer,
};

/// What a call knows before its body runs.
pub(super) enum BeforeBody {
    /// Its answer.
    Answered(Shared),
    /// Its answer, which it shares with others.
    Shares(Follower),
    /// The cache is required, and out of reach.
    Failed(Error),
    /// That the body has to run.
    Load(Box<BodyRun>),
    /// The same, with nothing around it.
    Uncached,
}

/// A call that waits for the store, or for another call.
pub(super) type BeforeFuture = Pin<Box<dyn Future<Output = BeforeBody> + Send>>;

/// A call without the cache, if it may not load either.
pub(super) fn refused() -> Option<BeforeFuture> {
    let observer = context::observer().filter(Observer::refuses_loads)?;
    Some(Box::pin(async {
        observer.refuse().await;
        BeforeBody::Uncached
    }))
}

/// What a call does first.
pub(super) enum FirstStep {
    Goes(BeforeBody),
    Waits(BeforeFuture),
}

pub(super) fn first(call: Box<LoadRequest>) -> FirstStep {
    let observer = call.observer.clone().filter(Observer::refuses_loads);
    let Some(observer) = observer else {
        return goes(call);
    };
    FirstStep::Waits(Box::pin(async {
        observer.refuse().await;
        match goes(call) {
            FirstStep::Goes(before) => before,
            FirstStep::Waits(waiting) => waiting.await,
        }
    }))
}

fn goes(mut call: Box<LoadRequest>) -> FirstStep {
    let plan = mem::replace(&mut call.plan, LoadPlan::Alone);
    let missed = |seen| MissedCall { call, seen };
    match plan {
        LoadPlan::Share(seen) => share::share(missed(seen)),
        LoadPlan::Refresh => FirstStep::Waits(Box::pin(refresh::claim(missed(None)))),
        // The answered call saw an entry which counts: all of its markers are there, and its id is what the store
        // expects. So nothing is left to capture, and the entry stays in its place until it is replaced.
        LoadPlan::Revalidate(ticket) => {
            let ticket = *ticket;
            let missed = missed(Some(ticket.seen));
            FirstStep::Goes(BeforeBody::Load(BodyRun::behind(missed, ticket.lead)))
        }
        LoadPlan::Alone => FirstStep::Goes(BeforeBody::Load(BodyRun::alone(missed(None)))),
    }
}
