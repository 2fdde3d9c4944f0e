//! [`RevalidateTicket`]: handed by one call to another that loads its value anew.

use super::{Cache, read::ReadView};
use crate::{key::Key, single_flight::Lead};

/// The right and the duty to load a value anew, with what another call saw.
#[derive(Debug)]
pub(crate) struct RevalidateTicket {
    pub(crate) cache: Cache,
    pub(crate) key: Key,
    pub(crate) lead: Lead,
    pub(crate) seen: Box<ReadView>,
}

impl RevalidateTicket {
    /// Returns `true` if it is for a call of `key` in `cache`.
    pub(crate) fn is_for(&self, cache: &Cache, key: &Key) -> bool {
        self.cache.is(cache) && self.key.local() == key.local()
    }
}
