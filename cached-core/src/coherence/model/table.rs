//! The table of scenarios: for each rule those that need it, and those in which nothing may break.

use super::{
    rules::Rule,
    scenario::{
        ALL_FAULTS, CallSpec, Fault, STARTS, Scenario, Start, call, exact, group, tag, typed,
    },
};

/// Returns for each rule the smallest scenarios known to break without it.
#[allow(clippy::too_many_lines, reason = "a table")]
pub(super) fn needed() -> Vec<(Rule, Scenario)> {
    use Fault::*;
    use Rule::*;
    use Start::*;
    let apart = [call(0), call(1)];
    let together = [call(0), call(0)];
    let three = [call(0), call(0), call(0)];
    let expecting = apart.map(CallSpec::expects_a_miss);
    let writes = |start, calls: &[_], writer| Scenario::new(start, calls, &[writer]);
    let calm = |start, calls: &[_]| Scenario::new(start, calls, &[]);
    let outages = |writer, most| {
        writes(Valid, &together, writer)
            .faults(most, &[Outage])
            .keeping()
    };
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
        (
            NewTokenOnRetry,
            writes(Empty, &expecting, group(1)).faults(1, &[ReplyLost]),
        ),
        (
            NewLeaseOnRetry,
            writes(Empty, &expecting, exact(1)).faults(1, &[RunsLate]),
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
        (
            BlindLoadsAreAlone,
            writes(Empty, &together, group(1)).faults(1, &[Outage]),
        ),
        (
            BlindLoadsAreAlone,
            writes(Empty, &together, group(1)).faults(2, &[RunsLate]),
        ),
        (JoinComparesTokens, writes(Empty, &together, group(1))),
        (JoinComparesIds, writes(Empty, &together, exact(1))),
        (SecondJoinTest, calm(Empty, &three)),
        (SecondHitTest, calm(Empty, &three)),
        (FlightStays, calm(Empty, &three)),
        (HitIsForOneCall, writes(Empty, &three, exact(1))),
        (WaitersTestThemselves, writes(Empty, &three, group(1))),
        (StaleCounts, writes(PastTtl, &revalidating(apart), group(1))),
        (
            StaleCounts,
            writes(PastTtl, &bearing(apart), group(1)).faults(1, &[BodyFails]),
        ),
        (
            OwnCopy,
            writes(PastTtl, &bearing(together), group(1)).faults(1, &[BodyFails]),
        ),
        (
            OwnCopy,
            writes(PastTtl, &bearing(together), exact(1)).faults(1, &[BodyFails]),
        ),
        (
            BackgroundCompares,
            writes(PastTtl, &revalidating(apart), exact(1)),
        ),
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
        (MemoryIsCovered, outages(group(0), 1)),
        (MemoryEndsWithOutage, outages(exact(1), 2)),
        (MemoryIsForOutages, outages(exact(1), 2)),
        (MemoryOfOwnLoads, outages(group(1), 1)),
        (MemoryIfUnchanged, outages(group(0), 1)),
        (MemoryIsNotCopied, outages(exact(1), 1)),
        (
            RefusedRefreshDeletes,
            calm(Empty, &[call(0).refresh(), call(0), call(1)]),
        ),
        (
            RefreshCompares,
            writes(Valid, &[call(0).refresh(), call(1)], exact(1)),
        ),
        (
            RefreshReplacesOlder,
            calm(Empty, &[call(0).refresh(), call(0).refresh(), call(0)]),
        ),
        (
            TypedReachesVersions,
            writes(Empty, &[call(0), call(1).of_version(1)], typed(0)),
        ),
    ]
}

fn revalidating<const N: usize>(calls: [CallSpec; N]) -> [CallSpec; N] {
    calls.map(CallSpec::revalidates)
}

fn bearing<const N: usize>(calls: [CallSpec; N]) -> [CallSpec; N] {
    calls.map(CallSpec::bears_errors)
}

