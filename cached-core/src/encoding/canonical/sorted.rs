//! The entries of a map or set, put in order where they lie.

use smallvec::SmallVec;

use super::{EncodeError, KeyBytes};

/// Where the entries of one map or set lie.
pub(super) struct Entries {
    start: usize,
    found: SmallVec<[Entry; 8]>,
}

struct Entry {
    start: usize,
    key_end: usize,
    end: usize,
}

impl Entries {
    pub(super) fn new(out: &KeyBytes) -> Self {
        Self {
            start: out.len(),
            found: SmallVec::new(),
        }
    }

    pub(super) fn close(&mut self, start: usize, key_end: usize, out: &KeyBytes) {
        self.found.push(Entry {
            start,
            key_end,
            end: out.len(),
        });
    }

    /// Puts the entries in the order of their keys. Entries of equal keys, which only a hand-written `Serialize`
    /// makes, keep theirs.
    pub(super) fn sort(mut self, out: &mut KeyBytes) -> Result<(), EncodeError> {
        let bytes: &[u8] = out;
        let key = |entry: &Entry| bytes.get(entry.start..entry.key_end).unwrap_or_default();
        if self.found.is_sorted_by(|a, b| key(a) <= key(b)) {
            return Ok(());
        }
        self.found.sort_by(|a, b| key(a).cmp(key(b)));
        let mut sorted = Vec::with_capacity(bytes.len().saturating_sub(self.start));
        for entry in &self.found {
            sorted.extend_from_slice(bytes.get(entry.start..entry.end).unwrap_or_default());
        }
        out.truncate(self.start);
        out.append(&sorted)
    }
}
