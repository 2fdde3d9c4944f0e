//! The decisions that follow from markers and ids: does an entry count, may a call join a load, what has to
//! be captured before a load, and what does its store expect?
//!
//! Every group of entries has a *marker*, a key of its own that holds a random [`Token`]; whatever lies at an
//! entry's key has a random [`Id`]. Both are replaced, never counted up. An invalidation deletes them. A load
//! captures both before it begins; its entry counts for as long as the tokens are the same, and is
//! stored only if the id still is. There is no clock and no counter in it, so nothing that an evicted
//! marker or a restarted server could set back.
//!
//! Pure functions of one call's own replies: the runtime asks them, and the model in `model` drives
//! them through every interleaving.

use crate::format::entry::{self, Id, Identity, Marker, PerGroup, Token};

/// The occupant of an entry's key, as far as the rules ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Occupant {
    Absent,
    /// A lease, an entry, or what is left of one.
    Ours(Id),
    /// Something that is not ours, or has no id: never to be written over.
    Foreign,
}

impl Occupant {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        match entry::id_of(bytes) {
            Some(id) => Self::Ours(id),
            None => Self::Foreign,
        }
    }
}

/// The state of the store that one call saw, by its own read and its own capture.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct View {
    pub(crate) occupant: Occupant,
    /// The run of the server that holds the entry's key.
    pub(crate) identity: Option<Identity>,
    pub(crate) markers: PerGroup<Option<Marker>>,
}

/// The state of the store before a load began, as captured: its entry is made of this.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Snapshot {
    /// The id that a store expects to find.
    pub(crate) id: Id,
    pub(crate) identity: Option<Identity>,
    pub(crate) markers: PerGroup<Marker>,
}

/// The progress of a load that a call might join.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stage<'a> {
    NotBegun,
    /// Begun, with what it captured, or nothing if the store did not answer.
    Begun(Option<&'a Snapshot>),
}

/// The hit test, age and outcome aside. Returns `true` if an entry counts for a call that saw `markers`, and read
/// the entry from the server of `identity`.
///
/// The reader's groups decide: each must have its marker, with the token that the entry has. An entry
/// without a token for one of them was stored by a version that did not know the group. A token or id
/// is only as good as the server run that gave it: after a restart from an old dump, or a failover,
/// what was deleted can be back.
pub(crate) fn counts(
    captured: EntryMarkers<impl Iterator<Item = Option<Marker>>>,
    identity: Option<Identity>,
    markers: &[Option<Marker>],
) -> bool {
    let mut captured_markers = captured.markers;
    captured.identity == identity
        && markers
            .iter()
            .all(|seen| seen.is_some() && captured_markers.next() == Some(*seen))
        && captured_markers.next().is_none()
}

/// The markers that an entry was stored with, for the [hit test](counts): `None` in the place of one that cannot be read.
pub(crate) struct EntryMarkers<M> {
    pub(crate) identity: Option<Identity>,
    pub(crate) markers: M,
}

/// The join test. Returns `true` if a call that saw this, or nothing because the store did not answer, may take the value
/// of a load. What this process has invalidated since is asked besides.
///
/// Tokens alone would miss an exact invalidation, ids alone one of a group, and what this process knows
/// misses other processes. Nothing shows that a load without captures is new enough for anybody.
pub(crate) fn joins(stage: Stage<'_>, seen: Option<&View>) -> bool {
    match (stage, seen) {
        (Stage::NotBegun, _) => true,
        (Stage::Begun(Some(captures)), Some(view)) => captures.are_seen_in(view),
        (Stage::Begun(_), _) => false,
    }
}

impl View {
    /// Returns `true` if a capture has to leave a lease at the entry's key: only where nothing is. Whatever is
    /// there has an id that a store can expect, and may still be of use.
    pub(crate) fn lacks_lease(&self) -> bool {
        self.occupant == Occupant::Absent
    }

    /// Returns the groups whose markers a capture has to create.
    pub(crate) fn lacks_markers(&self) -> impl Iterator<Item = usize> {
        self.markers
            .iter()
            .enumerate()
            .filter_map(|(group, marker)| marker.is_none().then_some(group))
    }

    /// Returns `true` if a load needs no capture.
    pub(crate) fn is_complete(&self) -> bool {
        !self.lacks_lease() && self.lacks_markers().next().is_none()
    }

    /// Returns what a load that begins now may store its entry with; `None` if it may not store at all, because
    /// something is missing or not ours.
    pub(crate) fn captures(&self) -> Option<Snapshot> {
        let Occupant::Ours(id) = self.occupant else {
            return None;
        };
        Some(Snapshot {
            id,
            identity: self.identity,
            markers: self.markers.iter().copied().collect::<Option<_>>()?,
        })
    }
}

impl Snapshot {
    fn are_seen_in(&self, view: &View) -> bool {
        view.captures().is_some_and(|seen| seen == *self)
    }
}

/// Returns the marker that is there after `SET … NX GET` was answered: ours if nothing was there before, else
/// the one found, which counts as well. `None` if that is no marker.
pub(crate) fn created_marker(
    sent: Token,
    found: Option<&[u8]>,
    identity: Option<Identity>,
) -> Option<Marker> {
    let token = match found {
        None => sent,
        Some(found) => Token::read(found)?,
    };
    Some(Marker { token, identity })
}

/// Returns the occupant of an entry's key after `SET … NX GET` of a lease was answered.
pub(crate) fn created_lease(sent: Id, found: Option<&[u8]>) -> Occupant {
    found.map_or(Occupant::Ours(sent), Occupant::of)
}