/// Returns the scenarios of an ordinary test run: any one fault around two calls, and three calls without.
pub(super) fn ordinary() -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    for start in STARTS {
        for calls in [[call(0); 3], [call(0), call(0), call(1)]] {
            scenarios.push(Scenario::new(start, &calls, &[]));
            for writer in [group(0), exact(0), group(1), exact(1)] {
                scenarios.push(Scenario::new(start, &calls[1..], &[writer]));
            }
        }
    }
    for start in [Start::Empty, Start::Valid, Start::Dead] {
        for writer in [group(0), exact(0)] {
            let apart = [call(0), call(0), call(1)];
            let scenario = |calls| Scenario::new(start, calls, &[writer]);
            scenarios.push(scenario(&apart));
            scenarios.push(scenario(&apart[..2]).faults(1, ALL_FAULTS));
            scenarios.push(scenario(&apart[1..]).faults(1, ALL_FAULTS));
        }
    }
    scenarios.extend(windows());
    scenarios.extend(expected_misses());
    for writer in [group(0), exact(0), group(1)] {
        let scenario = Scenario::new(Start::Empty, &[call(0); 2], &[writer]);
        scenarios.push(scenario.faults(1, &[Fault::Outage]).keeping());
    }
    scenarios.extend(others(0, 1, 0));
    scenarios
}

/// Reads that capture: beside each other and beside one that does not, whatever is there, and any one fault around
/// some.
fn expected_misses() -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    let expecting = |process| call(process).expects_a_miss();
    for start in STARTS {
        for writer in [group(0), exact(0), group(1), exact(1)] {
            let scenario = |calls: &[_]| Scenario::new(start, calls, &[writer]);
            scenarios.push(scenario(&[expecting(0), expecting(0)]));
            scenarios.push(scenario(&[expecting(0), call(1)]));
            let fails = writer.process == 0 && matches!(start, Start::Empty | Start::Valid);
            for calls in [[expecting(0), call(0)], [expecting(0), expecting(1)]] {
                let kinds = if fails { ALL_FAULTS } else { &[] };
                scenarios.push(scenario(&calls).faults(fails.into(), kinds));
            }
        }
        scenarios.push(Scenario::new(
            start,
            &[expecting(0), expecting(0), call(1)],
            &[],
        ));
    }
    scenarios
}

/// Entries past their ttl, of functions that make use of them: any one fault around two calls, and three
/// calls without.
fn windows() -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    let [together, apart, three] = [
        &[call(0), call(0)][..],
        &[call(0), call(1)],
        &[call(0), call(0), call(1)],
    ];
    for used in [CallSpec::revalidates, CallSpec::bears_errors] {
        let scenario = |start, calls: &[CallSpec], writer| {
            let calls: Vec<_> = calls.iter().map(|call| used(*call)).collect();
            Scenario::new(start, &calls, &[writer])
        };
        for writer in [group(0), exact(0), group(1), exact(1)] {
            let fails =
                |calls| scenario(Start::PastTtl, calls, writer).faults(1, &[Fault::BodyFails]);
            scenarios.extend([fails(together), fails(apart)]);
            if writer.process == 0 {
                scenarios.push(scenario(Start::PastTtl, three, writer));
                scenarios.push(
                    scenario(Start::Valid, apart, writer)
                        .faults(2, &[Fault::Ages, Fault::BodyFails]),
                );
            }
        }
        scenarios.push(scenario(Start::PastTtl, together, exact(0)).faults(1, ALL_FAULTS));
        scenarios.push(scenario(Start::PastTtl, apart, group(0)).faults(1, ALL_FAULTS));
    }
    let calls = [call(0).revalidates().bears_errors(), call(1).bears_errors()];
    let both = |calls: &[_]| Scenario::new(Start::PastTtl, calls, &[exact(1)]);
    scenarios.push(both(&calls).faults(1, &[Fault::BodyFails, Fault::Cancelled]));
    scenarios.push(Scenario::new(
        Start::PastTtl,
        &revalidating([call(0), call(0), call(1)]),
        &[],
    ));
    scenarios
}

