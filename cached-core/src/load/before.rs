//! What happens before a body runs.

use super::{Call, Plan, loading::Loading, miss, missed::Missed, refresh};
use crate::{Error, codec::Shared, erased::Taker};

/// What a call knows before its body runs.
pub(super) enum Before {
    /// Its answer.
    Answered(Shared),
    /// The cache is required, and out of reach.
    Failed(Error),
    /// That the body has to run.
    Load(Box<Loading>),
}

pub(super) async fn before(mut call: Box<Call>, taker: Taker) -> Before {
    let plan = std::mem::replace(&mut call.plan, Plan::Alone);
    let missed = |seen| Missed { call, taker, seen };
    match plan {
        Plan::Share(seen) => miss::share(missed(seen)).await,
        Plan::Refresh => refresh::claim(missed(None)).await,
        // The answered call saw an entry which counts: all of its markers are there, and its id is what the store
        // expects. So nothing is left to capture, and the entry stays in its place until it is replaced.
        Plan::Revalidate(ticket) => {
            let ticket = *ticket;
            Before::Load(Loading::behind(missed(Some(ticket.seen)), ticket.lead))
        }
        Plan::Alone => Before::Load(Loading::alone(missed(None))),
    }
}
