//! [`Entries`]: the entries of a map or set, sorted where they lie.

use smallvec::SmallVec;

use super::{EncodeError, KeyBytes};

/// Positions of the entries of one map or set, whose own order says nothing.
pub(super) struct Entries {
    start: usize,
    spans: SmallVec<[Span; 8]>,
}

/// Position of one entry: its key, which is all of an element of a set, and its value.
struct Span {
    start: usize,
    key_end: usize,
    end: usize,
}

impl Entries {
    pub(super) fn new(out: &KeyBytes) -> Self {
        Self {
            start: out.len(),
            spans: SmallVec::new(),
        }
    }

    /// Adds the entry from `start` to the end of `out`, with its key up to `key_end`.
    pub(super) fn push(&mut self, start: usize, key_end: usize, out: &KeyBytes) {
        self.spans.push(Span {
            start,
            key_end,
            end: out.len(),
        });
    }

    /// Sorts the entries by the bytes of their keys. Entries of equal keys, which only a hand-written `Serialize`
    /// makes, keep their order.
    pub(super) fn sort(mut self, out: &mut KeyBytes) -> Result<(), EncodeError> {
        let bytes: &[u8] = out;
        let key = |span: &Span| bytes.get(span.start..span.key_end).unwrap_or_default();
        if self.spans.is_sorted_by(|a, b| key(a) <= key(b)) {
            return Ok(());
        }
        self.spans.sort_by(|a, b| key(a).cmp(key(b)));
        let mut sorted = Vec::with_capacity(bytes.len().saturating_sub(self.start));
        for span in &self.spans {
            sorted.extend_from_slice(bytes.get(span.start..span.end).unwrap_or_default());
        }
        out.truncate(self.start);
        out.append(&sorted)
    }
}
