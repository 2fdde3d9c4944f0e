//! Values to JSON and back; the only file that names `serde_json`.
//!
//! A value that JSON would not carry back is refused when it is written: a hit must never return another value than the
//! load.

mod check;

use std::io;

use serde::de::DeserializeOwned;
use serde::ser::Serialize;

use check::Check;

/// Reason that a value is not stored. Holds nothing of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unstorable {
    /// Something that JSON cannot carry back.
    NotJson(&'static str),
    /// Longer than `limit` bytes.
    TooLarge {
        /// Most bytes of an entry.
        limit: usize,
    },
    /// A failure of the value's own `Serialize`.
    Failed,
}

impl std::fmt::Display for Unstorable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotJson(what) => write!(f, "JSON cannot carry back {what}"),
            Self::TooLarge { limit } => write!(f, "longer than {limit} bytes"),
            Self::Failed => f.write_str("its `Serialize` failed"),
        }
    }
}

impl std::error::Error for Unstorable {}

/// Buffer of JSON, or only its length, that stops at a limit instead of holding what will not be stored.
#[derive(Debug)]
pub(crate) struct Sink {
    /// `None` if only the length is wanted.
    bytes: Option<Vec<u8>>,
    length: usize,
    limit: usize,
    /// True once something did not fit.
    is_full: bool,
}

impl Sink {
    /// Returns a sink of up to `limit` bytes.
    #[cfg(test)]
    pub(crate) fn new(limit: usize) -> Self {
        Self::appending_to(Vec::new(), limit)
    }

    /// Returns a sink that appends to `bytes`, which count towards `limit`.
    pub(crate) fn appending_to(bytes: Vec<u8>, limit: usize) -> Self {
        Self {
            length: bytes.len(),
            bytes: Some(bytes),
            limit,
            is_full: false,
        }
    }

    /// Returns a sink that only counts: it keeps nothing and allocates nothing.
    pub(crate) fn counting(limit: usize) -> Self {
        Self {
            length: 0,
            bytes: None,
            limit,
            is_full: false,
        }
    }

    /// Writes `value` as JSON. On an error the sink holds what it held before.
    ///
    /// # Errors
    ///
    /// A value that JSON cannot carry back, that is over the limit, or whose `Serialize` fails.
    pub(crate) fn write<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unstorable> {
        let start = self.length;
        let check = Check::new(self.limit);
        let mut json = serde_json::Serializer::new(Writer(self));
        let result = check.serialize(value, &mut json);
        // The fault comes first: a `Serialize` that ignores an error has still written something else than the value.
        let result = match (check.fault(), result) {
            (Some(what), _) => Err(Unstorable::NotJson(what)),
            (None, _) if self.is_full || check.is_too_large() => {
                Err(Unstorable::TooLarge { limit: self.limit })
            }
            (None, Err(_)) => Err(Unstorable::Failed),
            (None, Ok(())) => Ok(()),
        };
        if result.is_err() {
            self.length = start;
            self.is_full = false;
            if let Some(bytes) = &mut self.bytes {
                bytes.truncate(start);
            }
        }
        result
    }

    /// Returns the number of bytes, those it began with included.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Returns the bytes; none if they were only counted.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes.unwrap_or_default()
    }
}

/// The sink as `serde_json` writes to it.
struct Writer<'a>(&'a mut Sink);

impl io::Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let sink = &mut *self.0;
        let length = sink.length.saturating_add(bytes.len());
        if sink.is_full || length > sink.limit {
            sink.is_full = true;
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        sink.length = length;
        if let Some(kept) = &mut sink.bytes {
            kept.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns the value that `json` holds; `None` if it holds none of this type.
pub(crate) fn decode<T: DeserializeOwned>(json: &[u8]) -> Option<T> {
    // Text is checked once as a whole, not again for each string in it: a tenth of a hit.
    serde_json::from_str(std::str::from_utf8(json).ok()?).ok()
}

#[cfg(test)]
mod tests;
