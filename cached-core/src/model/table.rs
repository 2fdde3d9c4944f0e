//! The scenarios: for each rule those that need it, and those in which nothing may break.

use super::{
    rules::Rule,
    scenario::{ALL_FAULTS, Fault, STARTS, Scenario, Start, call, exact, group, tag, typed},
};

/// For each rule, the smallest scenarios known to break without it.
#[allow(clippy::too_many_lines, reason = "a table")]
pub(super) fn needed() -> Vec<(Rule, Scenario)> {
    use Fault::*;
    use Rule::*;
    use Start::*;
    let apart = [call(0), call(1)];
    let together = [call(0), call(0)];
    let three = [call(0), call(0), call(0)];
    let writes = |start, calls: &[_], writer| Scenario::new(start, calls, &[writer]);
    let calm = |start, calls: &[_]| Scenario::new(start, calls, &[]);
    vec![
        (All, writes(Empty, &apart, exact(1))),
        (All, writes(Empty, &together, group(0))),
        (
            MissingMarkerIsMiss,
            writes(Valid, &apart, group(1)).faults(1, &[MarkerLost]),
        ),
        (TokensAreRandom, writes(Empty, &apart, group(1))),
        (
            NewTokenOnRetry,
            writes(Empty, &apart, group(1)).faults(1, &[ReplyLost]),
        ),
        (
            NewTokenOnRetry,
            writes(Empty, &apart, group(1)).faults(1, &[RunsLate]),
        ),
        (
            NewLeaseOnRetry,
            writes(Empty, &apart, exact(1)).faults(1, &[ReplyLost]),
        ),
        (
            NewLeaseOnRetry,
            writes(Empty, &apart, exact(1)).faults(1, &[RunsLate]),
        ),
        (LoadAfterMarkers, writes(Empty, &apart, group(1))),
        (LoadAfterLease, writes(Empty, &apart, exact(1))),
        (
            UnansweredMarkerIsNone,
            writes(Empty, &apart, group(1)).faults(1, &[RunsLate]),
        ),
        (
            UnansweredLeaseIsNone,
            writes(Empty, &apart, exact(1)).faults(1, &[RunsLate]),
        ),
        (FoundTokenCounts, calm(Empty, &apart)),
        (FoundIdIsExpected, writes(Dead, &apart, exact(1))),
        (DeadEntriesAreReplaced, calm(Dead, &apart)),
        (StoreCompares, writes(Empty, &apart, exact(1))),
        (StoreComparesId, writes(Empty, &apart, exact(1))),
        (StoreComparesLease, writes(Empty, &apart, exact(1))),
        (LeasesAreUnique, writes(Empty, &three, exact(1))),
        (
            ReadersGroupsDecide,
            writes(Empty, &[call(0), call(1).tagged()], tag(1)),
        ),
        (
            Identity,
            writes(Valid, &apart, group(1)).faults(1, &[RestartedFromDump]),
        ),
        (
            Identity,
            writes(Empty, &apart, exact(1)).faults(1, &[RestartedFromDump]),
        ),
        (
            IdentityOfMarkers,
            writes(Valid, &apart, group(1))
                .faults(1, &[RestartedFromDump])
                .on_two_nodes(),
        ),
        (
            IdentityOfEntry,
            writes(Valid, &apart, exact(1))
                .faults(1, &[RestartedFromDump])
                .on_two_nodes(),
        ),
        (PrimariesOnly, writes(Valid, &apart, group(1))),
        (OwnRead, writes(Valid, &together, group(1))),
        (JoinTest, writes(Empty, &together, group(1))),
        (JoinComparesTokens, writes(Empty, &together, group(1))),
        (JoinComparesIds, writes(Empty, &together, exact(1))),
        (SecondJoinTest, calm(Empty, &three)),
        (SecondHitTest, calm(Empty, &three)),
        (FlightStays, calm(Empty, &three)),
        (HitIsForOneCall, writes(Empty, &three, exact(1))),
        (WaitersTestThemselves, writes(Empty, &three, group(1))),
        (AppliedMeansReply, writes(Valid, &apart, group(1))),
        (
            OwnDeletion,
            Scenario::new(Empty, &apart, &[group(1), group(1)]),
        ),
        (
            AcknowledgesWhatWasSent,
            Scenario::new(Valid, &[call(0)], &[group(1), group(1)]).faults(2, &[RunsLate]),
        ),
        (
            PostponedCovers,
            writes(Valid, &together, group(0)).faults(1, &[RunsLate]),
        ),
        (
            TrustBeforeRead,
            writes(Valid, &together, group(0)).faults(1, &[RunsLate]),
        ),
        (
            TrustBeforeSecondRead,
            writes(Empty, &three, exact(0)).faults(1, &[Outage]),
        ),
        (
            InvalidationDetaches,
            writes(Empty, &together, group(0)).faults(1, &[RunsLate]),
        ),
        (
            InvalidationDetaches,
            writes(Empty, &together, group(0)).faults(1, &[Outage]),
        ),
        (
            RefusedRefreshDeletes,
            calm(Empty, &[call(0).refresh(), call(0), call(1)]),
        ),
        (
            RefreshCompares,
            writes(Valid, &[call(0).refresh(), call(1)], exact(1)),
        ),
        (
            TypedReachesVersions,
            writes(Empty, &[call(0), call(1).of_version(1)], typed(0)),
        ),
    ]
}

/// What an ordinary test run enumerates: all faults, one at a time, and three calls without any.
pub(super) fn ordinary() -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    for start in [Start::Empty, Start::Valid, Start::Dead] {
        for process in [0, 1] {
            for writer in [group(0), exact(0)] {
                let two = [call(0), call(process)];
                scenarios.push(Scenario::new(start, &two, &[writer]).faults(1, ALL_FAULTS));
            }
        }
    }
    scenarios
}

/// Run by `CACHED_MODEL=full`: all starts, two faults at a time, and three calls with one.
pub(super) fn full() -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    for start in STARTS {
        for process in [0, 1] {
            for writer in [group(0), exact(0), group(1), exact(1)] {
                let two = [call(0), call(process)];
                scenarios.push(Scenario::new(start, &two, &[writer]).faults(2, ALL_FAULTS));
            }
        }
    }
    scenarios
}
