//! [`KeyBytes`]: bytes that rarely need an allocation.

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
pub(crate) enum KeyBytes {
    /// So few that a byte counts them: then no sum of lengths has to be checked.
    Inline {
        bytes: [u8; INLINE],
        length: u8,
    },
    Heap(Vec<u8>),
}

impl KeyBytes {
    pub(crate) const fn new() -> Self {
        Self::Inline {
            bytes: [0; INLINE],
            length: 0,
        }
    }

    /// Adds `more` at the end, unless the whole gets too long.
    #[inline]
    pub(crate) fn append(&mut self, more: &[u8]) -> Result<(), EncodeError> {
        if let Self::Inline { bytes, length } = self
            && let Some((place, end)) = place(bytes, *length, more.len())
        {
            place.copy_from_slice(more);
            *length = end;
            return Ok(());
        }
        self.append_on_heap(more)
    }

    /// Adds `first` and `more`, in one step.
    #[inline]
    pub(crate) fn append_after<const N: usize>(
        &mut self,
        first: u8,
        more: [u8; N],
    ) -> Result<(), EncodeError> {
        if let Self::Inline { bytes, length } = self
            && let Some((place, end)) = place(bytes, *length, N.saturating_add(1))
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

    /// How many bytes there are.
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
    #[cold]
    pub(crate) fn truncate(&mut self, length: usize) {
        match self {
            Self::Inline { length: now, .. } => {
                *now = u8::try_from(length).map_or(*now, |length| length.min(*now));
            }
            Self::Heap(bytes) => bytes.truncate(length),
        }
    }

    /// Puts the number of bytes after them over the four that begin at `start`.
    #[inline]
    pub(crate) fn measure(&mut self, start: usize) -> Result<(), EncodeError> {
        if let Self::Inline { bytes, length } = self {
            let after = usize::from(*length).saturating_sub(start.saturating_add(4));
            put(bytes, start, u32::try_from(after).unwrap_or(0));
            return Ok(());
        }
        self.measure_on_heap(start)
    }

    #[cold]
    fn measure_on_heap(&mut self, start: usize) -> Result<(), EncodeError> {
        if let Self::Heap(bytes) = self {
            let after = bytes.len().saturating_sub(start.saturating_add(4));
            let after = u32::try_from(after).map_err(|_| EncodeError::TooLarge)?;
            put(bytes, start, after);
        }
        Ok(())
    }
}

#[inline]
fn put(bytes: &mut [u8], start: usize, number: u32) {
    let rest = bytes.get_mut(start..);
    if let Some(place) = rest.and_then(<[u8]>::first_chunk_mut) {
        *place = number.to_le_bytes();
    }
}

/// Where `more` bytes go after the first `length`, and how many there are then.
#[inline]
fn place(bytes: &mut [u8; INLINE], length: u8, more: usize) -> Option<(&mut [u8], u8)> {
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
