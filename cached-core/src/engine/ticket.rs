//! [`Ticket`]: what one call hands to another that loads its value anew.

use super::{Cache, read::Seen};
use crate::{key::Key, single_flight::Lead};

/// The right and the duty to load a value anew, with what another call saw.
#[derive(Debug)]
pub(crate) struct Ticket {
    pub(crate) cache: Cache,
    pub(crate) key: Key,
    pub(crate) lead: Lead,
    pub(crate) seen: Box<Seen>,
}

impl Ticket {
    /// Whether it is for a call of `key` in `cache`.
    pub(crate) fn is_for(&self, cache: &Cache, key: &Key) -> bool {
        self.cache.is(cache) && self.key.local() == key.local()
    }
}
