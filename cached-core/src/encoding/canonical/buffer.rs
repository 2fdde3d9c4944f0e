//! [`KeyBytes`]: a buffer that rarely needs an allocation.

use std::ops::Deref;

use super::EncodeError;

/// Bytes in which most keys fit.
const INLINE: usize = 96;

/// Most bytes that a key may have. Longer ones are refused: they would be kept in memory for every key.
pub(super) const MAX_LENGTH: usize = 16 * 1024 * 1024;

/// The bytes of a key, in place while they are few.
///
/// Not a `SmallVec`, whose appending moves what follows the end: a key of one `u64` takes 5 ns this way, 23 ns that
/// way.
#[derive(Clone)]
pub(crate) enum KeyBytes {
    /// Up to [`INLINE`] bytes, few enough that a byte counts them: no sum of lengths has to be checked.
    Inline { bytes: [u8; INLINE], length: u8 },
    /// Any number of bytes.
    Heap(Vec<u8>),
}

impl KeyBytes {
    pub(crate) const fn new() -> Self {
        Self::Inline {
            bytes: [0; INLINE],
            length: 0,
        }
    }

    /// Appends `more`, unless the whole gets too long.
    #[inline]
    pub(crate) fn append(&mut self, more: &[u8]) -> Result<(), EncodeError> {
        if let Self::Inline { bytes, length } = self
            && let Some((place, end)) = reserve(bytes, *length, more.len())
        {
            place.copy_from_slice(more);
            *length = end;
            return Ok(());
        }
        self.append_on_heap(more)
    }

    /// Appends `first` and `more` in one step.
    #[inline]
    pub(crate) fn append_after<const N: usize>(
        &mut self,
        first: u8,
        more: [u8; N],
    ) -> Result<(), EncodeError> {
        if let Self::Inline { bytes, length } = self
            && let Some((place, end)) = reserve(bytes, *length, N.saturating_add(1))
            && let Some((start, rest)) = place.split_first_mut()
            && let Some(rest) = rest.first_chunk_mut()
        {
            *start = first;
            *rest = more;
            *length = end;
            return Ok(());
        }
        self.append(&[first])?;
        self.append_on_heap(&more)
    }

    /// Returns the number of bytes.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Inline { length, .. } => usize::from(*length),
            Self::Heap(bytes) => bytes.len(),
        }
    }

    #[cold]
    fn append_on_heap(&mut self, more: &[u8]) -> Result<(), EncodeError> {
        let length = self.len().saturating_add(more.len());
        if length > MAX_LENGTH {
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
    #[cold]
    pub(crate) fn truncate(&mut self, length: usize) {
        match self {
            Self::Inline { length: now, .. } => {
                *now = u8::try_from(length).map_or(*now, |length| length.min(*now));
            }
            Self::Heap(bytes) => bytes.truncate(length),
        }
    }

    /// Overwrites the four bytes at `start` with the number of bytes after them.
    #[inline]
    pub(crate) fn write_length(&mut self, start: usize) -> Result<(), EncodeError> {
        if let Self::Inline { bytes, length } = self {
            let after = usize::from(*length).saturating_sub(start.saturating_add(4));
            write_u32(bytes, start, u32::try_from(after).unwrap_or(0));
            return Ok(());
        }
        self.write_length_on_heap(start)
    }

    #[cold]
    fn write_length_on_heap(&mut self, start: usize) -> Result<(), EncodeError> {
        if let Self::Heap(bytes) = self {
            let after = bytes.len().saturating_sub(start.saturating_add(4));
            let after = u32::try_from(after).map_err(|_| EncodeError::TooLarge)?;
            write_u32(bytes, start, after);
        }
        Ok(())
    }
}

#[inline]
fn write_u32(bytes: &mut [u8], start: usize, number: u32) {
    let rest = bytes.get_mut(start..);
    if let Some(place) = rest.and_then(<[u8]>::first_chunk_mut) {
        *place = number.to_le_bytes();
    }
}

/// Returns the place for `more` bytes after the first `length`, and the length with them.
#[inline]
fn reserve(bytes: &mut [u8; INLINE], length: u8, more: usize) -> Option<(&mut [u8], u8)> {
    let end = u8::try_from(more).ok()?.checked_add(length)?;
    let place = bytes.get_mut(usize::from(length)..usize::from(end))?;
    Some((place, end))
}

impl Deref for KeyBytes {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Self::Inline { bytes, length } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Self::Heap(bytes) => bytes,
        }
    }
}
