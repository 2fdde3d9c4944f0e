//! [`Material`]: bytes that rarely need an allocation.

use std::ops::Deref;

use super::EncodeError;

/// What most keys need.
const INLINE: usize = 96;

/// Longer material is refused: it would be kept in memory for every key.
pub(super) const LONGEST: usize = 16 * 1024 * 1024;

/// The bytes of a key, in place while they are few.
///
/// Not a `SmallVec`, whose appending moves what follows the end: a key of one `u64` takes 5 ns this way, 23 ns that way.
#[derive(Clone)]
pub(crate) enum Material {
    Inline { bytes: [u8; INLINE], length: usize },
    Heap(Vec<u8>),
}

impl Material {
    pub(crate) const fn new() -> Self {
        Self::Inline {
            bytes: [0; INLINE],
            length: 0,
        }
    }

    /// Adds `more` at the end, unless the whole gets too long.
    #[inline]
    pub(crate) fn append(&mut self, more: &[u8]) -> Result<(), EncodeError> {
        if let Self::Inline { bytes, length } = self {
            let end = length.saturating_add(more.len());
            if let Some(place) = bytes.get_mut(*length..end) {
                place.copy_from_slice(more);
                *length = end;
                return Ok(());
            }
        }
        self.append_on_heap(more)
    }

    #[cold]
    fn append_on_heap(&mut self, more: &[u8]) -> Result<(), EncodeError> {
        let length = self.len().saturating_add(more.len());
        if length > LONGEST {
            return Err(EncodeError::TooLarge);
        }
        match self {
            Self::Heap(bytes) => bytes.extend_from_slice(more),
            Self::Inline { .. } => {
                let mut bytes = Vec::with_capacity(length.saturating_mul(2));
                bytes.extend_from_slice(self);
                bytes.extend_from_slice(more);
                *self = Self::Heap(bytes);
            }
        }
        Ok(())
    }

    /// Keeps the first `length` bytes.
    pub(crate) fn truncate(&mut self, length: usize) {
        match self {
            Self::Inline { length: now, .. } => *now = length.min(*now),
            Self::Heap(bytes) => bytes.truncate(length),
        }
    }

    /// Puts `bytes` over those that begin at `start`, if there are as many.
    #[inline]
    pub(crate) fn overwrite(&mut self, start: usize, bytes: &[u8]) {
        let written = match self {
            Self::Inline { bytes, length } => bytes.get_mut(..*length).unwrap_or_default(),
            Self::Heap(bytes) => bytes,
        };
        if let Some(place) = written.get_mut(start..start.saturating_add(bytes.len())) {
            place.copy_from_slice(bytes);
        }
    }
}

impl Deref for Material {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Self::Inline { bytes, length } => bytes.get(..*length).unwrap_or_default(),
            Self::Heap(bytes) => bytes,
        }
    }
}