/// Returns the further scenarios of `CACHED_MODEL=full`: any two faults around two calls, and three calls with one.
pub(super) fn full() -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    for start in STARTS {
        for writer in [group(0), exact(0), group(1), exact(1)] {
            let scenario = |calls: &[_]| Scenario::new(start, calls, &[writer]);
            scenarios.push(scenario(&[call(0); 2]).faults(2, ALL_FAULTS));
            scenarios.push(scenario(&[call(0); 3]));
            if writer.process == 0 {
                scenarios.push(scenario(&[call(0), call(1)]).faults(2, ALL_FAULTS));
            }
        }
    }
    for start in [Start::Empty, Start::Valid, Start::Dead] {
        for writer in [group(0), exact(0)] {
            let scenario = |calls: &[_]| Scenario::new(start, calls, &[writer]);
            let nodes = scenario(&[call(0), call(1)]).on_two_nodes();
            scenarios.push(nodes.faults(2, ALL_FAULTS));
            scenarios.push(scenario(&[call(0); 3]).faults(1, ALL_FAULTS));
            scenarios.push(scenario(&[call(0), call(0), call(1)]).faults(1, ALL_FAULTS));
        }
    }
    scenarios.extend(outages());
    scenarios.extend(others(1, 2, 2));
    scenarios
}

/// An outage and one fault more, around three calls of the process that invalidates; and two calls of one
/// that keeps what it loads meanwhile.
fn outages() -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    for start in [Start::Empty, Start::Valid] {
        for writer in [group(0), exact(0)] {
            let kinds = [
                Fault::Outage,
                Fault::RunsLate,
                Fault::MarkerLost,
                Fault::EntryLost,
            ];
            let scenario = Scenario::new(start, &[call(0); 3], &[writer]);
            scenarios.push(scenario.faults(2, &kinds));
        }
        for writer in [group(0), exact(0), group(1), exact(1)] {
            let scenario = |calls: &[_]| Scenario::new(start, calls, &[writer]).keeping();
            let two = [call(0).bears_errors(), call(0).revalidates()];
            scenarios.push(scenario(&[call(0); 2]).faults(2, ALL_FAULTS));
            scenarios.push(scenario(&[call(0); 3]).faults(1, &[Fault::Outage]));
            scenarios.push(scenario(&two).faults(2, &[Fault::Outage, Fault::Ages]));
        }
    }
    scenarios
}

/// Refreshes, tags, versions and several writers: `fewer` faults where three calls or two writers are, and
/// as many as `names` where there are more keys.
fn others(fewer: u8, more: u8, names: u8) -> Vec<Scenario> {
    let refresh = [call(0).refresh(), call(1), call(0)];
    let mut scenarios = Vec::new();
    for start in [Start::Empty, Start::Valid] {
        let scenario = |calls: &[_], writers: &[_]| Scenario::new(start, calls, writers);
        let many = |calls: &[_], writers: &[_]| scenario(calls, writers).faults(fewer, ALL_FAULTS);
        let keys = |calls: &[_], writers: &[_]| scenario(calls, writers).faults(names, ALL_FAULTS);
        let few = |calls: &[_], writers: &[_]| scenario(calls, writers).faults(more, ALL_FAULTS);
        scenarios.extend([
            many(&refresh, &[]),
            many(&[call(0).refresh(), call(0), call(0)], &[]),
            many(&[call(0).refresh(), call(0).refresh(), call(1)], &[]),
            many(&refresh[..2], &[exact(1)]),
            few(&refresh[..2], &[]),
            keys(&[call(0), call(1).tagged()], &[tag(1)]),
            keys(&[call(0), call(1).of_version(1)], &[typed(0)]),
            many(&[call(0); 2], &[group(0), exact(0)]),
            many(&[call(0); 2], &[group(0), group(0)]),
            many(&[call(0), call(1)], &[group(0), exact(1)]),
        ]);
    }
    scenarios
}
