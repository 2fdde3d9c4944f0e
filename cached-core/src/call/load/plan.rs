//! The steps before a body runs: the plan of a call leads to a [`BodyDecision`].

use std::{mem, pin::Pin};

use super::{
    body::BodyRun,
    missed_call::MissedCall,
    refresh,
    request::{LoadPlan, LoadRequest},
    share,
};
use crate::{
    codec::Shared, engine::context, error::Error, single_flight::Follower,
    telemetry::observer::Observer,
};

/// The decision whether the body of a call runs.
pub(super) enum BodyDecision {
    /// It does not: this is the answer.
    Answer(Shared),
    /// It does not: the answer is the value that the followers of a load share.
    ShareAnswer(Follower),
    /// It does not: the cache is required, and out of reach.
    Fail(Error),
    /// It runs as a load.
    RunBody(Box<BodyRun>),
    /// It runs, with nothing around it.
    RunUncached,
}

/// A call that waits for the store, or for another call, before it decides.
pub(super) type DecisionFuture = Pin<Box<dyn Future<Output = BodyDecision> + Send>>;

/// Refuses a call without the cache, if its observer lets nothing load.
pub(super) fn refuse_uncached_load() -> Option<DecisionFuture> {
    let observer = context::current_observer().filter(Observer::refuses_loads)?;
    Some(Box::pin(async {
        observer.refuse().await;
        BodyDecision::RunUncached
    }))
}

/// The first step of a call that missed.
pub(super) enum FirstStep {
    /// Nothing has to be waited for.
    Decided(BodyDecision),
    Wait(DecisionFuture),
}

/// Takes the first step of the call, if its observer lets it load.
pub(super) fn take_first_step(request: Box<LoadRequest>) -> FirstStep {
    let observer = request.observer.clone().filter(Observer::refuses_loads);
    let Some(observer) = observer else {
        return follow_plan(request);
    };
    FirstStep::Wait(Box::pin(async {
        observer.refuse().await;
        match follow_plan(request) {
            FirstStep::Decided(decision) => decision,
            FirstStep::Wait(waiting) => waiting.await,
        }
    }))
}

fn follow_plan(mut request: Box<LoadRequest>) -> FirstStep {
    let plan = mem::replace(&mut request.plan, LoadPlan::ReturnOnly);
    let missed = |seen| MissedCall { request, seen };
    match plan {
        LoadPlan::Share(seen) => share::share_load(missed(seen)),
        LoadPlan::Refresh => FirstStep::Wait(Box::pin(refresh::claim_entry(missed(None)))),
        // The answered call saw an entry which counts: all of its markers are there, and its id is what the store
        // expects. So nothing is left to capture, and the entry stays in its place until it is replaced.
        LoadPlan::Revalidate(ticket) => {
            let ticket = *ticket;
            let missed = missed(Some(ticket.seen));
            let run = BodyRun::for_revalidation(missed, ticket.lead);
            FirstStep::Decided(BodyDecision::RunBody(run))
        }
        LoadPlan::ReturnOnly => {
            FirstStep::Decided(BodyDecision::RunBody(BodyRun::return_only(missed(None))))
        }
    }
}
