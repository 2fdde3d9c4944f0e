//! [`Target`]: one thing that an invalidation deletes.

use crate::key::Key;

/// One thing to delete from the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    /// The marker of a group: its name as [`group`](crate::key::group) spells it.
    Group(String),
    /// The entry at this key, or the lease.
    Entry(Key),
}
