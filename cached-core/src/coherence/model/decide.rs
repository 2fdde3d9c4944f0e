//! The decisions under test: asks [`rules`](crate::coherence::rules), as the runtime does, or not, where a rule is
//! left out.

use super::{
    names::{self, NONE, Name, Run},
    rules::{Rule, Rules},
    scenario::{TTL, WINDOW, WINDOW_LEFT},
    server::{ENTRY, Entry, GROUPS, Keys, MARKER, Marker, Slot},
    state::{Flight, Seen, Stage},
};
use crate::{
    coherence::rules::{self, EntryMarkers, Occupant, Snapshot, View},
    format::{
        entry::{self, Header, Outcome, PerGroup},
        freshness::{Freshness, Lifetime, StaleWindows},
    },
    store::Reply,
};

/// The hit test, age aside.
pub(super) fn counts(rules: Rules, entry: Entry, seen: Seen, groups: u8) -> bool {
    if !rules.has(Rule::All) {
        return true;
    }
    let mut header = Header {
        id: names::id(NONE),
        outcome: Outcome::Value,
        ttl: TTL,
        stale: WINDOW,
        identity: Some(names::identity(entry.run)),
        markers: per_group(entry.markers, entry.groups).map(real).collect(),
    };
    let mut markers = seen_markers(seen, groups);
    if !rules.has(Rule::MissingMarkerIsMiss) {
        for (marker, captured) in markers.iter_mut().zip(&header.markers) {
            marker.get_or_insert(*captured);
        }
    }
    if !rules.has(Rule::ReadersGroupsDecide) {
        let known = header.markers.len().min(markers.len());
        header.markers.truncate(known);
        markers.truncate(known);
    }
    let captured = EntryMarkers {
        identity: header.identity,
        markers: header.markers.into_iter().map(Some),
    };
    rules::counts(captured, Some(names::identity(seen.run)), &markers)
}

/// The age of an entry for a call of a function with these windows, which asks for it if it has any.
pub(super) fn age(entry: Entry, windows: StaleWindows) -> Freshness {
    let asks = !windows.are_none();
    if !entry.old && !asks {
        return Freshness::Fresh;
    }
    let remaining = if entry.old { WINDOW_LEFT } else { TTL + WINDOW };
    let lifetime = Lifetime {
        ttl: None,
        stale: WINDOW,
        remaining: asks.then_some(remaining),
    };
    lifetime.age(windows)
}

/// The join test.
pub(super) fn joins(rules: Rules, flight: &Flight, mut seen: Seen, groups: u8) -> bool {
    if flight.outage != 0 {
        return joins_in_outage(flight);
    }
    let begun_with = flight.captures;
    let captures = begun_with.and_then(|begun_with| view(begun_with, groups).captures());
    let stage = match flight.stage {
        Stage::None => return false,
        Stage::NotBegun => rules::Stage::NotBegun,
        Stage::Begun | Stage::Completed | Stage::Ended => rules::Stage::Begun(captures.as_ref()),
    };
    if !rules.has(Rule::JoinTest) || !rules.has(Rule::All) {
        return true;
    }
    let begun_with = begun_with.unwrap_or_default();
    if !rules.has(Rule::JoinComparesTokens) {
        seen.markers = begun_with.markers;
    }
    if !rules.has(Rule::JoinComparesIds) {
        (seen.occupant, seen.run) = (begun_with.occupant, begun_with.run);
    }
    if !rules.has(Rule::BlindLoadsAreAlone) && captures.is_none() && !seen.answered {
        return true;
    }
    let view = seen.answered.then(|| view(seen, groups));
    rules::joins(stage, view.as_ref())
}

/// The join test in an outage, where calls see nothing but what their process keeps.
fn joins_in_outage(flight: &Flight) -> bool {
    let view = Reply::local(None, Lifetime::default()).view();
    let captures = view.captures();
    let stage = match flight.stage {
        Stage::None => return false,
        Stage::NotBegun => rules::Stage::NotBegun,
        Stage::Begun | Stage::Completed | Stage::Ended => rules::Stage::Begun(captures.as_ref()),
    };
    rules::joins(stage, Some(&view))
}

/// Returns the keys that a capture has to create.
pub(super) fn lacks(seen: Seen, groups: u8, entry: usize) -> Keys {
    let view = view(seen, groups);
    let lease = if view.lacks_lease() { ENTRY[entry] } else { 0 };
    let lacking = view
        .lacks_markers()
        .fold(lease, |keys, group| keys | MARKER[group]);
    assert_eq!(lacking == 0, view.is_complete());
    lacking
}

/// Returns `true` if a load that begins now may be stored; what is stored is what was seen.
pub(super) fn captures(seen: Seen, groups: u8) -> bool {
    if !seen.answered {
        return false;
    }
    let captures = view(seen, groups).captures();
    let as_seen = || Snapshot {
        id: names::id(seen.occupant),
        identity: Some(names::identity(seen.run)),
        markers: per_group(seen.markers, groups).map(real).collect(),
    };
    assert!(
        captures
            .as_ref()
            .is_none_or(|captures| *captures == as_seen())
    );
    captures.is_some()
}

/// Returns the marker that is there once its creation was answered.
pub(super) fn created_marker(rules: Rules, sent: Name, found: Name, run: Run) -> Marker {
    let found_bytes = (found != NONE).then(|| names::token_bytes(found));
    let created =
        rules::created_marker(names::token(sent), found_bytes, Some(names::identity(run)))
            .expect("markers hold tokens");
    let ours = created.token == names::token(sent) || !rules.has(Rule::FoundTokenCounts);
    Marker {
        token: if ours { sent } else { found },
        run,
    }
}

/// Returns the id that lies at the entry's key once a lease was answered.
pub(super) fn created_lease(sent: Name, found: Slot) -> Name {
    let found_bytes = (found != Slot::Absent).then(|| names::occupant_bytes(found.id()));
    let occupant = rules::created_lease(names::id(sent), found_bytes);
    if occupant == Occupant::Ours(names::id(sent)) {
        sent
    } else {
        assert_eq!(occupant, Occupant::Ours(names::id(found.id())));
        found.id()
    }
}

fn view(seen: Seen, groups: u8) -> View {
    View {
        occupant: match seen.occupant {
            NONE => Occupant::Absent,
            id => Occupant::of(names::occupant_bytes(id)),
        },
        identity: Some(names::identity(seen.run)),
        markers: seen_markers(seen, groups),
    }
}

fn seen_markers(seen: Seen, groups: u8) -> PerGroup<Option<entry::Marker>> {
    per_group(seen.markers, groups)
        .map(|marker| (marker.token != NONE).then(|| real(marker)))
        .collect()
}

fn per_group(markers: [Marker; GROUPS], groups: u8) -> impl Iterator<Item = Marker> {
    markers.into_iter().take(groups.into())
}

fn real(marker: Marker) -> entry::Marker {
    entry::Marker {
        token: names::token(marker.token),
        identity: Some(names::identity(marker.run)),
    }
}
