//! Values to JSON and back; the only file that names `serde_json`.
//!
//! What JSON would not carry back is refused when it is written: a hit must never return another value than the load.

mod check;

use std::io;

use serde::de::DeserializeOwned;
use serde::ser::Serialize;

use check::Check;

/// Why a value is not stored. Holds nothing of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unstorable {
    /// JSON cannot carry it back; says what "it" is.
    NotJson(&'static str),
    /// Longer than `limit` bytes.
    TooLarge { limit: usize },
    /// The value's own `Serialize` failed.
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

/// Takes JSON, to keep or only to count it, and stops at a limit instead of buffering what will not be stored.
#[derive(Debug)]
pub(crate) struct Sink {
    /// `None` where only the length is wanted.
    bytes: Option<Vec<u8>>,
    length: usize,
    limit: usize,
    full: bool,
}

impl Sink {
    /// Keeps what is written, up to `limit` bytes.
    #[cfg(test)]
    pub(crate) fn new(limit: usize) -> Self {
        Self::after(Vec::new(), limit)
    }

    /// Appends to `bytes`, which count towards `limit`.
    pub(crate) fn after(bytes: Vec<u8>, limit: usize) -> Self {
        Self {
            length: bytes.len(),
            bytes: Some(bytes),
            limit,
            full: false,
        }
    }

    /// Keeps nothing and allocates nothing: only [`len`](Self::len) is wanted.
    pub(crate) fn counting(limit: usize) -> Self {
        Self {
            length: 0,
            bytes: None,
            limit,
            full: false,
        }
    }

    /// Writes `value`. On an error the sink holds what it held before.
    pub(crate) fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unstorable> {
        let start = self.length;
        let check = Check::new(self.limit);
        let mut json = serde_json::Serializer::new(Writer(self));
        let result = check.serialize(value, &mut json);
        // Looked at first: a `Serialize` that passes over an error has still written something else than the value.
        let result = match (check.fault(), result) {
            (Some(what), _) => Err(Unstorable::NotJson(what)),
            (None, _) if self.full || check.is_too_large() => {
                Err(Unstorable::TooLarge { limit: self.limit })
            }
            (None, Err(_)) => Err(Unstorable::Failed),
            (None, Ok(())) => Ok(()),
        };
        if result.is_err() {
            self.length = start;
            self.full = false;
            if let Some(bytes) = &mut self.bytes {
                bytes.truncate(start);
            }
        }
        result
    }

    /// How many bytes were written, those it began with included.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// What was written; nothing if it was only counted.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes.unwrap_or_default()
    }
}

struct Writer<'a>(&'a mut Sink);

impl io::Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let sink = &mut *self.0;
        let length = sink.length.saturating_add(bytes.len());
        if sink.full || length > sink.limit {
            sink.full = true;
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

/// The value that `json` holds; `None` if it holds none of this type.
pub(crate) fn decode<T: DeserializeOwned>(json: &[u8]) -> Option<T> {
    // Whether it is text is asked once, and not again for each string in it: a tenth of a hit.
    serde_json::from_str(std::str::from_utf8(json).ok()?).ok()
}

#[cfg(test)]
mod tests;
